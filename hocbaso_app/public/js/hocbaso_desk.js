// The workspace's block, filters of the reports and of the list. Numbers and rights are the server's.
(() => {
	const text = (value) => frappe.utils.escape_html(String(value ?? ""));
	const STATES = {
		entry: ["Draft"],
		check: ["Initialised"],
		subjects: ["Checked", "Subject Signing"],
		homeroom: ["Homeroom Signing"],
		manager: ["Manager Signing"],
		sealing: ["Release"],
		released: ["Released"],
		submitted: ["Submitted", "Rejected"],
		accepted: ["Accepted"],
		recall: ["Recall Requested", "Recalled"],
	};
	const STYLE = `
		:host { display: block; font-family: var(--font-stack); color: var(--text-color); font-size: 13px; }
		.line { display: flex; align-items: center; gap: 12px; }
		h4 { margin: 4px 0 10px; font-size: 15px; font-weight: 600; }
		.count { color: var(--text-muted); font-weight: 400; }
		.task { display: flex; align-items: center; gap: 14px; padding: 10px 14px; margin-bottom: 8px; border: 1px solid
			var(--border-color); border-left: 4px solid var(--gray-400); border-radius: 8px; background: var(--fg-color);
			text-decoration: none; color: inherit; }
		.task:hover { box-shadow: var(--shadow-sm); text-decoration: none; color: inherit; }
		.task:focus-visible { outline: 2px solid var(--blue-500); }
		.task.late { border-left-color: #dc2626; }
		.task.soon { border-left-color: #f59e0b; }
		.what { flex: 1; min-width: 0; }
		.what b { font-size: 14px; }
		.what div { color: var(--text-muted); margin-top: 2px; }
		.due { white-space: nowrap; padding: 3px 10px; border-radius: 12px; background: var(--gray-100); color: #374151; }
		.late .due { background: #fee2e2; color: #991b1b; font-weight: 600; }
		.soon .due { background: #fef3c7; color: #92400e; font-weight: 600; }
		.go { white-space: nowrap; color: var(--primary); font-weight: 500; }
		.none { padding: 18px; text-align: center; color: var(--text-muted); border: 1px dashed var(--border-color);
			border-radius: 8px; margin-bottom: 8px; }
		.two { display: grid; grid-template-columns: 3fr 2fr; gap: 28px; margin-top: 18px; }
		.two.one { grid-template-columns: 1fr; }
		@media (max-width: 900px) { .two { grid-template-columns: 1fr; } .task { flex-wrap: wrap; } .what { flex-basis: 100%; } }
		.class { display: grid; grid-template-columns: 92px 1fr 130px; gap: 12px; align-items: center; padding: 5px 0; }
		.class a.name { color: inherit; font-weight: 500; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
		.bar { display: flex; height: 18px; border-radius: 5px; overflow: hidden; background: var(--gray-100); }
		.bar a { display: block; min-width: 4px; }
		.of { text-align: right; color: var(--text-muted); font-size: 12px; white-space: nowrap; }
		.of.whole { color: #15803d; font-weight: 600; }
		.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin-top: 8px; color: var(--text-muted); font-size: 12px; }
		.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; }
		.wait { padding: 7px 0; border-bottom: 1px solid var(--border-color); }
		.wait.late { color: #991b1b; }
		.wait small { color: var(--text-muted); display: block; }
		.more { display: inline-block; margin-top: 8px; color: var(--primary); }`;

	function task_row(task) {
		const soon = !task.late && task.days_left !== null && task.days_left <= 3;
		const parts = [task.place || __("Class {0}", [task.student_group])];
		if (task.subjects.length) parts.push(task.subjects.join(", "));
		if (task.note) parts.push(task.note);
		else if (task.faults) parts.push(__("{0} faults in {1} pupils", [task.faults, task.pupils]));
		else parts.push(__("{0} pupils", [task.pupils]));
		if (task.days > 0) parts.push(__("waiting {0} days", [task.days]));
		return `<a class="task ${task.late ? "late" : soon ? "soon" : ""}" href="${text(task.route)}">
			<div class="what"><b>${text(task.title)}</b><div>${parts.map(text).join(" · ")}</div></div>
			${due_badge(task)}<span class="go">${__("Do it")} →</span></a>`;
	}

	function due_badge(task) {
		if (!task.due) return "";
		const day = frappe.datetime.str_to_user(task.due);
		if (task.late) return `<span class="due">${text(__("{0} days late (due {1})", [-task.days_left, day]))}</span>`;
		const left = task.days_left ? __("{0} days left", [task.days_left]) : __("today");
		return `<span class="due">${text(`${__("until")} ${day} · ${left}`)}</span>`;
	}

	function class_row(row, { labels, colours }) {
		const place = row.student_group ? { student_group: row.student_group } : { unit: row.unit };
		const pieces = Object.keys(labels)
			.filter((name) => row[name])
			.map((name) => {
				const share = (100 * row[name]) / row.pupils;
				const hint = `${labels[name]}: ${row[name]}/${row.pupils}`;
				return `<a href="${hocbaso.progress_link(name, place)}" style="width:${share}%;background:${colours[name]}"
					title="${text(hint)}" aria-label="${text(hint)}"></a>`;
			});
		const whole = row.complete === row.pupils;
		return `<div class="class"><a class="name" href="${hocbaso.progress_link("pupils", place)}">
			${text(row.student_group || row.school)}</a><div class="bar">${pieces.join("")}</div>
			<div class="of ${whole ? "whole" : ""}">${text(__("{0}/{1} complete", [row.complete, row.pupils]))}</div></div>`;
	}

	function progress_part(answer) {
		if (!answer.classes.length) return "";
		const used = Object.keys(answer.labels).filter((name) => answer.classes.some((row) => row[name]));
		const legend = used.map((name) => `<span><i style="background:${answer.colours[name]}"></i>${text(answer.labels[name])}</span>`);
		const rows = answer.classes.map((row) => class_row(row, answer));
		return `<div><h4>${__("Progress by class")}</h4>${rows.join("")}<div class="legend">${legend.join("")}</div>
			<a class="more" href="/app/query-report/HBS Signing Progress">${__("Whole table")} →</a></div>`;
	}

	function chain_part(answer) {
		if (!answer.blocking.length) return "";
		const rows = answer.blocking.map(
			(row) => `<div class="wait ${row.late ? "late" : ""}">${text(row.sentence)}</div>`
		);
		const more = answer.more.blocking ? __("{0} more", [answer.more.blocking]) : __("Whole table");
		return `<div><h4>${__("Who is being waited for")}</h4>${rows.join("")}
			<a class="more" href="/app/query-report/HBS Blocking Chain">${text(more)} →</a></div>`;
	}

	Object.assign(window.hocbaso, {
		// Place: a class's name, or filters of the list.
		progress_link(column, place) {
			const options = typeof place === "string" ? { student_group: place } : place;
			const query = new URLSearchParams();
			for (const [name, value] of Object.entries(options)) query.set(name, JSON.stringify(["in", [value]]));
			if (STATES[column]) query.set("state", JSON.stringify(["in", STATES[column]]));
			return `/app/hbs-record?${query}`;
		},

		show_my_work(root) {
			const place = root.querySelector(".hbs-my-work") || root;
			const style = document.createElement("style");
			style.textContent = STYLE;
			root.appendChild(style);
			frappe.call({ method: "hocbaso_app.api.desk.my_work", type: "GET" }).then(({ message }) => {
				const late = message.tasks.filter((task) => task.late).length;
				const count = message.tasks.length
					? late
						? __("{0} tasks, {1} late", [message.tasks.length, late])
						: __("{0} tasks", [message.tasks.length])
					: "";
				const tasks = message.tasks.length
					? message.tasks.map(task_row).join("")
					: `<div class="none">${__("Nothing waits for you. Thank you!")}</div>`;
				const below = [progress_part(message), chain_part(message)].filter(Boolean);
				place.innerHTML = `<h4>${__("My work")} <span class="count">${text(count)}</span></h4>${tasks}
					<div class="two ${below.length < 2 ? "one" : ""}">${below.join("")}</div>`;
				place.addEventListener("click", (event) => {
					const link = event.target.closest("a");
					if (!link || event.ctrlKey || event.metaKey || event.button) return;
					event.preventDefault();
					const url = new URL(link.href);
					frappe.router.push_state(url.pathname + url.search);
					frappe.router.route();
				});
			});
		},

		// Filters that every report has; classes, years and schools are those the user may see.
		report(filters, more) {
			const chosen = (fieldname, label) => ({ fieldname, label, fieldtype: "Select", options: [""] });
			return {
				filters: [
					chosen("student_group", __("Class")),
					{ ...chosen("grade", __("Grade")), options: ["", "01", "02", "03", "04", "05"] },
					chosen("academic_year", __("Academic year")),
					chosen("unit", __("School")),
					...filters,
				],
				onload(report) {
					frappe.call({ method: "hocbaso_app.api.desk.choices", type: "GET" }).then(({ message }) => {
						for (const [name, options] of Object.entries(message)) {
							const filter = report.get_filter(name);
							const value = filter.get_value();
							filter.df.options = ["", ...options];
							filter.df.hidden = options.length < 2 ? 1 : 0;
							filter.refresh();
							if (value) filter.set_input(value);
						}
					});
				},
				...more,
			};
		},

		late_in_red(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			return data && data.late && column.fieldname !== "late" ? `<span class="text-danger">${shown}</span>` : shown;
		},

		// The form's tour, from the menu; Frappe starts none by itself.
		add_tour(frm) {
			frm.page.add_menu_item(__("Show me around"), () =>
				frm.tour.init({ tour_name: "HBS Record" }).then(() => frm.tour.start())
			);
		},

		// Buttons of the list: what waits for me, and the class I lead.
		add_list_filters(list) {
			frappe.call({ method: "hocbaso_app.api.desk.me", type: "GET" }).then(({ message }) => {
				const set = (filters) => list.filter_area.clear().then(() => list.filter_area.add(filters));
				const { names, homeroom } = message;
				if (names.length) {
					list.page.add_inner_button(__("Waits for me"), () =>
						set([["HBS Record", "waiting_for", "like", `%${names[0]}%`]])
					);
				}
				if (homeroom.length) {
					list.page.add_inner_button(__("My homeroom class"), () =>
						set([["HBS Record", "student_group", "in", homeroom]])
					);
				}
			});
		},
	});
})();

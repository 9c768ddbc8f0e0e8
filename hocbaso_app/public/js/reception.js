// What the reports of office and department share: filters, and the records behind a number.
window.hocbaso.reception = {
	report(more = [], options = {}) {
		return {
			filters: [
				{ fieldname: "academic_year", label: __("Academic year"), fieldtype: "Select", options: [] },
				{ fieldname: "unit", label: __("Unit"), fieldtype: "Link", options: "HBS Unit" },
				...more,
			],
			onload(report) {
				frappe.xcall("hocbaso_app.api.reception.years").then((years) => {
					const filter = report.get_filter("academic_year");
					const before = filter.get_value();
					filter.df.options = years;
					filter.refresh();
					filter.set_input(before || years[0]);
					if (before || report.get_filter_value("unit")) report.refresh();  // set by the address, after the first run
				});
				(options.buttons || []).forEach(([label, action]) => report.page.add_inner_button(label, () => action(report)));
			},
			...options.more,
		};
	},

	// A number that opens the names behind it.
	number(value, place) {
		const args = frappe.utils.escape_html(JSON.stringify(place));
		return `<a href="#" class="hbs-behind" data-place="${args}" style="text-decoration: underline">${value}</a>`;
	},

	place_of(row, column) {
		const year = frappe.query_report ? frappe.query_report.get_filter_value("academic_year") : null;
		const place = { column, academic_year: year, label: row.label || row.school };
		if (row.kind === "Office") return { ...place, above: row.unit };
		if (row.kind === "Class") return { ...place, unit: row.unit, above: row.above, student_group: row.student_group };
		return { ...place, unit: row.unit, above: row.kind === "School" ? row.above : null };
	},

	show(place) {
		const { label, title, method = "names", ...args } = place;
		const text = (value) => frappe.utils.escape_html(String(value ?? ""));
		const dialog = new frappe.ui.Dialog({ title: [label, title].filter(Boolean).join(" · "), size: "extra-large" });
		const body = $("<div>").appendTo(dialog.body);
		const more = $(`<button class="btn btn-default btn-sm mt-2">`).text(__("Show more")).appendTo(dialog.body).hide();
		const table = $(`<table class="table table-sm"><thead><tr><th></th></tr></thead><tbody></tbody></table>`);
		const heads = [__("Pupil"), __("Class"), __("School"), __("State"), ""];
		table.find("thead tr").html(heads.map((head) => `<th>${head}</th>`).join(""));
		let shown = 0;
		const load = () =>
			frappe.xcall(`hocbaso_app.api.reception.${method}`, { ...args, start: shown }).then(({ total, doctype, rows }) => {
				shown += rows.length;
				const route = frappe.router.slug(doctype);
				const lines = rows.map(
					(row) => `<tr><td><a href="/app/${route}/${encodeURIComponent(row.name)}">${text(row.full_name || row.name)}</a></td>
						<td>${text(row.student_group)}</td><td>${text(row.school)}</td><td>${text(row.state)}</td>
						<td class="text-muted small">${text(row.says)}</td></tr>`
				);
				table.find("tbody").append(lines.join(""));
				body.html(`<p class="text-muted">${__("{0} of {1} records", [shown, total])}</p>`).append(table);
				more.toggle(shown < total);
			});
		more.on("click", load);
		dialog.$wrapper.on("click", "tbody a", () => dialog.hide());
		load().then(() => dialog.show());
	},
};

$(document).on("click", ".hbs-behind", (event) => {
	event.preventDefault();
	hocbaso.reception.show(JSON.parse(event.currentTarget.dataset.place));
});

// The officer's forms have a tour, started from the menu.
["HBS Received Record", "HBS Recall Case", "HBS Certificate Registration"].forEach((doctype) =>
	frappe.ui.form.on(doctype, {
		refresh(frm) {
			frm.page.add_menu_item(__("Show me around"), () =>
				frm.tour.init({ tour_name: doctype }).then(() => frm.tour.start())
			);
		},
	})
);

// Who has closed what until when, said before somebody types; the server asks again at each step.
hocbaso.locks = {
	before_release: [
		"Draft",
		"Initialised",
		"Checked",
		"Subject Signing",
		"Homeroom Signing",
		"Manager Signing",
		"Release",
	],

	// Above a record's form; saving is offered only where something may be written.
	form(frm) {
		const lock = (frm.doc.__onload || {}).lock;
		if (!lock || !hocbaso.locks.before_release.includes(frm.doc.state)) return frm.enable_save();
		if (lock.locked) {
			frm.disable_save();
			frm.dashboard.add_comment(`🔒 ${frappe.utils.escape_html(lock.sentence)}`, "red", true);
			if (hocbaso.locks.opens_by_ticket(lock)) {
				frm.add_custom_button(__("Ask for an unlock ticket"), () =>
					hocbaso.locks.ask(frm.doc.student_group, [{ name: frm.doc.name, full_name: frm.doc.full_name }])
				);
			}
			return;
		}
		frm.enable_save();
		if (lock.notice) frm.dashboard.add_comment(frappe.utils.escape_html(lock.notice), "blue", true);
	},

	// A year lock is opened by a recall only.
	opens_by_ticket(state) {
		return !(state.closings || []).some((closing) => closing.level === "Year");
	},

	// A new ticket with class and pupils filled in.
	ask(student_group, records = []) {
		frappe.new_doc("HBS Unlock Ticket", { student_group }, (doc) => {
			doc.records = [];
			for (const record of records) {
				const row = frappe.model.add_child(doc, "records");
				row.record = record.name;
				row.full_name = record.full_name;
			}
		});
	},

	// One line for a page of a class; empty when nothing is to be said.
	line(state, student_group) {
		const text = state.locked ? state.sentence : state.notice;
		const line = $("<div>");
		if (!text) return line;
		line.addClass(`alert ${state.locked ? "alert-danger" : "alert-info"} hbs-lock-line`).attr("role", "status");
		$("<span>").text(`${state.locked ? "🔒 " : ""}${text} `).appendTo(line);
		if (state.locked && state.notice) $("<div>").text(state.notice).appendTo(line);
		if (state.locked && hocbaso.locks.opens_by_ticket(state)) {
			$('<button class="btn btn-xs btn-default">')
				.text(__("Ask for an unlock ticket"))
				.on("click", () => hocbaso.locks.ask(student_group))
				.appendTo(line);
		}
		return line;
	},

	// Every school and year of the user with all levels that close it.
	overview() {
		frappe.xcall("hocbaso_app.api.locks.overview").then((rows) => {
			const text = (value) => frappe.utils.escape_html(String(value || ""));
			const pill = (row) =>
				`<span class="indicator-pill ${row.locked ? "red" : "green"}">${row.locked ? __("Closed") : __("Open now")}</span>`;
			const body = rows.map(
				(row) =>
					`<tr><td>${text(row.unit_name)}</td><td>${text(row.academic_year)}</td><td>${pill(row)}</td>` +
					`<td>${row.closings.map((closing) => text(closing.text)).join("<br>") || text(row.notice)}</td></tr>`
			);
			const heads = [__("School"), __("Academic year"), __("Closed or open"), __("Who has closed it until when")];
			const dialog = new frappe.ui.Dialog({
				title: __("What is closed now"),
				size: "extra-large",
				fields: [{ fieldname: "rows", fieldtype: "HTML" }],
			});
			dialog.fields_dict.rows.$wrapper.html(
				rows.length
					? `<table class="table table-bordered"><thead><tr>${heads.map((h) => `<th>${h}</th>`).join("")}</tr></thead>` +
							`<tbody>${body.join("")}</tbody></table>`
					: __("There are no records yet.")
			);
			dialog.show();
		});
	},

	// A reason, then the step.
	with_reason(title, label, step) {
		frappe.prompt([{ fieldname: "reason", fieldtype: "Small Text", label, reqd: 1 }], ({ reason }) => step(reason), title);
	},
};

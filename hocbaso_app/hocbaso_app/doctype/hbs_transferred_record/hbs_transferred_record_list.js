// A pupil comes from another school: his file or hand-over package is handed in here, verified and kept.
frappe.listview_settings["HBS Transferred Record"] = {
	hide_name_column: true,
	get_indicator(doc) {
		const colour = { "In force": "green", Recalled: "red", "Not known": "orange" }[doc.force];
		return [__(doc.force), colour, `force,=,${doc.force}`];
	},
	onload(list) {
		list.page.add_inner_button(__("Hand in a record"), () => hocbaso.hand_in(list));
	},
};

hocbaso.hand_in = (list) => {
	const dialog = new frappe.ui.Dialog({
		title: __("Hand in a record"),
		fields: [
			{ fieldname: "unit", fieldtype: "Link", options: "HBS Unit", label: __("School that takes the pupil"), reqd: 1 },
			{
				fieldname: "file",
				fieldtype: "HTML",
				options: `<label class="control-label" for="hbs-handed-in">${__("Record file (XML, JSON, PDF) or hand-over package (zip)")}</label>
					<input id="hbs-handed-in" type="file" class="form-control" accept=".xml,.json,.pdf,.zip">`,
			},
			{ fieldname: "student", fieldtype: "Link", options: "Student", label: __("Pupil, where the file does not tell") },
		],
		primary_action_label: __("Verify and keep"),
		primary_action(values) {
			const file = dialog.$wrapper.find("#hbs-handed-in")[0].files[0];
			if (!file) return frappe.msgprint(__("Choose a file first."));
			const reader = new FileReader();
			reader.onload = () => {
				const given = { unit: values.unit, content: reader.result, student: values.student || null };
				hocbaso.call("transfer_in.receive", given, (rows) => {
					dialog.hide();
					hocbaso.show_handed_in(rows);
					list.refresh();
				});
			};
			reader.readAsDataURL(file);
		},
	});
	frappe.db.get_list("HBS Unit", { filters: { kind: "School" }, limit: 2, pluck: "name" }).then((units) => {
		if (units.length === 1) dialog.set_value("unit", units[0]);
	});
	dialog.show();
};

hocbaso.show_handed_in = (rows) => {
	const escape = frappe.utils.escape_html;
	const lines = rows.map((row) => {
		if (!row.kept) return `<li>✗ ${escape(row.why)}</li>`;
		const facts = [row.full_name, row.source_school, row.school_year].map(escape).join(" · ");
		const state = row.again ? __("handed in before") : __(row.force);
		const pupil = row.student ? "" : ` – ${__("not linked to a pupil yet")}`;
		return `<li>✓ <a href="/app/hbs-transferred-record/${encodeURIComponent(row.kept)}">${facts}</a> (${state})${pupil}</li>`;
	});
	frappe.msgprint({ title: __("Records handed in"), message: `<ul>${lines.join("")}</ul>` });
};

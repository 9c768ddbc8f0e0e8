// A decision to inspect, and what was read under it.
frappe.ui.form.on("HBS Inspection", {
	setup(frm) {
		frm.set_query("unit", "units", () => ({ filters: { kind: "School" } }));
		frm.set_query("unit", () => ({ filters: { kind: ["!=", "School"], name: ["in", frm.hbs_own_units || []] } }));
	},

	onload(frm) {
		frappe.xcall("hocbaso_app.api.notices.own_units", {}, "GET").then((units) => {
			frm.hbs_own_units = units;
			if (frm.is_new() && units.length && !frm.doc.unit) frm.set_value("unit", units[0]);
		});
	},

	refresh(frm) {
		if (frm.is_new()) return;
		const today = frappe.datetime.get_today();
		const { name, from_date, to_date, ended_at } = frm.doc;
		const over = ended_at || to_date < today;
		if (over) frm.dashboard.set_headline(__("This inspection is over: the inspectors see nothing more of these schools."));
		else if (from_date <= today) frm.dashboard.set_headline_alert(__("In force: every reading is logged."), "green");
		else frm.dashboard.set_headline(__("Not in force yet."));
		if (over || from_date <= today) frm.disable_form();
		const officer = ["HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role));
		if (!over && officer) {
			frm.add_custom_button(__("End now"), () =>
				frappe.confirm(__("The inspectors see nothing more from now on. End the inspection?"), () =>
					hocbaso.call("inspection.end", { name }, () => frm.reload_doc())
				)
			);
		}
		frappe.xcall("hocbaso_app.api.inspection.readings", { name }, "GET").then((rows) => {
			const text = (value) => frappe.utils.escape_html(String(value || ""));
			const heads = [__("Time"), __("Reader"), __("What was done"), __("School"), __("Record")];
			const line = (row) => `<tr><td>${frappe.datetime.str_to_user(row.at).slice(0, 16)}</td><td>${text(row.full_name)}</td>
				<td>${__(row.action)}</td><td>${text(row.unit)}</td>
				<td>${text(row.record || row.received_record || row.purpose)}</td></tr>`;
			frm.fields_dict.readings.$wrapper.html(
				rows.length
					? `<table class="table table-bordered table-sm"><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead>
						<tbody>${rows.map(line).join("")}</tbody></table>`
					: `<p class="text-muted">${__("Nothing was read yet.")}</p>`
			);
		});
	},
});

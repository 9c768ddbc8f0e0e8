// The principal asks, the administrator carries out. The server decides who is who.
frappe.ui.form.on("HBS Lock Request", {
	setup(frm) {
		frm.set_query("window", () => ({ filters: { unit: frm.doc.unit || "", status: "Effective" } }));
	},

	onload(frm) {
		if (!frm.is_new()) return;
		frappe.xcall("hocbaso_app.api.education.my_units_and_years").then(({ units, years }) => {
			if (!frm.doc.unit && units.length === 1) frm.set_value("unit", units[0].name);
			if (!frm.doc.academic_year && years.length) frm.set_value("academic_year", years[0]);
		});
	},

	refresh(frm) {
		if (frm.is_new()) return;
		frm.disable_save();
		for (const field of frm.meta.fields) frm.set_df_property(field.fieldname, "read_only", 1);
		if (frm.doc.status !== "Requested") return;
		if (frappe.user.has_role("HBS School Admin")) {
			frm.add_custom_button(__("Carry out"), () =>
				frappe.confirm(__("Do now what the principal asks for here?"), () =>
					hocbaso.call("locks.carry_out", { name: frm.doc.name }, () => frm.reload_doc())
				)
			).addClass("btn-primary");
		}
		if (frappe.user.has_role("HBS Principal")) {
			frm.add_custom_button(__("Take back"), () =>
				hocbaso.call("locks.take_request_back", { name: frm.doc.name }, () => frm.reload_doc())
			);
		}
	},
});

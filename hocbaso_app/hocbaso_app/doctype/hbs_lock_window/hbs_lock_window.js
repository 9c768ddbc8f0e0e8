// Set once, ended with a reason. The server decides who may.
frappe.ui.form.on("HBS Lock Window", {
	setup(frm) {
		frm.set_query("unit", "targets", () => ({ filters: { name: ["!=", frm.doc.unit || ""] } }));
	},

	onload(frm) {
		if (!frm.is_new()) return;
		if (!frm.doc.from_time) frm.set_value("from_time", frappe.datetime.now_datetime());
		frappe.xcall("hocbaso_app.api.education.my_units_and_years").then(({ units, years }) => {
			if (!frm.doc.unit && units.length === 1) frm.set_value("unit", units[0].name);
			if (!frm.doc.academic_year && years.length) frm.set_value("academic_year", years[0]);
		});
	},

	refresh(frm) {
		if (frm.is_new()) {
			frm.set_intro(__("The strictest counts: what a higher unit closed, no lower one opens. A window is not changed afterwards."));
			return;
		}
		frm.disable_save();
		for (const field of frm.meta.fields) frm.set_df_property(field.fieldname, "read_only", 1);
		const own = ["HBS Principal", "HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role));
		if (frm.doc.status === "Effective" && !frm.doc.source_unit && own) {
			const label = frm.doc.kind === "Closed period" ? __("Open again") : __("End this open period");
			frm.add_custom_button(label, () =>
				hocbaso.locks.with_reason(label, __("Why is it ended?"), (reason) =>
					hocbaso.call("locks.end_window", { name: frm.doc.name, reason }, () => frm.reload_doc())
				)
			).addClass("btn-primary");
		}
		if (frm.doc.status === "Effective" && frappe.user.has_role("HBS Principal")) {
			frm.add_custom_button(__("Ask the administrator to open"), () =>
				frappe.new_doc("HBS Lock Request", { unit: frm.doc.unit, action: "Open records", window: frm.doc.name })
			);
		}
	},
});

// The form shows where the record is and offers the step that waits for this person; the server decides.
frappe.ui.form.on("HBS Record", {
	refresh(frm) {
		if (frm.is_new()) return;
		frm.dashboard.clear_headline(); // and every other message of the form, so it comes first
		if (frm.doc.state_sentence) frm.dashboard.set_headline(frappe.utils.escape_html(frm.doc.state_sentence));
		const { timestamps } = frm.doc.__onload || {};
		if (timestamps) frm.dashboard.add_comment(frappe.utils.escape_html(timestamps), "yellow", true);
		hocbaso.prints.form(frm);
		hocbaso.exchange.form(frm);
		hocbaso.long_term.record(frm);
		hocbaso.locks.form(frm);
		hocbaso.add_tour(frm);
		frm.set_df_property("results", "cannot_add_rows", true);
		frm.set_df_property("results", "cannot_delete_rows", true);
		const has = (...roles) => roles.some((role) => frappe.user.has_role(role));
		const teacher = has("HBS Subject Teacher", "HBS Homeroom Teacher");
		if (frm.doc.state === "Initialised" && teacher) {
			frm.add_custom_button(__("Confirm check"), () => hocbaso.confirm_check([frm.doc.name], () => frm.reload_doc()));
		}
		if (["Initialised", "Checked"].includes(frm.doc.state) && (teacher || has("HBS Principal"))) {
			frm.add_custom_button(__("Report fault"), () => hocbaso.send_back("report_fault", frm));
		}
		if (
			["Subject Signing", "Homeroom Signing", "Manager Signing", "Release"].includes(frm.doc.state) &&
			has("HBS Homeroom Teacher", "HBS Principal")
		) {
			frm.add_custom_button(__("Return record"), () => hocbaso.send_back("return_record", frm));
		}
		const stage = hocbaso.stage_of(frm.doc.state);
		const rights = (frm.doc.__onload || {}).board_rights || [];
		if (stage && has(...stage.roles) && (stage.name !== "release" || rights.includes("release"))) {
			frm.add_custom_button(__("Sign"), () => hocbaso.sign(stage.name, [frm.doc])).addClass(
				"btn-primary"
			);
		}
	},
});

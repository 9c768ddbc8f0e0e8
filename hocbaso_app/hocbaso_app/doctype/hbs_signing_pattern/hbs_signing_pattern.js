// The principal answers once, in his own words.
frappe.ui.form.on("HBS Signing Pattern", {
	refresh(frm) {
		frm.set_intro(__("A fact to look into, no accusation. Ask the people concerned before you answer."), "blue");
		if (frm.doc.commented_at || !frappe.user.has_role("HBS Principal")) return;
		const field = { fieldname: "comment", fieldtype: "Small Text", reqd: 1, label: __("What did you find out?") };
		frm.add_custom_button(__("Answer"), () =>
			frappe.prompt(
				[field],
				({ comment }) =>
					frappe
						.xcall("hocbaso_app.api.readiness.answer_pattern", { pattern: frm.doc.name, comment })
						.then(() => frm.reload_doc()),
				__("Answer")
			)
		).addClass("btn-primary");
	},
});

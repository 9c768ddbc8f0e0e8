// One submission: hand its task on, or send it now.
frappe.ui.form.on("HBS Submission", {
	refresh(frm) {
		if (["Needs Attention", "Rejected"].includes(frm.doc.state)) {
			frm.add_custom_button(__("Hand on"), () => hocbaso.outbox.hand_on([frm.doc.name], () => frm.reload_doc()));
		}
		const sends = ["HBS Principal", "HBS Clerk"].some((role) => frappe.user.has_role(role));
		if (frm.doc.state === "Needs Attention" && sends) {
			frm.add_custom_button(__("Submit now"), () => hocbaso.exchange.submit([frm.doc.record]));
		}
	},
});

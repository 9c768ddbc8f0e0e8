// The school's account: what is stopped stands above; pausing and going on are buttons of this form.
frappe.ui.form.on("HBS Portal Account", {
	refresh(frm) {
		hocbaso.outbox.account(frm);
		hocbaso.receiving.account(frm);
	},
});

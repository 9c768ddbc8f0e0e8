// One received record: how it stands, and the official form from verified bytes.
frappe.ui.form.on("HBS Received Record", {
	refresh(frm) {
		hocbaso.receiving.record(frm);
		hocbaso.long_term.received(frm);
	},
});

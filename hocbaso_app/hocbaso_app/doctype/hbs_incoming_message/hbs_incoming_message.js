// One message of a school and what came of it.
frappe.ui.form.on("HBS Incoming Message", {
	refresh: (frm) => hocbaso.receiving.message(frm),
});

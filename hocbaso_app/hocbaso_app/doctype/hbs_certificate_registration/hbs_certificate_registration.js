// An officer approves or refuses a school's certificate. The server checks and decides who may.
frappe.ui.form.on("HBS Certificate Registration", {
	refresh: (frm) => hocbaso.receiving.certificate(frm),
});

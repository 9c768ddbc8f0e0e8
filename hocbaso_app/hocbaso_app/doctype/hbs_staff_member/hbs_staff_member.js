// A new principal stands in the open records, so homeroom teachers sign again: said before it is saved.
frappe.ui.form.on("HBS Staff Member", {
	async before_save(frm) {
		const before = frm.hocbaso_before || {};
		const signs = ["is_principal", "full_name", "job_title", "from_date", "to_date"];
		const touched = signs.some((name) => (before[name] || "") !== (frm.doc[name] || ""));
		if (!touched || !(frm.doc.is_principal || before.is_principal)) return;
		const count = await frappe.xcall("hocbaso_app.api.education.signed_by_homeroom_only", { unit: frm.doc.unit });
		if (!count) return;
		await new Promise((resolve, reject) =>
			frappe.confirm(
				__(
					"{0} records wait for the school manager. With another principal their homeroom teachers sign again; the other signatures stay. Save?",
					[count]
				),
				resolve,
				() => {
					frappe.validated = false;
					reject();
				}
			)
		);
	},
	refresh(frm) {
		frm.hocbaso_before = frm.is_new() ? {} : { ...frm.doc };
	},
});

// Whose record it is, where the file did not tell.
frappe.ui.form.on("HBS Transferred Record", {
	refresh(frm) {
		if (frm.doc.force === "Recalled") {
			frm.set_intro(__("This record was recalled. Ask the pupil's family or the other school for the new issue."), "red");
		}
		if (frm.doc.student) return;
		frm.add_custom_button(__("Choose the pupil"), () =>
			frappe.prompt(
				{ fieldname: "student", fieldtype: "Link", options: "Student", label: __("Pupil"), reqd: 1 },
				({ student }) =>
					hocbaso.call("transfer_in.link", { name: frm.doc.name, student }, () => frm.reload_doc()),
				__("Choose the pupil")
			)
		);
	},
});

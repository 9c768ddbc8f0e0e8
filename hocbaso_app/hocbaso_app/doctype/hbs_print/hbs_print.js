// A line of the register: the principal confirms or refuses; whoever may see it opens the kept PDF.
frappe.ui.form.on("HBS Print", {
	refresh(frm) {
		frm.disable_save();
		const name = frm.doc.name;
		const reload = () => frm.reload_doc();
		if (frm.doc.status === "Made") {
			frm.add_custom_button(__("Open PDF"), () => hocbaso.prints.open("stored_pdf", { name })).addClass("btn-primary");
		}
		if (frm.doc.status !== "Waiting for confirmation" || !frappe.user.has_role("HBS Principal")) return;
		frm.add_custom_button(__("Confirm print"), () =>
			frappe.prompt(
				{
					fieldname: "serial",
					fieldtype: "Data",
					label: __("Confirmation number"),
					description: __("Leave it empty for the next number of this year."),
				},
				({ serial }) => hocbaso.call("prints.confirm", { name, serial: serial || null }, reload),
				__("Confirm print")
			)
		).addClass("btn-primary");
		frm.add_custom_button(__("Do not confirm"), () =>
			frappe.prompt(
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason of the refusal"), reqd: 1 },
				({ reason }) => hocbaso.call("prints.refuse", { name, reason }, reload),
				__("Do not confirm")
			)
		);
	},
});

// What came, whether it is what is held here, and how far it is on its way to the Ministry.
frappe.ui.form.on("HBS Received Archive", {
	refresh(frm) {
		frm.disable_save();
		const doc = frm.doc;
		const officer = ["HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role));
		const step = (label, method) =>
			frm.add_custom_button(label, () =>
				frappe.prompt(
					[
						{ fieldname: "number", fieldtype: "Data", label: __("Number of the letter"), reqd: 1 },
						{ fieldname: "day", fieldtype: "Date", label: __("Day"), default: frappe.datetime.get_today(), reqd: 1 },
					],
					(values) => hocbaso.call(`archives.${method}`, { name: doc.name, ...values }, () => frm.reload_doc()),
					label
				)
			).addClass("btn-primary");
		if (officer && doc.status === "Taken") step(__("Forwarded to the Ministry"), "forward");
		if (officer && doc.status === "Forwarded") step(__("Confirmed by the Ministry"), "confirm");
		if (!doc.file) return;
		frm.add_custom_button(__("Verify now"), () =>
			hocbaso.call("archives.check_again", { name: doc.name }, (said) =>
				frappe.msgprint({ title: __("Verify now"), indicator: "green", message: frappe.utils.escape_html(said) })
			)
		);
		frm.add_custom_button(__("Download"), () =>
			window.open(`/api/method/hocbaso_app.api.archives.download_received?name=${encodeURIComponent(doc.name)}`)
		);
	},
});

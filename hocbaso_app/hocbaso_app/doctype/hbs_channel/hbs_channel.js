// The school's conversation with its authority's site.
frappe.ui.form.on("HBS Channel", {
	refresh(frm) {
		frm.disable_form();
		frm.add_custom_button(__("Ask now"), () =>
			hocbaso.call("channel.ask_now", { name: frm.doc.name }, () =>
				frappe.show_alert({ message: __("The authority is asked; reload in a minute."), indicator: "blue" })
			)
		);
	},
});

// The button asks the time-stamping service for one timestamp with the settings as they are saved.
frappe.ui.form.on("HBS Settings", {
	timestamp_test(frm) {
		if (frm.is_dirty()) return frappe.msgprint(__("Save the settings first."));
		frappe.call({
			method: "hocbaso_app.api.timestamps.try_service",
			type: "POST",
			freeze: true,
			callback: ({ message }) =>
				frappe.msgprint({
					title: __("Time-stamping service"),
					indicator: message.ok ? "green" : "red",
					message: [message.message, message.detail].filter(Boolean).map(frappe.utils.escape_html).join("<br>"),
				}),
		});
	},
});

// Accepted or refused; a row opens the received record where there is one.
frappe.listview_settings["HBS Incoming Item"] = {
	add_fields: ["accepted", "record_code"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.accepted) return [__("Accepted"), "green", "accepted,=,1"];
		return [__("Refused"), "red", "accepted,=,0"];
	},
	button: {
		show: (doc) => Boolean(doc.accepted && doc.record_code),
		get_label: () => __("Record"),
		get_description: (doc) => doc.record_code,
		action: (doc) => frappe.set_route("Form", "HBS Received Record", doc.record_code),
	},
};

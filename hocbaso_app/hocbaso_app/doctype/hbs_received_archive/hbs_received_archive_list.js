// Colours of the states.
frappe.listview_settings["HBS Received Archive"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const red = ["Not Taken", "Failed"].includes(doc.status);
		const colour = red ? "red" : ["Taken", "Forwarded", "Confirmed"].includes(doc.status) ? "green" : "orange";
		return [__(doc.status), colour, `status,=,${doc.status}`];
	},
};

// Colours of the states.
frappe.listview_settings["HBS Recall Request"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colours = { Draft: "gray", "To Send": "orange", Sent: "blue", Answered: "green", "Not Taken": "red", Cancelled: "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};

// Colours of the states.
frappe.listview_settings["HBS Unlock Ticket"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colours = { Requested: "orange", Granted: "green", Refused: "red", "Taken Back": "gray", Closed: "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};

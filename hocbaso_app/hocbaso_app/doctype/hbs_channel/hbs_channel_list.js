// Whether the two sites hear each other.
frappe.listview_settings["HBS Channel"] = {
	add_fields: ["problem"],
	get_indicator(doc) {
		return doc.problem ? [__("Trouble"), "red", "problem,is,set"] : [__("In order"), "green", "problem,is,not set"];
	},
};

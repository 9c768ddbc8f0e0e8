// What is stopped now stands out.
frappe.listview_settings["HBS Queue Hold"] = {
	add_fields: ["ended_at"],
	hide_name_column: true,
	get_indicator(doc) {
		return doc.ended_at
			? [__("Goes on"), "green", "ended_at,is,set"]
			: [__("Stopped"), "red", "ended_at,is,not set"];
	},
};

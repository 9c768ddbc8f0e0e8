// Held ones in red, overdue ones in orange, silent ones in grey.
frappe.listview_settings["HBS Unit Report"] = {
	add_fields: ["holds", "overdue", "heard_at", "newest"],
	filters: [["newest", "=", 1]],
	get_indicator(doc) {
		if (!doc.newest) return [__("Older"), "gray", "newest,=,0"];
		if (doc.holds) return [__("Sending held"), "red", "holds,>,0"];
		if (doc.overdue) return [__("Overdue"), "orange", "overdue,>,0"];
		const hours = (new Date() - frappe.datetime.str_to_obj(doc.heard_at)) / 3600000;
		return hours > 24 ? [__("Silent for a day"), "darkgrey", "newest,=,1"] : [__("In order"), "green", "holds,=,0"];
	},
};

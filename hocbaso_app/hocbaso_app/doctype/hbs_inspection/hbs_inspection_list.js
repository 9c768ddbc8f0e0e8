// Whether a decision is in force.
frappe.listview_settings["HBS Inspection"] = {
	add_fields: ["from_date", "to_date", "ended_at"],
	get_indicator(doc) {
		const today = frappe.datetime.get_today();
		if (doc.ended_at) return [__("Ended early"), "gray", "ended_at,is,set"];
		if (doc.to_date < today) return [__("Over"), "gray", "to_date,<,Today"];
		if (doc.from_date > today) return [__("To come"), "blue", "from_date,>,Today"];
		return [__("Decision in force"), "green", "from_date,<=,Today"];
	},
};

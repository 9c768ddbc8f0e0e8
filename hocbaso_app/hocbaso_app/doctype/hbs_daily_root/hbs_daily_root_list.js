frappe.listview_settings["HBS Daily Root"] = {
	add_fields: ["received_at", "sealed_by", "problem", "source"],
	get_indicator(doc) {
		if (doc.received_at) return [__("Confirmed by the authority"), "green", "received_at,is,set"];
		if (doc.problem) return [__("Not sent"), "orange", "problem,is,set"];
		return [doc.sealed_by ? __("Sealed") : __("Kept"), "blue", "received_at,is,not set"];
	},
};

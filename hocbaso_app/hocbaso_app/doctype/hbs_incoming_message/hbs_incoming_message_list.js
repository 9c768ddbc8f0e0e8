// What waits, what could not be checked, what was refused.
frappe.listview_settings["HBS Incoming Message"] = {
	add_fields: ["status", "refused", "error"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "Waiting") {
			return doc.error ? [__("Could not be checked"), "red", "error,is,set"] : [__("Waiting"), "orange", "status,=,Waiting"];
		}
		return doc.refused ? [__("With refusals"), "yellow", "refused,>,0"] : [__("Settled"), "green", "status,=,Settled"];
	},
};

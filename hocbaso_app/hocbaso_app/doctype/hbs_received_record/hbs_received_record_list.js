// In force, late, recalled.
frappe.listview_settings["HBS Received Record"] = {
	add_fields: ["status", "late"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "Recalled") return [__("Recalled"), "red", "status,=,Recalled"];
		return doc.late ? [__("In force, came late"), "orange", "late,=,1"] : [__("In force"), "green", "status,=,Active"];
	},
};

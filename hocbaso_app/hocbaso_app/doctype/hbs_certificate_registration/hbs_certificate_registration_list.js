// Colours of the decisions.
frappe.listview_settings["HBS Certificate Registration"] = {
	add_fields: ["status"],
	hide_name_column: true,
	get_indicator(doc) {
		const colours = { Waiting: "orange", Approved: "green", Refused: "red" };
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},
};

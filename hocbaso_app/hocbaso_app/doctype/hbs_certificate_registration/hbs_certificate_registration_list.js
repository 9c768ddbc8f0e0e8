frappe.listview_settings["HBS Certificate Registration"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colours = { Waiting: "orange", Approved: "green", Refused: "red" };
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},
};

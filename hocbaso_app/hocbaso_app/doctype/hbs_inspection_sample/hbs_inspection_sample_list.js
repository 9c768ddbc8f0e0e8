// How far a sample is.
frappe.listview_settings["HBS Inspection Sample"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colours = { Draft: "gray", Drawn: "orange", Finished: "green" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};

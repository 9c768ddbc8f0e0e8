// Colours of the states.
frappe.listview_settings["HBS Year Lock"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colours = { Proposed: "orange", Decided: "red", Refused: "gray", Lifted: "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};

// Colours of the outcomes; comparing now, for clerk and principal.
frappe.listview_settings["HBS Reconciliation"] = {
	add_fields: ["status", "unit", "school_year"],
	hide_name_column: true,
	get_indicator(doc) {
		const colours = { Equal: "green", "Under Way": "blue", Different: "red", Impossible: "orange" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
	onload(list) {
		hocbaso.reconciliation.list(list);
	},
};

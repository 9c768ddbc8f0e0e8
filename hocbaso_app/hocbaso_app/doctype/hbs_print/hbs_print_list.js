// Colours of the register.
frappe.listview_settings["HBS Print"] = {
	get_indicator(doc) {
		const colours = { "Waiting for confirmation": "orange", Made: "green", Refused: "red" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};

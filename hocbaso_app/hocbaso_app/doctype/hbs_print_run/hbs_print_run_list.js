// Colours of the runs.
frappe.listview_settings["HBS Print Run"] = {
	get_indicator(doc) {
		const colours = { "Waiting to print": "gray", Printing: "blue", Done: "green", "Partly done": "orange", Failed: "red" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};

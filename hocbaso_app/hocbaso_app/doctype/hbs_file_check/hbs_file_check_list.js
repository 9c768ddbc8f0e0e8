frappe.listview_settings["HBS File Check"] = {
	add_fields: ["verdict"],
	get_indicator(doc) {
		const colour = { "Found right": "green", Broken: "red", "Trust data missing": "orange" }[doc.verdict] || "gray";
		return [__(doc.verdict), colour, `verdict,=,${doc.verdict}`];
	},
};

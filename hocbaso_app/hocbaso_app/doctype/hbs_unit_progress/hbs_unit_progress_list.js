// States as the desk names them.
frappe.listview_settings["HBS Unit Progress"] = {
	hide_name_column: true,
	formatters: { state: (value) => __(value) },
};

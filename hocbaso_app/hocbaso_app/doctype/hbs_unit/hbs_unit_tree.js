// Today's tree; what was before stands in each unit's form.
frappe.treeview_settings["HBS Unit"] = {
	title: __("Units"),
	breadcrumb: "HocBaSo App",
	get_tree_nodes: "hocbaso_app.api.units.children",
	root_label: "HBS Unit",
	get_tree_root: false,
	disable_add_node: true,
	toolbar: [{ label: __("Open"), condition: (node) => !node.is_root, click: (node) => frappe.set_route("Form", "HBS Unit", node.data.value) }],
	extend_toolbar: false,
};

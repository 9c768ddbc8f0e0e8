// Today's tree; what was before stands in each unit's form.
frappe.treeview_settings["HBS Unit"] = {
	title: __("Units"),
	breadcrumb: "HocBaSo App",
	get_tree_nodes: "hocbaso_app.api.units.children",
	get_tree_root: false,
	onload(view) {
		view.root_label = __("Units");
		view.root_value = "";
		view.make_tree();
	},
	disable_add_node: true,
	toolbar: [{ label: __("Open"), condition: (node) => !node.is_root, click: (node) => frappe.set_route("Form", "HBS Unit", node.data.value) }],
	extend_toolbar: false,
};

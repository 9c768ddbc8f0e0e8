// Unread and late ones in red.
frappe.listview_settings["HBS Notice Receipt"] = {
	add_fields: ["status", "kind", "due_on"],
	hide_name_column: true,
	// What came to one's own unit; tasks of single persons stand in their notice.
	onload(list) {
		if (list.filter_area.get().length || Object.keys(frappe.route_options || {}).length) return;
		frappe.xcall("hocbaso_app.api.notices.own_units", {}, "GET").then((units) => {
			const leads = ["HBS Principal", "HBS Clerk", "HBS Office Officer", "HBS Department Officer"];
			if (!units.length || !leads.some((role) => frappe.user.has_role(role))) return;
			list.filter_area.add([
				["HBS Notice Receipt", "unit", "=", units[0]],
				["HBS Notice Receipt", "staff", "is", "not set"],
			]);
		});
	},
	get_indicator(doc) {
		const open = ["Unread", "Has Read"].includes(doc.status);
		if (open && doc.kind === "Task" && doc.due_on < frappe.datetime.get_today()) {
			return [__("Late"), "red", `status,=,${doc.status}|due_on,<,Today`];
		}
		if (doc.status === "Has Read" && doc.kind === "Task") return [__("To do"), "orange", "status,=,Has Read"];
		const colours = { Unread: "red", "Has Read": "blue", Done: "green", Seen: "green", "Taken Back": "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
};

// Unread and late ones in red.
frappe.listview_settings["HBS Notice Receipt"] = {
	add_fields: ["status", "kind", "due_on"],
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

// Colours of the states; for what was sent, how many still have not read it.
frappe.listview_settings["HBS Notice"] = {
	hide_name_column: true,
	add_fields: ["status", "recipients", "read_count", "done_count", "kind"],
	get_indicator(doc) {
		if (doc.status === "Draft") return [__("Draft"), "gray", "status,=,Draft"];
		if (doc.status === "Taken Back") return [__("Taken Back"), "darkgrey", "status,=,Taken Back"];
		const open = doc.recipients - (doc.kind === "Task" ? doc.done_count : doc.read_count);
		if (!open) return [doc.kind === "Task" ? __("All have done it") : __("All have read it"), "green", "status,=,Sent"];
		const text = doc.kind === "Task" ? __("{0} have not done it", [open]) : __("{0} have not read it", [open]);
		return [text, "orange", "status,=,Sent"];
	},
};

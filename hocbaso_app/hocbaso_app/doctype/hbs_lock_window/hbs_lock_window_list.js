// Closed in red, open in green, ended in grey; and everything that is closed now at one look.
frappe.listview_settings["HBS Lock Window"] = {
	add_fields: ["status", "kind", "unit", "from_time", "to_time"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "Ended") return [__("Ended"), "gray", "status,=,Ended"];
		const colour = doc.kind === "Closed period" ? "red" : "green";
		return [__(doc.kind), colour, `kind,=,${doc.kind}`];
	},
	onload(list) {
		list.page.add_inner_button(__("What is closed now"), () => hocbaso.locks.overview());
	},
};

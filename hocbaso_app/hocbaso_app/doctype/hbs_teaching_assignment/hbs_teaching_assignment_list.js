// Assignments come from Education by a dry run; what differs there stands out.
frappe.listview_settings["HBS Teaching Assignment"] = {
	add_fields: ["education_difference", "to_date", "source"],
	get_indicator(doc) {
		if (doc.to_date && doc.to_date < frappe.datetime.get_today()) return [__("Ended"), "gray", `to_date,<,${frappe.datetime.get_today()}`];
		if (doc.education_difference) return [__("Differs from Education"), "orange", "education_difference,is,set"];
		return [__("In force"), "green", ""];
	},
	onload(list) {
		if (["HBS Principal", "HBS School Admin"].some((role) => frappe.user.has_role(role))) {
			list.page.add_inner_button(__("Read assignments from Education"), () =>
				hocbaso.read_in_assignments(() => list.refresh())
			);
		}
	},
};

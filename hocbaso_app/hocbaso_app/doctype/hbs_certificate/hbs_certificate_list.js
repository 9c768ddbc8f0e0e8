// A signer enrols his own on a page of its own.
frappe.listview_settings["HBS Certificate"] = {
	add_fields: ["status", "tested_at"],
	get_indicator(doc) {
		const colours = { Pending: "orange", Approved: "green", Withdrawn: "gray", Refused: "red" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
	onload(list) {
		list.page.add_inner_button(__("Enrol certificate"), () => frappe.set_route("hbs-enrolment"));
		list.page.add_inner_button(__("Ready to sign"), () => frappe.set_route("hbs-readiness"));
	},
};

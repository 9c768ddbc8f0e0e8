// Where a report has come to; and the button that makes one.
frappe.listview_settings["HBS Frozen Report"] = {
	add_fields: ["sent_at", "received_at", "read_at"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.read_at) return [__("Read above"), "green", "read_at,is,set"];
		if (doc.received_at) return [__("Received above"), "blue", "received_at,is,set"];
		if (doc.sent_at) return [__("On its way"), "orange", "sent_at,is,set"];
		return [__("Not sent"), "gray", "sent_at,is,not set"];
	},
	onload(list) {
		if (!["HBS Principal", "HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role))) return;
		list.page.add_inner_button(__("Make a report"), () =>
			Promise.all([
				frappe.xcall("hocbaso_app.api.notices.own_units", {}, "GET"),
				frappe.xcall("hocbaso_app.api.desk.choices", {}, "GET"),
			]).then(([units, choices]) => hbs_make_report(units, choices.academic_year || []))
		);
	},
};

function hbs_make_report(units, years) {
	const kinds = ["Progress", "Released records", "Reception"].map((value) => ({ value, label: __(value) }));
	const year = years.length
		? { fieldtype: "Select", options: years, default: years[0] }
		: { fieldtype: "Data", description: __("For example 2025-2026.") };
	frappe.prompt(
		[
			{ fieldname: "kind", fieldtype: "Select", options: kinds, default: "Progress", reqd: 1, label: __("Kind of report") },
			{ fieldname: "unit", fieldtype: "Link", options: "HBS Unit", default: units[0], reqd: 1, label: __("Unit") },
			{ fieldname: "academic_year", reqd: 1, label: __("Academic year"), ...year },
			{
				fieldname: "as_of",
				fieldtype: "Datetime",
				depends_on: "eval:doc.kind !== 'Progress'",
				label: __("As of"),
				description: __("Empty: now."),
			},
		],
		(values) => hocbaso.call("frozen.make", values, (name) => frappe.set_route("Form", "HBS Frozen Report", name)),
		__("Make a report"),
		__("Freeze")
	);
}

frappe.query_reports["HBS Unsigned Parts"] = hocbaso.report(
	[{ fieldname: "signer", fieldtype: "Data", label: __("Who signs") }],
	{ formatter: hocbaso.late_in_red }
);

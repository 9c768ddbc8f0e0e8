frappe.query_reports["HBS Open Faults"] = hocbaso.report([
	{ fieldname: "owner", fieldtype: "Data", label: __("Who mends it") },
]);

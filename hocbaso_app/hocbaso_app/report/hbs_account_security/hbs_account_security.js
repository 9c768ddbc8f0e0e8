frappe.query_reports["HBS Account Security"] = {
	filters: [{ fieldname: "unit", fieldtype: "Link", label: __("Unit"), options: "HBS Unit" }],
};

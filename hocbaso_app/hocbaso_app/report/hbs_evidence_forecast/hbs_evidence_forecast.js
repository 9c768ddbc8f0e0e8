frappe.query_reports["HBS Evidence Forecast"] = {
	filters: [{ fieldname: "months", label: __("Months ahead"), fieldtype: "Int", default: 24, reqd: 1 }],
};

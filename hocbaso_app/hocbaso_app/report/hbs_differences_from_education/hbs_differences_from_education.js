frappe.query_reports["HBS Differences from Education"] = hocbaso.report([]);

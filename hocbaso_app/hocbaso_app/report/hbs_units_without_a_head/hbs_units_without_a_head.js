// Units that nobody answers for.
frappe.query_reports["HBS Units without a Head"] = {};

frappe.query_reports["HBS Blocking Chain"] = hocbaso.report([], { formatter: hocbaso.late_in_red });

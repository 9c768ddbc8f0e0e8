// Not kept in Frappe's chart cache: that is one for all users of a site, and these numbers differ by user.
frappe.provide("frappe.dashboards.chart_sources");
frappe.dashboards.chart_sources["HBS Received per Day"] = { method: "hocbaso_app.api.reception.received_per_day", filters: [] };

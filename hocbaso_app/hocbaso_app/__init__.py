"""The Frappe module: DocTypes, reports, workspace. Controllers call services only and import nothing of others."""

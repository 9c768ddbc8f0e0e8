"""The view of a record for Frappe's print view."""

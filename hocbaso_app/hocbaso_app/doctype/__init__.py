"""One folder per DocType, as Frappe expects."""

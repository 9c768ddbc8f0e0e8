"""The subjects of the form, from the code table of the core."""

from __future__ import annotations

import frappe


def make_subjects() -> None:
    """Every subject of the table that is not there yet, in the table's order."""
    from hocbaso_app.record.code_tables import table

    for order, (code, name) in enumerate(table("subjects").values.items(), 1):
        if not frappe.db.exists("HBS Subject", code):
            subject = {"doctype": "HBS Subject", "subject_code": code, "subject_name": name, "display_order": order}
            frappe.get_doc(subject).insert(ignore_permissions=True)

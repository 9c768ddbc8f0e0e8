"""The first day's right to choose classes and school years also gave the right to read them: taken back."""

from __future__ import annotations

import frappe

from hocbaso_app.setup import roles
from hocbaso_app.setup.links import CHOSEN


def execute() -> None:
    """Our roles select; reading stays with Education's roles."""
    ours = {"parent": ("in", CHOSEN), "role": ("in", roles.ROLES), "select": 1}
    for name in frappe.get_all("Custom DocPerm", ours, pluck="name", order_by="name"):
        frappe.db.set_value("Custom DocPerm", name, "read", 0)
    for doctype in CHOSEN:
        frappe.clear_cache(doctype=doctype)

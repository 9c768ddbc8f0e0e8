"""A Module Profile for those who only work on digital records: their desk shows this app's workspace alone."""

from __future__ import annotations

import frappe

NAME = "Học bạ số"
MODULE = "HocBaSo App"


def make_module_profile() -> None:
    """Made when missing; given to nobody: an administrator chooses it in the user's form."""
    if frappe.db.exists("Module Profile", NAME):
        return
    others = frappe.get_all("Module Def", {"name": ("!=", MODULE)}, pluck="name", order_by="name")
    profile = {"doctype": "Module Profile", "module_profile_name": NAME}
    doc = frappe.get_doc(profile | {"block_modules": [{"module": name} for name in others]})
    doc.insert(ignore_permissions=True)
    doc.unlock()  # Frappe locks it until a worker has updated its users; it has none yet

"""Classes and school years may be chosen in the forms: the right to select them, on Education's DocTypes.

To select, not to read: ``add_permission`` of Frappe would give both. Which
classes are offered is narrowed by ``permissions.classes``. An administrator's
changes stay: a role that has a rule already gets no other.
"""

from __future__ import annotations

import frappe
from frappe.permissions import setup_custom_perms

from hocbaso_app.setup import roles

CHOSEN = ("Student Group", "Academic Year")


def make_link_rights() -> None:
    """``select`` for every role of ours without a rule."""
    for doctype in CHOSEN:
        setup_custom_perms(doctype)
        known = set(frappe.get_all("Custom DocPerm", {"parent": doctype}, pluck="role", order_by="name"))
        missing = [role for role in roles.ROLES if role not in known]
        for role in missing:
            rule: dict[str, object] = {"doctype": "Custom DocPerm", "parent": doctype, "parenttype": "DocType"}
            rule |= {"parentfield": "permissions", "role": role, "permlevel": 0, "select": 1, "read": 0}
            frappe.get_doc(rule).insert(ignore_permissions=True)
        if missing:
            frappe.clear_cache(doctype=doctype)

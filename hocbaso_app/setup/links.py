"""Classes and school years may be chosen in the forms: the right to select them, on Education's DocTypes.

Which classes are offered is narrowed by ``permissions.classes``. An
administrator's changes stay: a role that has a rule already gets no other.
"""

from __future__ import annotations

import frappe
from frappe.permissions import add_permission

from hocbaso_app.setup import roles

CHOSEN = ("Student Group", "Academic Year")


def make_link_rights() -> None:
    """``select`` for every role of ours without a rule."""
    for doctype in CHOSEN:
        known = set(frappe.get_all("Custom DocPerm", {"parent": doctype}, pluck="role", order_by="name"))
        for role in roles.ROLES:
            if role not in known:
                add_permission(doctype, role, ptype="select")

"""What uninstalling takes away besides the app's DocTypes; Education's records and the users stay."""

from __future__ import annotations

import frappe

from hocbaso_app.services import states
from hocbaso_app.setup import roles
from hocbaso_app.setup.workflow import MOVES

APP = "hocbaso_app"
FRAPPES_OWN_STATES = frozenset({"Pending", "Approved", "Rejected"})
REFERENCES = (
    ("User Permission", "allow"),
    ("Custom DocPerm", "parent"),
    ("Property Setter", "doc_type"),
    ("DocShare", "share_doctype"),
    ("ToDo", "reference_type"),
    ("Notification Log", "document_type"),
    ("List Filter", "reference_doctype"),
    ("Document Follow", "ref_doctype"),
)
"""Rows elsewhere that name one of our DocTypes."""


def remove() -> None:
    """Hook ``after_uninstall``; Frappe calls it in a dry run too, where the app is still there."""
    if APP in frappe.get_installed_apps():
        return
    _workflow()
    for doctype, filters in (
        ("Custom Field", {"dt": "Student", "fieldname": ("like", "hbs%")}),
        ("Custom HTML Block", {"name": ("like", "HBS %")}),
        ("Module Profile", {"name": "Học bạ số"}),
        ("List View Settings", {"name": "HBS Record"}),
        ("Onboarding Step", {"name": ("like", "HBS %")}),
        ("Scheduled Job Type", {"method": ("like", f"{APP}.%")}),
    ):
        _delete(doctype, frappe.get_all(doctype, filters, pluck="name", order_by="name"))
    for doctype, field in REFERENCES:
        frappe.db.delete(doctype, {field: ("like", "HBS %")})
    _roles()
    frappe.db.commit()  # nosemgrep: Frappe commits the uninstall before it calls this hook
    frappe.clear_cache()


def _workflow() -> None:
    _delete("Workflow", frappe.get_all("Workflow", {"document_type": "HBS Record"}, pluck="name", order_by="name"))
    used = set(frappe.get_all("Workflow Document State", pluck="state", order_by="state"))
    _delete("Workflow State", [s for s in states.ALL if s not in FRAPPES_OWN_STATES | used])
    used = set(frappe.get_all("Workflow Transition", pluck="action", order_by="action"))
    _delete("Workflow Action Master", [a for a in dict.fromkeys(move[1] for move in MOVES) if a not in used])


def _roles() -> None:
    frappe.db.delete("Has Role", {"role": ("in", roles.ROLES)})
    touched = frappe.get_all(
        "Custom DocPerm", {"role": ("in", roles.ROLES)}, pluck="parent", distinct=True, order_by="parent"
    )
    for doctype in ("DocPerm", "Custom DocPerm"):
        frappe.db.delete(doctype, {"role": ("in", roles.ROLES)})
    for doctype in touched:
        if _rights("Custom DocPerm", doctype) == _rights("DocPerm", doctype):
            frappe.db.delete("Custom DocPerm", {"parent": doctype})
    _delete("Role", list(roles.ROLES))


def _rights(kind: str, doctype: str) -> list[tuple[str, ...]]:
    """Rules of a DocType. Frappe copied the standard ones when ours were added; such a copy goes with them."""
    fields = [f.fieldname for f in frappe.get_meta("DocPerm").fields if f.fieldtype in ("Check", "Int", "Link")]
    rows = frappe.get_all(kind, {"parent": doctype}, fields, order_by="name")
    return sorted(tuple(str(row.get(name) or 0) for name in fields) for row in rows)


def _delete(doctype: str, names: list[str]) -> None:
    for name in names:
        if frappe.db.exists(doctype, name):
            frappe.delete_doc(doctype, name, force=True, ignore_on_trash=True, ignore_permissions=True)

"""Frappe's own endpoints that answer about any document; for ours they ask for the document's permission.

Named in ``hooks.override_whitelisted_methods``. For other DocTypes they do what Frappe does; for a pupil of Education
the name is given to those who see a record of his.
"""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.scoped import ROWS_OF, SCOPED_DOCTYPES


@frappe.whitelist()
def get_count(
    doctype: str, filters: dict | list | str | None = None, debug: bool | int = False, cache: bool | int = False
) -> int:
    """``frappe.client.get_count``: counts only what the user's list would show."""
    from frappe.client import get_count as original
    from frappe.client import get_safe_filters

    if doctype in ROWS_OF:
        raise frappe.PermissionError
    if doctype not in SCOPED_DOCTYPES:
        return int(original(doctype, filters, debug, cache))
    return len(frappe.get_list(doctype, get_safe_filters(filters), pluck="name", limit_page_length=0, order_by="name"))


@frappe.whitelist()
def get_link_title(doctype: str, docname: str | int) -> str | None:
    """``frappe.desk.search.get_link_title``: the title of a document that the user may read."""
    from frappe.desk.search import get_link_title as original

    if doctype == "Student" and not _knows_pupil(str(docname)):
        return str(docname)
    _require(doctype, docname)
    return original(doctype, docname)


@frappe.whitelist()
def validate_link(doctype: str, docname: str, fields: list | str | None = None) -> Any:
    """``frappe.client.validate_link``: whether a document that the user may read exists."""
    from frappe.client import validate_link as original

    if doctype == "Student" and not frappe.has_permission("Student", "read") and _knows_pupil(docname):
        return frappe._dict(name=docname)
    _require(doctype, docname)
    return original(doctype, docname, fields)


@frappe.whitelist(methods=["POST"])
def add_tag(tag: str, dt: str, dn: str | int, color: str | None = None) -> str:
    """``frappe.desk.doctype.tag.tag.add_tag``."""
    from frappe.desk.doctype.tag.tag import add_tag as original

    _require(dt, dn)
    return str(original(tag, dt, dn, color))


@frappe.whitelist(methods=["POST"])
def add_tags(tags: list | str, dt: str, docs: list | str, color: str | None = None) -> None:
    """``frappe.desk.doctype.tag.tag.add_tags``."""
    from frappe.desk.doctype.tag.tag import add_tags as original

    for name in frappe.parse_json(docs) or []:
        _require(dt, name)
    original(tags, dt, docs, color)


@frappe.whitelist(methods=["POST"])
def remove_tag(tag: str, dt: str, dn: str | int) -> None:
    """``frappe.desk.doctype.tag.tag.remove_tag``."""
    from frappe.desk.doctype.tag.tag import remove_tag as original

    _require(dt, dn)
    original(tag, dt, dn)


@frappe.whitelist(methods=["POST"])
def toggle_like(doctype: str, name: str | int, add: bool | str = False) -> None:
    """``frappe.desk.like.toggle_like``."""
    from frappe.desk.like import toggle_like as original

    _require(doctype, name)
    original(doctype, name, add)


@frappe.whitelist()
def get_tagged_docs(doctype: str, tag: str) -> Any:
    """``frappe.desk.doctype.tag.tag.get_tagged_docs``: of the documents that the user's list would show."""
    from frappe.desk.doctype.tag.tag import get_tagged_docs as original

    if doctype not in SCOPED_DOCTYPES:
        return original(doctype, tag)
    return frappe.get_list(
        doctype, {"_user_tags": ("like", tag)}, ["name"], as_list=True, limit_page_length=0, order_by="name"
    )


def _require(doctype: str, name: str | int) -> None:
    if doctype in SCOPED_DOCTYPES and frappe.db.exists(doctype, name):
        frappe.get_doc(doctype, name).check_permission("read")


def _knows_pupil(student: str) -> bool:
    if frappe.has_permission("Student", "read", student):
        return True
    may_list = frappe.has_permission("HBS Record", "read")
    return bool(may_list and frappe.get_list("HBS Record", {"student": student}, limit_page_length=1, order_by="name"))

"""Documents of the demo that are made only where they are missing, so that it may run again."""

from __future__ import annotations

from typing import Any

import frappe

DOMAIN = "hoaphuong.example.invalid"
STARTED = "2020-09-01"
"""Since when the demo's units and people are there."""


def make_named(doctype: str, name: str, **values: Any) -> str:
    """A document named by its code field, made when missing."""
    if not frappe.db.exists(doctype, name):
        field = frappe.get_meta(doctype).autoname.removeprefix("field:")
        if doctype == "HBS Unit":
            values.setdefault("valid_from", STARTED)
        frappe.get_doc({"doctype": doctype, field: name, **values}).insert(ignore_permissions=True)
    return name


def make_keyed(doctype: str, key: dict[str, Any], **values: Any) -> str:
    """The document with this key, made when missing."""
    name = frappe.db.get_value(doctype, key)
    if not name:
        name = frappe.get_doc({"doctype": doctype, **key, **values}).insert(ignore_permissions=True).name
    return str(name)

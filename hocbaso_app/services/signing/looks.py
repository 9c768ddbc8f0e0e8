"""What a signer looked at last, and what is different since: Frappe's View Log of the exact file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import frappe

from hocbaso_app.services import audit, files

if TYPE_CHECKING:
    from hocbaso_app.record.diff import Change

COUNTED = ("seen", "sign")
"""Steps that say the person looked at the file."""


def note(user: str, version: str) -> None:
    """The user has this file before him; once is enough."""
    values = {"viewed_by": user, "reference_doctype": files.DOCTYPE, "reference_name": version}
    if not frappe.db.exists("View Log", values):
        frappe.get_doc({"doctype": "View Log", **values}).insert(ignore_permissions=True)


def opened(user: str, versions: Sequence[str]) -> set[str]:
    """Which of these files the user had before him on the signing page."""
    values = {
        "viewed_by": user,
        "reference_doctype": files.DOCTYPE,
        "reference_name": ("in", list(versions) or [""]),
    }
    return set(frappe.get_all("View Log", values, pluck="reference_name", order_by="name"))


def last_files(user: str, names: Sequence[str]) -> dict[str, str]:
    """Record → the file of it that the user opened, checked or signed last."""
    versions = frappe.get_all(
        files.DOCTYPE, {"record": ("in", list(names) or [""])}, ["name", "record", "file_number"], order_by="name"
    )
    looked = opened(user, [row.name for row in versions]) | _stepped(user, [row.name for row in versions])
    last: dict[str, Any] = {}
    for row in versions:
        before = last.get(row.record)
        if row.name in looked and (before is None or before.file_number < row.file_number):
            last[row.record] = row
    return {record: row.name for record, row in last.items()}


def changes(user: str, records: Sequence[Any]) -> dict[str, list[Change]]:
    """Record → what changed between the user's last look and its current file; only records with another file."""
    from hocbaso_app.record.diff import diff

    found = {}
    last = last_files(user, [row.name for row in records])
    for row in records:
        before = last.get(row.name)
        if before and before != row.current_version:
            old, new = (files.load(version)[1].record for version in (before, row.current_version))
            found[row.name] = diff(old, new)
    return found


def _stepped(user: str, versions: list[str]) -> set[str]:
    values = {
        "reference_doctype": files.DOCTYPE,
        "reference_name": ("in", versions or [""]),
        "actor": user,
        "action": ("in", COUNTED),
    }
    return set(frappe.get_all(audit.DOCTYPE, values, pluck="reference_name", order_by="name"))

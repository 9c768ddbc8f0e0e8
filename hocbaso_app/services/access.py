"""The access log: every opening, print and download of a record, by staff, officers and family (QĐ Điều 6.e, 7.e).

One function writes it. Reads are GET requests, which Frappe rolls back; so the
line asks for the commit, as Frappe's own View Log does.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.setup import roles

DOCTYPE = "HBS Access Log"
OPENED, PRINTED, ORIGINAL, HANDED_OVER = "Opened", "Printed", "Original downloaded", "Handed over"
EXPORTED, LIST, REPORT = "Exported", "List", "Report"
FORM, VIEW, PRINT, CLASS_PRINT, FAMILY, REST = (
    "Desk form",
    "Print view",
    "Print",
    "Class print",
    "Family portal",
    "REST",
)
SAME_READING = 15
"""Minutes within which opening the same record again is the same reading."""

READERS = (
    (roles.AUDITOR, "Auditor"),
    (roles.DEPARTMENT_OFFICER, "Department"),
    (roles.OFFICE_OFFICER, "Office"),
)


def note(doc: Any, action: str, channel: str, *, version: str | None = None, purpose: str | None = None) -> None:
    """Who is reading which record now (HBS Record or HBS Received Record), and how; nothing while the site may only be
    read."""
    if frappe.flags.read_only:
        return
    of = "received_record" if doc.doctype == "HBS Received Record" else "record"
    values = {"user": frappe.session.user, of: doc.name, "action": action, "channel": channel}
    since = add_to_date(now_datetime(), minutes=-SAME_READING)
    if action == OPENED and frappe.db.exists(DOCTYPE, {**values, "at": (">", since)}):
        return
    entry = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            **values,
            "at": now_datetime(),
            "reader_kind": reader_kind(frappe.session.user),
            "version": version or doc.get("current_version"),
            "unit": doc.unit,
            "student_group": doc.get("student_group"),
            "purpose": (purpose or "")[:250] or None,
            "inspection": _decision(doc.unit),
        }
    )
    _write(entry)


def note_export(unit: str | None, rows: int, channel: str, what: str) -> None:
    """A list or report left the desk as a file: how many rows, by which filters; one line for each school in it."""
    if frappe.flags.read_only:
        return
    user = frappe.session.user
    values = {"user": user, "action": EXPORTED, "channel": channel, "at": now_datetime(), "unit": unit}
    values |= {"reader_kind": reader_kind(user), "purpose": what[:250], "exported": rows}
    _write(frappe.get_doc({"doctype": DOCTYPE, **values, "inspection": _decision(unit) if unit else None}))


def _decision(unit: str) -> str | None:
    """The inspection in force by which the reader reads this school, if there is one."""
    from hocbaso_app.permissions.scope import inspections_of

    found = [row.name for row in inspections_of(frappe.session.user) if row.unit == unit]
    return found[0] if found else None


def _write(entry: Any) -> None:
    entry.flags.hbs_service = True
    entry.insert(ignore_permissions=True, ignore_links=True)
    frappe.local.flags.commit = True


def note_reading(doc: Any) -> None:
    """The desk's form or REST gave a record out; asked by the controller for requests of a person only."""
    request = getattr(frappe.local, "request", None)
    if request is None or doc.is_new() or frappe.session.user in ("Guest", None):
        return
    note(doc, OPENED, FORM if "frappe.desk.form" in request.path else REST)


def reader_kind(user: str) -> str:
    """In which capacity somebody reads."""
    if user == "Administrator":
        return "System"
    held = set(frappe.get_roles(user))
    for role, kind in READERS:
        if role in held:
            return kind
    return "School" if held & set(roles.ROLES) else "Family"

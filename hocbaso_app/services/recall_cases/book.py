"""HBS Recall Case: how a case is opened, what may change in it, and its notes."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.services import audit, guarded
from hocbaso_app.services.recall_cases import clock

DOCTYPE = "HBS Recall Case"
WAITING, MORE_ASKED = "Waiting", "More Asked"
APPROVED, REFUSED, WITHDRAWN = "Approved", "Refused", "Withdrawn"
OPEN = (WAITING, MORE_ASKED)
"""Undecided; a question to the school stops nobody from deciding."""

FIXED = (
    "message",
    "position",
    "record_code",
    "received_record",
    "unit",
    "pupil_code",
    "full_name",
    "reason",
    "requested_by",
    "requested_at",
)
_NOTE = ("kind", "author", "at", "text", "attachment")


def check(doc: Any) -> None:
    """What the controller asks before every save."""
    before = doc.get_doc_before_save()
    if before is None:
        _open(doc)
        return
    kept = [tuple(str(row.get(n) or "") for n in _NOTE) for row in before.notes]
    now = [tuple(str(row.get(n) or "") for n in _NOTE) for row in doc.notes]
    changed = any(str(before.get(n) or "") != str(doc.get(n) or "") for n in FIXED)
    if before.status not in OPEN or changed or now[: len(kept)] != kept:
        frappe.throw(_("A recall case is not edited; what was decided or noted stays."), EvidenceError)


def _open(doc: Any) -> None:
    """Who decides and until when; class and year for the lists."""
    doc.status = doc.status or WAITING
    doc.requested_at = doc.requested_at or now_datetime()
    doc.office = clock.office_for(doc.unit, doc.requested_at)
    doc.due_on = clock.due_on(doc.requested_at)
    columns = ["school_year", "class_name"]
    held = frappe.db.get_value("HBS Received Record", doc.received_record, columns, as_dict=True) or {}
    doc.update({name: held.get(name) for name in columns})
    add_note(doc, "Request", doc.requested_by, doc.reason)


def add_note(doc: Any, kind: str, author: str, text: str, attachment: str | None = None) -> None:
    """A line more; it is written with the case."""
    row = {"kind": kind, "author": author, "at": now_datetime(), "text": text, "attachment": attachment}
    doc.append("notes", row)


def locked(name: str) -> Any:
    """The case with its row locked, when the user may read it."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    return doc


def save(doc: Any, action: str | None = None, details: dict[str, Any] | None = None, actor: str | None = None) -> None:
    """Past the guard of evidence, with an entry in the trail."""
    guarded.save(doc)
    if action:
        write_trail(doc, action, details, actor)


def write_trail(doc: Any, action: str, details: dict[str, Any] | None = None, actor: str | None = None) -> None:
    """An entry in the audit trail."""
    facts = {"status": doc.status, "code": doc.record_code, **(details or {})}
    audit.write(action, DOCTYPE, doc.name, doc.unit, facts, actor=actor)

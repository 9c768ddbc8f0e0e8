"""The next file of a record that had one: kept signatures, new code where the old file was given out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import get_datetime, get_system_timezone

from hocbaso_app.services import convert, files, states

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document
    from hocbaso_app.record.model import Record

GIVEN_OUT = ("Recalled", "Taken Back")
"""Status of a file that was released and no longer counts."""


def next_file(doc: Any, earlier: Any, old: Document, corrected: Record) -> Document:
    """After a return the same code; after a recall or withdrawal a new one, and only what was touched signs again.

    Raises the core's :class:`SigningError`, for instance when nothing was corrected after a recall.
    """
    from hocbaso_app.signing.versions import after_withdrawal, replacement, return_for_correction

    if earlier.status not in GIVEN_OUT:
        return return_for_correction(old, corrected)
    make = replacement if earlier.status == "Recalled" else after_withdrawal
    new = make(old, corrected, created_at=_aware(doc.created_at), released_at=_aware(doc.released_at))
    _show(doc, new)
    return new


def _show(doc: Any, new: Document) -> None:
    """The desk's values of the new version; whoever's part is kept has seen it already."""
    general = new.record.general
    doc.record_code, doc.replaces_code = general.record_code, general.replaces_code
    doc.issue_number = int(general.issue_number)
    revisions = {s.subject_code: s.revision for s in new.record.subjects}
    for row in doc.results:
        row.revision = int(revisions[row.subject_code])
        if not new.slots.get(f"ky-mon-{row.subject_code}"):
            row.seen_by = row.seen_at = None
    doc.seen_by = doc.seen_at = None


def must_sign(doc: Any, touched: set[str]) -> list[dict[str, str]]:
    """Who signs again when these subjects (codes) change: their teachers, then homeroom, manager and seal."""
    rows = [row for row in doc.results if row.subject_code in touched]
    people = [{"part": row.subject_name, "person": row.teacher_name} for row in rows]
    with states.in_vietnamese():
        people.append({"part": _("As homeroom teacher"), "person": doc.homeroom_name})
        people.append({"part": _("School manager"), "person": doc.principal_name})
        people.append({"part": _("Seal of the school"), "person": ", ".join(states.people("is_clerk", doc.unit))})
    return people


def impact(name: str) -> dict[str, Any]:
    """What was corrected against the recalled or withdrawn file, and who must sign again because of it."""
    from hocbaso_app.record.diff import diff, touched_parts

    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    status = frappe.db.get_value(files.DOCTYPE, doc.current_version, "status") if doc.current_version else None
    if status not in GIVEN_OUT:
        return {"after": None, "changes": [], "must_sign": []}
    _version, old = files.load(doc.current_version)
    changes = diff(old.record, convert.to_record(doc))
    touched = {part.removeprefix("mon-") for part in touched_parts(changes)}
    said = [f"{_place(doc, c.part)}{c.label}: {c.old or '–'} → {c.new or '–'}" for c in changes]
    return {"after": status, "changes": said, "must_sign": must_sign(doc, touched) if changes else []}


def _place(doc: Any, part: str) -> str:
    code = part.removeprefix("mon-")
    found = next((row.subject_name for row in doc.results if row.subject_code == code), "")
    return f"{found}, " if found else ""


def _aware(moment: Any) -> datetime:
    from zoneinfo import ZoneInfo

    return get_datetime(moment).replace(tzinfo=ZoneInfo(get_system_timezone()))

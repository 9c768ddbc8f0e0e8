"""Open tasks follow assignments: a change of teacher, homeroom teacher or principal moves what is not signed yet.

What somebody has signed stays his. A file is made anew only where its signed
data name another person than the one who is to sign now; every other part keeps
its signature octet by octet, and the old file is kept as any replaced one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.permissions import scope
from hocbaso_app.record.document import HOMEROOM_SLOT, MANAGER_SLOT, slot_id
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.model import Substitution
from hocbaso_app.services import convert, files, locks, records, signers, states

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document


@dataclass(frozen=True)
class Moved:
    """What one record's move was: part → (before, now), and signatures that no longer hold."""

    record: str
    parts: dict[str, tuple[str, str]]
    dropped: tuple[str, ...]


def follow_class(student_group: str) -> list[Moved]:
    """After an assignment of a class changed; in the same transaction."""
    return _follow({"student_group": student_group})


def follow_unit(unit: str) -> list[Moved]:
    """After a staff entry of a unit changed: a new principal, a new name."""
    return _follow({"unit": unit})


def follow_dates() -> list[Moved]:
    """Every morning: assignments that begin or end by their dates."""
    return _follow({})


def signed_by_homeroom_only(unit: str) -> int:
    """Records whose homeroom signature a change of principal would drop: the desk says so first."""
    return int(frappe.db.count("HBS Record", {"unit": unit, "state": states.MANAGER}))


def ask_signed_by_homeroom_only(unit: str) -> int:
    """The same for the desk, by who may see the unit."""
    if not scope.scope_of().sees("HBS Staff Member", unit, None):
        raise NotYoursError
    return signed_by_homeroom_only(unit)


def _follow(filters: dict[str, Any]) -> list[Moved]:
    rows = frappe.get_all(
        "HBS Record",
        {**filters, "state": ("in", states.UNSIGNED)},
        ["name", "student_group", "unit"],
        order_by="student_group, name",
    )
    teachers: dict[str, dict[str, signers.Signer]] = {}
    principals: dict[str, signers.Signer | None] = {}
    moved = []
    for row in rows:
        if row.student_group not in teachers:
            teachers[row.student_group] = signers.of_class(row.student_group)
        if row.unit not in principals:
            principals[row.unit] = signers.principal_of(row.unit)
        move = _follow_record(row.name, teachers[row.student_group], principals[row.unit])
        if move:
            moved.append(move)
    return moved


def _follow_record(name: str, teachers: dict[str, signers.Signer], principal: signers.Signer | None) -> Moved | None:
    doc = frappe.get_doc("HBS Record", name, for_update=True)
    if locks.sentence(doc):
        return None
    document = files.load(doc.current_version)[1] if doc.current_version else None
    if doc.state == states.DRAFT:
        parts = update_draft(doc, document, teachers, principal)
        if parts:
            records.save(doc, None, "tasks moved", {"parts": parts})
        return Moved(name, parts, ()) if parts else None
    if document is None or document.slot(MANAGER_SLOT):
        return None
    parts = _update_file_record(doc, document, teachers, principal)
    return _remake(doc, document, parts) if parts else None


def update_draft(
    doc: Any,
    earlier: Document | None,
    teachers: dict[str, signers.Signer] | None = None,
    principal: signers.Signer | None = None,
) -> dict[str, tuple[str, str]]:
    """Put today's signers into a draft; a part signed in its earlier file and not changed since stays its signer's."""
    if teachers is None:
        teachers, principal = signers.of_class(doc.student_group), signers.principal_of(doc.unit)
    kept = signed_and_unchanged(doc, earlier) if earlier else frozenset()
    parts = _subject_parts(doc, teachers, kept)
    parts.update(_homeroom_part(doc, teachers))
    parts.update(_principal_part(doc, principal))
    return parts


def _update_file_record(
    doc: Any, document: Document, teachers: dict[str, signers.Signer], principal: signers.Signer | None
) -> dict[str, tuple[str, str]]:
    signed = frozenset(row.subject_code for row in doc.results if document.slot(slot_id(row.subject_code)))
    parts = _subject_parts(doc, teachers, signed)
    parts.update(_principal_part(doc, principal))
    if parts or not document.slot(HOMEROOM_SLOT):
        parts.update(_homeroom_part(doc, teachers))
    return parts


def _remake(doc: Any, document: Document, parts: dict[str, tuple[str, str]]) -> Moved:
    from hocbaso_app.signing.versions import return_for_correction

    try:
        new = return_for_correction(document, convert.to_record(doc))
    except HocBaSoError as error:
        frappe.throw(f"{doc.full_name}: {error.message_vi}", HbsError)
    dropped = tuple(slot for slot, inner in document.slots.items() if inner and not new.slots.get(slot))
    before = doc.current_version
    doc.current_version = files.create(doc, new).name
    details = {"parts": parts, "dropped": dropped, "file before": before}
    records.save(doc, new, "tasks moved", details)
    return Moved(doc.name, parts, dropped)


def _subject_parts(doc: Any, teachers: dict[str, signers.Signer], kept: Iterable[str]) -> dict[str, tuple[str, str]]:
    parts = {}
    for row in doc.results:
        new = teachers.get(row.subject_code)
        if new is None or row.subject_code in kept:
            continue
        if (row.teacher_name, row.teacher_citizen_id, _substitution(row, "substitution_")) != _facts(new):
            parts[row.subject_code] = (row.teacher_name, new.full_name)
            row.teacher_name, row.teacher_citizen_id = new.full_name, new.citizen_id
            _set_substitution(row, "substitution_", new)
            row.seen_by = row.seen_at = None
    return parts


def _homeroom_part(doc: Any, teachers: dict[str, signers.Signer]) -> dict[str, tuple[str, str]]:
    new, prefix = teachers.get(signers.HOMEROOM), "homeroom_substitution_"
    if new is None or (doc.homeroom_name, doc.homeroom_citizen_id, _substitution(doc, prefix)) == _facts(new):
        return {}
    part = {"homeroom": (doc.homeroom_name or "", new.full_name)}
    doc.homeroom_name, doc.homeroom_citizen_id = new.full_name, new.citizen_id
    _set_substitution(doc, prefix, new)
    doc.seen_by = doc.seen_at = None
    return part


def _principal_part(doc: Any, new: signers.Signer | None) -> dict[str, tuple[str, str]]:
    prefix = "principal_substitution_"
    facts = (doc.principal_name, doc.principal_citizen_id, _substitution(doc, prefix), doc.principal_title or "")
    if new is None or facts == (*_facts(new), new.job_title):
        return {}
    part = {"principal": (doc.principal_name or "", new.full_name)}
    doc.principal_name, doc.principal_citizen_id, doc.principal_title = new.full_name, new.citizen_id, new.job_title
    _set_substitution(doc, prefix, new)
    return part


def _facts(signer: signers.Signer) -> tuple[str, str, dict[str, Any]]:
    return signer.full_name, signer.citizen_id, asdict(signer.substitution) if signer.substitution else {}


def _substitution(doc: Any, prefix: str) -> dict[str, Any]:
    values = {f.name: doc.get(prefix + f.name) for f in fields(Substitution)}
    return {name: str(value) for name, value in values.items()} if values["absent_name"] else {}


def _set_substitution(doc: Any, prefix: str, signer: signers.Signer) -> None:
    for f in fields(Substitution):
        doc.set(prefix + f.name, getattr(signer.substitution, f.name) if signer.substitution else None)


def signed_and_unchanged(doc: Any, earlier: Document) -> frozenset[str]:
    """Subject codes whose signature in the record's earlier file still covers what the draft says."""
    now = {s.subject_code: s for s in convert.to_record(doc).subjects}
    return frozenset(
        s.subject_code
        for s in earlier.record.subjects
        if earlier.slot(slot_id(s.subject_code)) and now.get(s.subject_code) == s
    )


def say(moved: list[Moved]) -> None:
    """What the person at the desk reads after his change."""
    if not moved:
        return
    text = _("{0} open records now wait for the person assigned today.").format(len(moved))
    again = sum(HOMEROOM_SLOT in move.dropped for move in moved)
    if again:
        text += " " + _("In {0} of them the homeroom teacher signs again, since the principal's name changed.").format(
            again
        )
    frappe.msgprint(text, alert=True)

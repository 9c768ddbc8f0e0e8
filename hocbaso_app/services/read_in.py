"""Drafts from Education: first a plan, row by row, then the drafts. Run again, it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError, StepOrderError
from hocbaso_app.services import audit, convert, drafts, states
from hocbaso_app.setup import roles

if TYPE_CHECKING:
    from hocbaso_app.record import model


@dataclass(frozen=True)
class PlannedRow:
    """What reading in would do for one pupil: ``new``, ``change``, ``same``; ``fixed`` once the file is made."""

    student: str
    full_name: str
    action: str
    changes: tuple[str, ...]
    missing: tuple[str, ...]
    name: str | None = None


def plan(student_group: str) -> list[PlannedRow]:
    """The dry run; writes nothing."""
    _require_role()
    return [_planned(row, student_group)[0] for row in _read(student_group)]


def read_in(student_group: str) -> dict[str, int]:
    """Write new drafts and changed ones; gives how many of each action there were."""
    _require_role()
    unit = frappe.db.get_value("HBS Teaching Assignment", {"student_group": student_group}, "unit")
    if not unit:
        frappe.throw(
            _("Nobody is assigned to {0} yet. Enter who teaches it first.").format(student_group), StepOrderError
        )
    counts = {"new": 0, "change": 0, "same": 0, "fixed": 0}
    for row in _read(student_group):
        planned, record = _planned(row, student_group)
        counts[planned.action] += 1
        if planned.action == "new":
            create_draft(record, row.student, student_group, unit)
        elif planned.action == "change":
            doc = frappe.get_doc("HBS Record", planned.name, for_update=True)
            _write(doc, record)
            audit.write("read in", doc.doctype, doc.name, doc.unit, {"changes": list(planned.changes)})
    return counts


def create_draft(record: model.Record, student: str, student_group: str, unit: str) -> Any:
    """A new draft with these values."""
    doc = frappe.new_doc("HBS Record")
    doc.update({"student": student, "student_group": student_group, "unit": unit, "state": states.DRAFT})
    doc.academic_year = frappe.db.get_value("Student Group", student_group, "academic_year")
    _write(doc, record)
    return doc


def _write(doc: Any, record: model.Record) -> None:
    code, created, released = doc.record_code, doc.created_at, doc.released_at
    convert.fill(doc, record)
    doc.record_code, doc.created_at, doc.released_at = code, created, released
    drafts.review(doc)
    states.describe(doc, None)
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)


def _read(student_group: str) -> list[Any]:
    from hocbaso_app.education.reader import read_class

    return read_class(student_group)


def _planned(row: Any, student_group: str) -> tuple[PlannedRow, model.Record]:
    from hocbaso_app.record.diff import diff
    from hocbaso_app.record.rules import check

    key = {"student": row.student, "student_group": student_group, "page_kind": "CA_NAM"}
    name = frappe.db.get_value("HBS Record", key)
    record = row.record
    missing = tuple(
        dict.fromkeys(f.message_vi for f in check(drafts.as_if_initialised(record)) if _is_empty(record, f.field))
    )
    if not name:
        return PlannedRow(row.student, row.name, "new", (), missing), record
    doc = frappe.get_doc("HBS Record", name)
    old = convert.to_record(doc)
    record = _with_desk_values(old, record)
    changes = tuple(f"{c.label}: {c.old or '–'} → {c.new or '–'}" for c in diff(_comparable(old), _comparable(record)))
    action = "same" if not changes else "change" if doc.state == states.DRAFT else "fixed"
    return PlannedRow(row.student, row.name, action, changes, missing, name), record


def _is_empty(record: model.Record, element: str) -> bool:
    """Whether a fault is about a value that the source lacks."""
    from hocbaso_app.record.model import General, elements_of

    attribute = next((attribute for attribute, name, _item in elements_of(General) if name == element), "")
    return bool(attribute) and getattr(record.general, attribute) in (None, "")


def _with_desk_values(old: model.Record, new: model.Record) -> model.Record:
    """Source values from Education, entered ones from the desk; a mark stays when Education has none."""
    entered = {s.subject_code: s for s in old.subjects}

    def subject(s: model.SubjectResult) -> model.SubjectResult:
        before = entered.get(s.subject_code)
        if before is None:
            return s
        return replace(
            s, level=before.level, remark=before.remark, score=s.score or before.score, revision=before.revision
        )

    kept = {
        name: getattr(old.general, name)
        for name in ("record_code", "created_at", "released_at", "issue_number", "replaces_code")
    }
    return replace(
        new,
        general=replace(new.general, **kept),
        subjects=tuple(subject(s) for s in new.subjects),
        summary=old.summary,
        qualities=old.qualities,
        remarks=old.remarks,
    )


def _comparable(record: model.Record) -> model.Record:
    """Empty and absent are the same on the desk; part revisions follow from the subjects."""
    empty: dict[str, Any] = {k: None for k in record.general.__slots__ if getattr(record.general, k) == ""}
    return replace(record, general=replace(record.general, **empty, part_revisions=()))


def _require_role() -> None:
    if not {roles.PRINCIPAL, roles.CLERK, roles.SCHOOL_ADMIN} & set(frappe.get_roles()):
        frappe.throw(_("Only the principal, the clerk or the school's administrator reads in a class."), NotYoursError)

"""Drafts from Education: first a plan, row by row, then the drafts. Run again, it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import LockedError, NotYoursError, StepOrderError
from hocbaso_app.permissions import scope
from hocbaso_app.services import assignments, audit, convert, drafts, files, locks, states
from hocbaso_app.services.locks import gate
from hocbaso_app.services.transfer_in import history
from hocbaso_app.setup import roles

if TYPE_CHECKING:
    from hocbaso_app.record import model


@dataclass(frozen=True)
class PlannedRow:
    """What reading in would do for one pupil.

    ``new``, ``change``, ``same``; ``moved`` for a draft that comes along from another class; ``fixed`` once the file
    is made, ``left`` for a record whose pupil is not in the class any more: both change nothing, ``advice`` says what
    to do.
    """

    student: str
    full_name: str
    action: str
    changes: tuple[str, ...]
    missing: tuple[str, ...]
    name: str | None = None
    faults: tuple[str, ...] = ()
    advice: str = ""


ACTIONS = ("new", "change", "moved", "same", "fixed", "left")
WRITTEN = ("new", "change", "moved")
LOCKED = "locked"


def plan(student_group: str) -> list[PlannedRow]:
    """The dry run; writes nothing."""
    require(student_group)
    return compare(student_group)


def require(student_group: str) -> str:
    """Whether the user may read this class in; gives its unit."""
    _require_role()
    return _require_class(student_group)


def without_citizen_id(student_group: str) -> list[str]:
    """Names of pupils without a citizen ID: a state of its own, counted, never released."""
    require(student_group)
    return [row.name for row in _read(student_group) if not row.record.general.citizen_id]


def compare(student_group: str) -> list[PlannedRow]:
    """Education beside the records, pupil by pupil, then records of pupils who left."""
    rows = _read(student_group)
    return [_planned(row, student_group)[0] for row in rows] + _left(student_group, {row.student for row in rows})


def read_in(student_group: str) -> dict[str, int]:
    """Write new drafts and changed ones; gives how many of each action there were. What is locked stays as it is."""
    unit = require(student_group)
    counts = dict.fromkeys((*ACTIONS, LOCKED), 0)
    rows = _read(student_group)
    of_class = gate.class_sentence(student_group)
    for row in rows:
        planned, record = _planned(row, student_group)
        if _lock_of(planned, of_class):
            counts[LOCKED] += 1
            continue
        counts[planned.action] += 1
        if planned.action == "new":
            create_draft(record, row.student, student_group, unit, row.sources)
        elif planned.action in ("change", "moved"):
            doc = frappe.get_doc("HBS Record", planned.name, for_update=True)
            doc.student_group = student_group
            _write(doc, record, row.sources)
            audit.write("read in", doc.doctype, doc.name, doc.unit, {"changes": list(planned.changes)})
    if counts[LOCKED] and not any(counts[action] for action in WRITTEN):
        frappe.throw(of_class or _lock_of_first(rows, student_group), LockedError)
    counts["left"] = len(_left(student_group, {row.student for row in rows}))
    return {action: count for action, count in counts.items() if count or action in ("new", "change", "same", "fixed")}


def _lock_of(planned: PlannedRow, of_class: str) -> str:
    """Why this row is not written now; a new draft belongs to the class, any other to its record."""
    if planned.action not in WRITTEN:
        return ""
    return of_class if planned.name is None else locks.sentence(frappe.get_doc("HBS Record", planned.name))


def _lock_of_first(rows: list[Any], student_group: str) -> str:
    planned = (_planned(row, student_group)[0] for row in rows)
    return next((text for row in planned if (text := _lock_of(row, ""))), "")


def advice_for(state: str) -> str:
    """What to do about a difference once a record's file is made."""
    if state == states.DRAFT:
        return _("Read the class in again to take it.")
    if state in (states.RELEASED, states.REJECTED):
        return _("The principal withdraws the record; then read the class in again and initialise it anew.")
    if state in states.AFTER_RELEASE:
        return _("Put the record on a recall request; after the recall read the class in again.")
    return _("Homeroom teacher or principal returns the record; then read the class in again and initialise it anew.")


def _left(student_group: str, present: set[str]) -> list[PlannedRow]:
    records = frappe.get_all(
        "HBS Record",
        {"student_group": student_group, "page_kind": "CA_NAM", "student": ("not in", list(present) or [""])},
        ["name", "student", "full_name", "state", "academic_year"],
        order_by="name",
    )
    return [
        PlannedRow(row.student, row.full_name, "left", (), (), row.name, (), _where_to(row))
        for row in records
        if row.state != states.RECALLED
    ]


def _where_to(row: Any) -> str:
    groups = frappe.get_all(
        "Student Group Student", {"student": row.student, "active": 1}, pluck="parent", order_by="parent"
    )
    now = frappe.get_all(
        "Student Group",
        {"name": ("in", groups or [""]), "academic_year": row.academic_year},
        pluck="name",
        order_by="name",
    )
    if now:
        return _("Now in class {0}: read that class in, and the record goes along.").format(", ".join(now))
    return _("Not in this class any more: for a transfer make the page up to the leaving day, else nothing is signed.")


def create_draft(
    record: model.Record, student: str, student_group: str, unit: str, sources: tuple[str, ...] = ()
) -> Any:
    """A new draft with these values."""
    doc = frappe.new_doc("HBS Record")
    doc.update({"student": student, "student_group": student_group, "unit": unit, "state": states.DRAFT})
    doc.academic_year = frappe.db.get_value("Student Group", student_group, "academic_year")
    _write(doc, record, sources)
    return doc


def _write(doc: Any, record: model.Record, sources: tuple[str, ...] = ()) -> None:
    code, created, released = doc.record_code, doc.created_at, doc.released_at
    convert.fill(doc, record)
    doc.record_code, doc.created_at, doc.released_at = code, created, released
    doc.sources, doc.read_at = "\n".join(sources), frappe.utils.now_datetime()
    doc.source_changes, doc.source_change_count = None, 0
    drafts.review(doc)
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)


def _read(student_group: str) -> list[Any]:
    from hocbaso_app.education.reader import read_class

    return read_class(student_group)


def _planned(row: Any, student_group: str) -> tuple[PlannedRow, model.Record]:
    from hocbaso_app.record.diff import diff

    record = history.with_earlier(row.record, row.student)
    missing = _missing(record)
    key = {"student": row.student, "academic_year": record.general.school_year, "page_kind": "CA_NAM"}
    name = frappe.db.get_value("HBS Record", key)
    if not name:
        return PlannedRow(row.student, row.name, "new", (), missing, None, row.faults), record
    doc = frappe.get_doc("HBS Record", name)
    old = convert.to_record(doc)
    record = _with_signed_parts(doc, _with_desk_values(old, record))
    changes = tuple(f"{c.label}: {c.old or '–'} → {c.new or '–'}" for c in diff(_comparable(old), _comparable(record)))
    moved = doc.student_group != student_group
    action = "same" if not (changes or moved) else "fixed" if doc.state != states.DRAFT else "change"
    if moved and action == "change":
        action = "moved"
    advice = advice_for(doc.state) if action == "fixed" else ""
    return PlannedRow(row.student, row.name, action, changes, missing, name, row.faults, advice), record


def _with_signed_parts(doc: Any, new: model.Record) -> model.Record:
    """A returned record's part that is signed and not changed stays with who signed it."""
    if doc.state != states.DRAFT or not doc.current_version:
        return new
    earlier = files.load(doc.current_version)[1]
    signed = {s.subject_code: s for s in earlier.record.subjects}
    kept = assignments.signed_and_unchanged(doc, earlier)

    def subject(s: model.SubjectResult) -> model.SubjectResult:
        if s.subject_code not in kept:
            return s
        old = signed[s.subject_code]
        same = replace(
            s,
            teacher_name=old.teacher_name,
            teacher_citizen_id=old.teacher_citizen_id,
            substitution=old.substitution,
        )
        return old if same == old else s

    return replace(new, subjects=tuple(subject(s) for s in new.subjects))


def _missing(record: model.Record) -> tuple[str, ...]:
    """Sentences about values that the source lacks; those about persons too, though levels are not entered yet."""
    from hocbaso_app.record.rules import check
    from hocbaso_app.record.rules.identity_rules import identity_faults

    as_if = drafts.as_if_initialised(record)
    found = [*check(as_if), *identity_faults(as_if)]
    return tuple(dict.fromkeys(f.message_vi for f in found if _is_empty(record, f.field)))


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


def _require_class(student_group: str) -> str:
    """The class's unit; a sentence when the class can't have records or nobody is assigned to it."""
    from hocbaso_app.education.classes import problem_of

    problem = problem_of(student_group)
    if problem:
        frappe.throw(problem, StepOrderError)
    unit = frappe.db.get_value("HBS Teaching Assignment", {"student_group": student_group}, "unit")
    if not unit:
        frappe.throw(
            _("Nobody is assigned to {0} yet. Enter who teaches it first.").format(student_group), StepOrderError
        )
    if not scope.scope_of().sees("HBS Teaching Assignment", unit, student_group):
        frappe.throw(_("{0} is not a class of your school.").format(student_group), NotYoursError)
    return str(unit)

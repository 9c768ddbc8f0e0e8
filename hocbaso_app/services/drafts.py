"""Drafts on the desk: who may change what before a record's file is made, with the rules' messages at every save."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import frappe
from frappe import _
from frappe.utils import cstr

from hocbaso_app.exceptions import EvidenceError, NotYoursError, StepOrderError
from hocbaso_app.record import model
from hocbaso_app.services import convert, duty, initialise, locks, states, texts
from hocbaso_app.services.locks import parts

TEACHER_COLUMNS = ("level", "score", "remark")
HOMEROOM_FIELDS = frozenset(
    {f.name for f in fields(model.Qualities)}
    | {"homeroom_remark", "completion_text", "grade_completed", "primary_completed", "rewards", "extraordinary_rewards"}
)
SOURCE_FIELDS = frozenset({"sources", "read_at", "source_changes", "source_change_count"})
"""Written when a class is read in and by the nightly comparison; a form never changes them."""

PRINCIPAL_FIELDS = frozenset({"promoted", "promotion_decision"})
"""Promotion is the principal's decision (TT 27/2020 Điều 11)."""


def key_of(doc: Any) -> str:
    """Pupil, school year, kind of page: one record each; a mid-year page counts by its last day."""
    last = f":{doc.to_date}" if doc.page_kind == "GIUA_NAM" else ""
    return f"{doc.student}:{doc.academic_year}:{doc.page_kind or 'CA_NAM'}{last}"


def before_save(doc: Any) -> None:
    """What the controller asks at every save, from whatever path."""
    doc.record_key = key_of(doc)
    if doc.flags.hbs_service:
        return
    before = doc.get_doc_before_save()
    if before is None:
        frappe.throw(_("Records are read in from the class, not entered by hand."), StepOrderError)
    if before.state != doc.state:
        frappe.throw(_("The state follows from the steps taken; it is not set by hand."), StepOrderError)
    if doc.state == states.DRAFT:
        texts.tidy_and_limit(doc)
    doc.update({name: before.get(name) for name in SOURCE_FIELDS})
    columns = changed_results(before, doc)
    names = changed_fields(before, doc)
    if (columns or names) and before.state != states.DRAFT:
        frappe.throw(
            _("{0} is “{1}”: its content is fixed. It is changed after it was returned.").format(
                doc.full_name, _(before.state)
            ),
            EvidenceError,
        )
    if columns or names:
        _require_duty(doc, columns, names)
        locks.require_open(before, field=parts.of_change(columns, names))
        doc.returned_mended = int(bool(doc.returned_remark))
    review(doc)


def changed_fields(before: Any, doc: Any) -> set[str]:
    """Names of the record's own fields with another value."""
    derived = {"overall_result", "faults", "fault_count", "fault_details", "record_key"}
    derived |= SOURCE_FIELDS
    derived |= {"state_sentence", "waiting_for"}
    plain = [f for f in doc.meta.fields if f.fieldtype not in frappe.model.no_value_fields]
    return {
        f.fieldname for f in plain if f.fieldname not in derived and _text(before, f) != _text(doc, f)
    } | _changed_tables(before, doc)


def _changed_tables(before: Any, doc: Any) -> set[str]:
    return {name for name in ("history", "slots") if _rows(before, name) != _rows(doc, name)}


def changed_results(before: Any, doc: Any) -> dict[str, set[str]]:
    """Subject code → columns with another value; a row more or less counts as all columns."""
    old, new = ({row.subject_code: row for row in d.results} for d in (before, doc))
    changed: dict[str, set[str]] = {}
    for code in old.keys() | new.keys():
        if code not in old or code not in new or len(doc.results) != len(new):
            changed[code] = {"*"}
            continue
        meta = new[code].meta.fields
        plain = [f for f in meta if f.fieldtype not in frappe.model.no_value_fields]
        columns = {f.fieldname for f in plain if _text(old[code], f) != _text(new[code], f)}
        if columns:
            changed[code] = columns
    return changed


def _require_duty(doc: Any, columns: dict[str, set[str]], names: set[str]) -> None:
    foreign = {c for found in columns.values() for c in found} - set(TEACHER_COLUMNS)
    unknown = names - HOMEROOM_FIELDS - PRINCIPAL_FIELDS
    if foreign or unknown:
        label = doc.meta.get_label(next(iter(sorted(unknown)), "results"))
        frappe.throw(_("{0} comes from the school's data and is not typed here.").format(_(label)), NotYoursError)
    staff = duty.staff_of(frappe.session.user, doc.unit)
    for code in sorted(columns.keys() - duty.subjects_of(staff.name, doc.student_group)):
        subject = next((row.subject_name for row in doc.results if row.subject_code == code), code)
        frappe.throw(_("You do not teach {0} in {1} today.").format(subject, doc.student_group), NotYoursError)
    if names & HOMEROOM_FIELDS and not duty.leads(staff.name, doc.student_group):
        frappe.throw(_("Only the homeroom teacher of {0} enters this.").format(doc.student_group), NotYoursError)
    if names & PRINCIPAL_FIELDS and not staff.is_principal:
        frappe.throw(_("Promotion is the principal's decision."), NotYoursError)


def review(doc: Any) -> None:
    """Overall result and rule messages as they follow from what is entered."""
    from hocbaso_app.record.rules import load_pack, overall_result

    record = convert.to_record(doc)
    pack = load_pack(doc.rule_pack or "")
    complete = pack is not None and all(s.level for s in record.subjects)
    if complete and not doc.disability_not_assessed:
        doc.overall_result = overall_result(record, pack)
        record = convert.to_record(doc)
    initialise.note_faults(doc, initialise.blocking(as_if_initialised(record), upto="release"))
    states.describe(doc, None)


def as_if_initialised(record: model.Record) -> model.Record:
    """With stand-ins for what only initialising brings, so that all other rules speak already in a draft."""
    moment = convert.instant(frappe.utils.now_datetime())
    general = record.general
    return replace(
        record,
        general=replace(
            general,
            record_code=general.record_code or "00000000-0000-4000-8000-000000000000",
            created_at=general.created_at or moment,
            released_at=general.released_at or moment,
        ),
    )


def refuse_deletion(doc: Any) -> None:
    """A draft may be thrown away by a service; anything with a file stays for ever."""
    if doc.current_version or not doc.flags.hbs_service:
        frappe.throw(_("A digital record is not deleted."), EvidenceError)


def _rows(doc: Any, name: str) -> list[tuple[str, ...]]:
    return [
        tuple(_text(row, f) for f in row.meta.fields if f.fieldtype not in frappe.model.no_value_fields)
        for row in doc.get(name)
    ]


def _text(doc: Any, field: Any) -> str:
    value = doc.get(field.fieldname)
    if field.fieldtype == "Float":
        return f"{float(value or 0):.4f}"
    if field.fieldtype in ("Check", "Int"):
        return str(int(value or 0))
    if field.fieldtype == "Datetime" and value:
        return str(frappe.utils.get_datetime(value).replace(microsecond=0))
    return cstr(value)

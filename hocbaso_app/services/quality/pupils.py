"""Pupils' personal data by the rule pack: from their records, or straight from Education where there are none yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import convert, rows, states
from hocbaso_app.services.quality.faults import PUPILS, DataFault, Sheet

if TYPE_CHECKING:
    from hocbaso_app.record import model

PERSONAL = (
    "full_name",
    "pupil_code",
    "citizen_id",
    "gender",
    "birth_date",
    "birth_place",
    "home_town",
    "residence",
    "ethnic_group",
    "nationality",
    "mother_name",
    "father_name",
    "guardian_name",
)
CHECKS = len(PERSONAL) + 2
"""Each value, whether somebody else has the same citizen ID, and whether the age fits the grade."""

YOUNGEST, OLDEST = 5, 15
"""Age in the year in which the school year begins, for grade 1 and for grade 5."""


@dataclass(frozen=True)
class Pupil:
    """A pupil's data and where they are mended."""

    record: model.Record
    doctype: str
    name: str
    group: str
    fixed: bool = False


def check(sheet: Sheet, unit: str, academic_year: str) -> None:
    """All pupils of the school in the school year; what is released is counted as checked: its file was verified."""
    pupils = [*_of_records(unit, academic_year), *_of_education(unit, academic_year)]
    numbers = Counter(p.record.general.citizen_id for p in pupils if p.record.general.citizen_id)
    for pupil in pupils:
        sheet.check(PUPILS, () if pupil.fixed else _faults(pupil, numbers), CHECKS)


def _faults(pupil: Pupil, numbers: Counter[str]) -> Iterator[DataFault]:
    from hocbaso_app.record.rules.identity_rules import identity_faults
    from hocbaso_app.record.rules.text_rules import missing_values, text_faults

    general, seen = pupil.record.general, set()
    found = [*missing_values(pupil.record), *text_faults(pupil.record), *identity_faults(pupil.record)]
    for fault in found:
        if fault.field in _personal_tags() and fault.field not in seen:
            seen.add(fault.field)
            yield _said(pupil, fault.code, fault.message_vi)
    if numbers[general.citizen_id or ""] > 1:
        yield _said(pupil, "CITIZEN_ID_TWICE", _("Another pupil of the school has the same citizen ID."))
    if _odd_age(general):
        yield _said(pupil, "BIRTH_DATE_ODD", _("The date of birth does not fit the grade."))


def _said(pupil: Pupil, code: str, text: str) -> DataFault:
    about = f"{pupil.record.general.full_name or pupil.name} · {pupil.group}"
    return DataFault(PUPILS, code, text, pupil.doctype, pupil.name, about)


def _odd_age(general: model.General) -> bool:
    try:
        age = int((general.start_year or "")[:4]) - getdate(general.birth_date or "").year
    except (TypeError, ValueError):
        return False
    return not YOUNGEST <= age <= OLDEST


@cache
def _personal_tags() -> frozenset[str]:
    from hocbaso_app.record import model

    return frozenset(tag for name, tag, _item in model.elements_of(model.General) if name in PERSONAL)


def _of_records(unit: str, academic_year: str) -> list[Pupil]:
    """From HBS Record; a recalled one is counted with its successor only."""
    table = frappe.qb.DocType("HBS Record")
    query = frappe.qb.from_(table).select("*").where(table.unit == unit)
    query = query.where(table.academic_year == academic_year).where(table.state != states.RECALLED)
    found, first = [], None
    for row in query.orderby(table.student_group, table.name).run(as_dict=True):
        values = {**row, "doctype": "HBS Record"}
        first = first or frappe.get_doc(values)
        fixed = row.state in states.AFTER_RELEASE
        found.append(
            Pupil(convert.person_of(rows.like(first, values)), "HBS Record", row.name, row.student_group, fixed)
        )
    return found


def _of_education(unit: str, academic_year: str) -> list[Pupil]:
    """Classes of grades 1 to 5 that are assigned to somebody and have no record yet."""
    from hocbaso_app.education.classes import primary
    from hocbaso_app.education.reader import read_class

    where: dict[str, Any] = {"unit": unit, "academic_year": academic_year}
    groups = primary(
        frappe.get_all("HBS Teaching Assignment", where, pluck="student_group", distinct=True, order_by="student_group")
    )
    read = set(frappe.get_all("HBS Record", where, pluck="student_group", distinct=True, order_by="student_group"))
    return [
        Pupil(row.record, "Student", row.student, group)
        for group in groups
        if group not in read
        for row in read_class(group)
    ]

"""The school itself, its people, who teaches what, and their certificates."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.services import duty, states
from hocbaso_app.services.quality.faults import CERTIFICATES, STAFF, UNIT, WORK, Sheet

STAFF_DOCTYPE, WORK_DOCTYPE = "HBS Staff Member", "HBS Teaching Assignment"


def check(sheet: Sheet, unit: Any) -> None:
    """All of it, for one HBS Unit."""
    people = _staff(unit.name)
    work = _assignments(unit.name)
    _unit(sheet, unit, people)
    _people(sheet, people, work)
    _classes(sheet, unit.name, work)
    _certificates(sheet, unit, people, work)


def _staff(unit: str) -> list[Any]:
    columns = ["name", "full_name", "citizen_id", "job_title", "user", "from_date", "to_date"]
    columns += ["is_head", "is_principal", "is_clerk"]
    rows = frappe.get_all(STAFF_DOCTYPE, {"unit": unit}, columns, order_by="full_name, name")
    return [row for row in rows if duty.in_force(row)]


def _assignments(unit: str) -> list[Any]:
    columns = ["name", "staff", "student_group", "kind", "subject", "from_date", "to_date"]
    rows = frappe.get_all(WORK_DOCTYPE, {"unit": unit}, columns, order_by="student_group, kind, subject, name")
    return [row for row in rows if duty.in_force(row)]


def _unit(sheet: Sheet, unit: Any, people: list[Any]) -> None:
    for field in ("tax_code", "commune_name", "province_name", "release_place"):
        label = _(unit.meta.get_label(field))
        text = _("The school's “{0}” is empty.").format(label)
        sheet.ask(UNIT, unit.get(field), f"UNIT_{field.upper()}", text, "HBS Unit", unit.name, unit.unit_name)
    marks = {
        "is_head": _("Nobody is entered as head of the school."),
        "is_principal": _("Nobody is entered who signs as school manager."),
        "is_clerk": _("Nobody is entered who uses the school's seal."),
    }
    for mark, text in marks.items():
        held = any(person.get(mark) for person in people)
        sheet.ask(UNIT, held, f"UNIT_{mark.upper()}", text, "HBS Unit", unit.name, unit.unit_name)


def _people(sheet: Sheet, people: list[Any], work: list[Any]) -> None:
    teaching = {row.staff for row in work}
    enabled = set(
        frappe.get_all(
            "User",
            {"name": ("in", [p.user for p in people if p.user] or [""]), "enabled": 1},
            pluck="name",
            order_by="name",
        )
    )
    names: dict[str, set[str]] = defaultdict(set)
    for row in frappe.get_all(
        STAFF_DOCTYPE,
        {"citizen_id": ("in", [p.citizen_id for p in people] or [""])},
        ["citizen_id", "full_name"],
        order_by="name",
    ):
        names[row.citizen_id].add(row.full_name)
    for person in people:
        place = (STAFF_DOCTYPE, person.name, person.full_name)
        sheet.ask(STAFF, person.job_title, "STAFF_JOB_TITLE", _("The job title is empty."), *place)
        works = person.name in teaching or person.is_principal or person.is_clerk
        has_login = not works or person.user in enabled
        sheet.ask(STAFF, has_login, "STAFF_LOGIN", _("No login that works, though there is work to do."), *place)
        one_name = len(names[person.citizen_id]) <= 1
        text = _("The citizen ID stands at another person's name too.")
        sheet.ask(STAFF, one_name, "STAFF_CITIZEN_ID_TWICE", text, *place)


def _classes(sheet: Sheet, unit: str, work: list[Any]) -> None:
    """Each class with open records: a homeroom teacher, and a teacher of each subject that stands in its records."""
    record, result = frappe.qb.DocType("HBS Record"), frappe.qb.DocType("HBS Record Result")
    query = frappe.qb.from_(record).join(result).on(result.parent == record.name)
    query = query.select(record.student_group, result.subject_code, result.subject_name).distinct()
    query = query.where(record.unit == unit).where(record.state.notin(sorted(states.AFTER_RELEASE)))
    subjects = query.orderby(record.student_group, result.subject_code).run(as_dict=True)
    given = {(row.student_group, row.subject or "") for row in work}
    for group in dict.fromkeys(row.student_group for row in subjects):
        text = _("Class {0} has no homeroom teacher today.").format(group)
        sheet.ask(WORK, (group, "") in given, "CLASS_HOMEROOM", text, "Student Group", group, group)
    for row in subjects:
        text = _("Class {0}: nobody teaches {1} today.").format(row.student_group, row.subject_name)
        taught = (row.student_group, row.subject_code) in given
        sheet.ask(WORK, taught, "CLASS_SUBJECT", text, "Student Group", row.student_group, row.student_group)


def _certificates(sheet: Sheet, unit: Any, people: list[Any], work: list[Any]) -> None:
    """The seal, and one for everybody who has to sign: approved and valid today."""
    columns = ["name", "holder_kind", "staff", "valid_from", "valid_to"]
    rows = frappe.get_all("HBS Certificate", {"unit": unit.name, "status": "Approved"}, columns, order_by="name")
    valid = [row for row in rows if _valid(row)]
    seal = any(row.holder_kind == "Unit" for row in valid)
    text = _("The school's seal has no certificate that is approved and valid today.")
    sheet.ask(CERTIFICATES, seal, "SEAL_CERTIFICATE", text, "HBS Unit", unit.name, unit.unit_name)
    holders = {row.staff for row in valid}
    signing = {row.staff for row in work} | {person.name for person in people if person.is_principal}
    for person in people:
        if person.name in signing:
            text = _("No certificate that is approved and valid today, so nothing can be signed.")
            place = (STAFF_DOCTYPE, person.name, person.full_name)
            sheet.ask(CERTIFICATES, person.name in holders, "STAFF_CERTIFICATE", text, *place)


def _valid(row: Any) -> bool:
    now = now_datetime()
    return (not row.valid_from or get_datetime(row.valid_from) <= now) and (
        not row.valid_to or now <= get_datetime(row.valid_to)
    )

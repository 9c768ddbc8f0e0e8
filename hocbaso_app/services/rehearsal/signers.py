"""Who signs at a school in a year, what, and until when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import deputies, duty, schedule

STAGE_OF = {"Subject": schedule.SUBJECT_SIGNING, "Homeroom": schedule.HOMEROOM_SIGNING}
SIGNING = (schedule.SUBJECT_SIGNING, schedule.HOMEROOM_SIGNING, schedule.MANAGER_SIGNING, schedule.RELEASE)
COLUMNS = ["name", "unit", "full_name", "citizen_id", "user", "is_clerk", "from_date", "to_date", *duty.MANAGER]


@dataclass
class Signer:
    """One staff entry; ``seal`` for the keeper of the school's seal."""

    staff: Any
    work: list[str] = field(default_factory=list)
    stages: set[str] = field(default_factory=set)
    ends: list[date] = field(default_factory=list)
    """Last days of decisions by which he stands in."""
    person: bool = False
    seal: bool = False
    day: date | None = None
    """Last day on which he signs, by the schedule."""


def of(unit: str, year: str) -> list[Signer]:
    """Everybody who is to sign, by name; no network, no file."""
    staff = {row.name: row for row in _staff(unit)}
    found: dict[str, Signer] = {}
    for row in _assignments(unit, year):
        if row.staff in staff:
            signer = found.setdefault(row.staff, Signer(staff[row.staff]))
            _add_work(signer, row)
    for name, row in staff.items():
        if deputies.manages(row):
            signer = found.setdefault(name, Signer(row))
            signer.person = True
            signer.stages.add(schedule.MANAGER_SIGNING)
            signer.work.append(_("School manager"))
            if row.replaces:
                signer.ends.append(getdate(row.replaces_to))
        if row.is_clerk and duty.may(row, "release"):
            signer = found.setdefault(name, Signer(row))
            signer.seal = True
            signer.stages.add(schedule.RELEASE)
            signer.work.append(_("The school's seal"))
    due = schedule.due_dates(unit, year)
    for signer in found.values():
        days = [due[stage] for stage in signer.stages if stage in due]
        signer.day = max(days) if days else None
    return sorted(found.values(), key=lambda signer: (signer.staff.full_name, signer.staff.name))


def days(unit: str, year: str) -> tuple[date | None, date | None]:
    """First and last signing day of the schedule."""
    due = schedule.due_dates(unit, year)
    known = [due[stage] for stage in SIGNING if stage in due]
    return (min(known), max(known)) if known else (None, None)


def year_of(unit: str) -> str | None:
    """The school year whose signing is next: of the schedules the earliest that is not over, else the newest."""
    ahead = [year for year in schedule.years(unit) if (days(unit, year)[1] or date.min) >= getdate()]
    if ahead:
        return ahead[0]
    newest = frappe.db.get_value(
        "HBS Teaching Assignment", {"unit": unit}, "academic_year", order_by="academic_year desc"
    )
    return str(newest) if newest else None


def _add_work(signer: Signer, row: Any) -> None:
    signer.person = True
    signer.stages.add(STAGE_OF[row.kind])
    text = _("homeroom {0}") if row.kind == "Homeroom" else f"{row.subject_name or row.subject} {{0}}"
    signer.work.append(text.format(row.student_group))
    if row.replaces and row.to_date:
        signer.ends.append(getdate(row.to_date))


def _staff(unit: str) -> list[Any]:
    rows = frappe.get_all("HBS Staff Member", {"unit": unit}, COLUMNS, order_by="full_name, name")
    return [row for row in rows if duty.in_force(row)]


def _assignments(unit: str, year: str) -> list[Any]:
    columns = ["staff", "kind", "subject", "student_group", "replaces", "from_date", "to_date"]
    where = {"unit": unit, "academic_year": year}
    rows = frappe.get_all("HBS Teaching Assignment", where, columns, order_by="student_group, subject, name")
    subjects = frappe.get_all("HBS Subject", fields=["name", "subject_name"], order_by="name", as_list=True)
    names = dict(subjects)
    held = [row for row in rows if duty.in_force(row)]
    for row in held:
        row.subject_name = names.get(row.subject)
    return held

"""Assignments from Education: a plan row by row, then the writing; run again, it changes nothing.

An assignment that was entered by hand is never touched: a difference is shown
on it, and people settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import add_days, getdate, today

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.permissions import scope
from hocbaso_app.services import assignments, audit, duty
from hocbaso_app.setup import roles

if TYPE_CHECKING:
    from hocbaso_app.education.assignments import Teaching

DOCTYPE = "HBS Teaching Assignment"
FROM_EDUCATION = "Education"


@dataclass(frozen=True)
class PlannedAssignment:
    """One work of a class: ``new``, ``same``, ``differs`` (is written), ``kept`` (differs, entered by hand),
    ``missing`` (can't be written; ``text`` says why and what to do)."""

    student_group: str
    kind: str
    subject: str | None
    subject_name: str
    teacher: str
    action: str
    text: str = ""
    staff: str | None = None
    existing: str | None = None


def plan(unit: str, academic_year: str) -> list[PlannedAssignment]:
    """The dry run; writes nothing."""
    _require(unit)
    return _compare(unit, academic_year)


def apply(unit: str, academic_year: str) -> dict[str, int]:
    """Write what is new and what differs; gives how many rows of each action there were."""
    _require(unit)
    counts = dict.fromkeys(("new", "same", "differs", "kept", "missing"), 0)
    touched = set()
    for row in _compare(unit, academic_year):
        counts[row.action] += 1
        if row.action in ("new", "differs"):
            _write(row, unit, academic_year)
            touched.add(row.student_group)
    for student_group in sorted(touched):
        assignments.say(assignments.follow_class(student_group))
    if touched:
        audit.write("assignments read in", DOCTYPE, "", unit, {"year": academic_year, **counts})
    mark_differences(academic_year)
    return counts


def mark_differences(academic_year: str) -> int:
    """Note on every assignment in force what Education says differently; gives how many differ."""
    differing: dict[str, str] = {}
    units = frappe.get_all(DOCTYPE, {"academic_year": academic_year}, pluck="unit", distinct=True, order_by="unit")
    for unit in units:
        for row in _compare(unit, academic_year):
            if row.existing and row.action in ("differs", "kept"):
                differing[row.existing] = row.text[:250]
    rows = frappe.get_all(DOCTYPE, {"academic_year": academic_year}, ["name", "education_difference"], order_by="name")
    for row in rows:
        text = differing.get(row.name)
        if (row.education_difference or None) != text:
            frappe.db.set_value(DOCTYPE, row.name, "education_difference", text, update_modified=False)
    return len(differing)


def _compare(unit: str, academic_year: str) -> list[PlannedAssignment]:
    from hocbaso_app.education.assignments import read_year

    staff = _staff_of_instructors(unit)
    in_force = _in_force(academic_year)
    names = dict(frappe.get_all("HBS Subject", fields=["name", "subject_name"], order_by="name", as_list=True))
    rows: list[PlannedAssignment] = []
    for student_group, works in read_year(academic_year).items():
        if not _is_of_unit(student_group, works, unit, staff, in_force):
            continue
        met = set()
        for work in works:
            known = in_force.get((student_group, work.subject)) if work.subject is not None else None
            met.add((student_group, work.subject))
            rows.append(_planned(work, staff, known, names))
        for key, known in in_force.items():
            if key[0] == student_group and key not in met and known.source == FROM_EDUCATION:
                text = _("Education does not name this work any more. End the assignment if that is right.")
                rows.append(_row(known, names, "kept", text))
    return rows


def _planned(work: Teaching, staff: dict[str, Any], known: Any, names: dict[str, str]) -> PlannedAssignment:
    from hocbaso_app.education.assignments import HOMEROOM, REST

    kind = "Homeroom" if work.subject == HOMEROOM else "Subject"
    name = names.get(work.subject or "", work.course)
    base: dict[str, Any] = {
        "student_group": work.student_group,
        "kind": kind,
        "subject": work.subject or None,
        "subject_name": name,
    }
    who = ", ".join(_instructor_name(i) for i in work.instructors)
    existing = known.name if known else None

    def missing(text: str) -> PlannedAssignment:
        return PlannedAssignment(**base, teacher=who, action="missing", text=text, existing=existing)

    if work.subject is None:
        return missing(_("Course {0} belongs to no subject of the record. Enter it at the HBS Subject.").format(name))
    if not work.instructors:
        if kind == "Homeroom":
            return missing(_("No instructor stands in the Student Group. Enter the homeroom teacher there, first row."))
        return missing(_("Education names nobody, and the class has no homeroom teacher."))
    if len(work.instructors) > 1:
        return missing(_("Education names several people for the same work. Settle there who signs."))
    person = staff.get(work.instructors[0])
    if person is None:
        return missing(
            _("{0} has no staff entry here. Enter one with citizen ID and choose the instructor in it.").format(who)
        )
    rest = _("Education names nobody: the homeroom teacher takes it.") if work.origin == REST else ""
    planned: dict[str, Any] = {**base, "teacher": person.full_name, "staff": person.name, "existing": existing}
    if known is None:
        return PlannedAssignment(**planned, action="new", text=rest)
    if work.origin == REST or person.name in (known.staff, known.replaces):
        return PlannedAssignment(**planned, action="same")
    text = _("Here {0}, in Education {1}.").format(known.full_name, person.full_name)
    if known.source != FROM_EDUCATION:
        return PlannedAssignment(**planned, action="kept", text=text + " " + _("Entered by hand: it stays."))
    return PlannedAssignment(**planned, action="differs", text=text)


def _row(known: Any, names: dict[str, str], action: str, text: str) -> PlannedAssignment:
    return PlannedAssignment(
        known.student_group,
        known.kind,
        known.subject,
        names.get(known.subject or "", ""),
        known.full_name,
        action,
        text,
        known.staff,
        known.name,
    )


def _write(row: PlannedAssignment, unit: str, academic_year: str) -> None:
    """A new assignment; one from Education that differs ends yesterday and its successor begins today."""
    begins = frappe.db.get_value("Academic Year", academic_year, "year_start_date")
    if row.existing:
        old = frappe.get_doc(DOCTYPE, row.existing, for_update=True)
        old.flags.hbs_follow_later = True
        if getdate(old.from_date) >= getdate():
            old.staff = row.staff
            old.save()
            return
        old.to_date, begins = add_days(today(), -1), today()
        old.save()
    elif frappe.db.exists(DOCTYPE, _work(row)):
        begins = today()
    doc = frappe.get_doc({"doctype": DOCTYPE, **_work(row), "unit": unit, "academic_year": academic_year})
    doc.update({"staff": row.staff, "from_date": begins, "source": FROM_EDUCATION})
    doc.flags.hbs_follow_later = True
    doc.insert()


def _work(row: PlannedAssignment) -> dict[str, Any]:
    return {"student_group": row.student_group, "kind": row.kind, "subject": row.subject}


def _is_of_unit(
    student_group: str, works: list[Teaching], unit: str, staff: dict[str, Any], in_force: dict[Any, Any]
) -> bool:
    """By its assignments; without any, by who teaches it; a class that names nobody known is shown to everybody."""
    units = {row.unit for key, row in in_force.items() if key[0] == student_group}
    if units:
        return unit in units
    people = {name for work in works for name in work.instructors}
    if people & staff.keys():
        return True
    elsewhere = frappe.db.exists("HBS Staff Member", {"instructor": ("in", list(people) or [""]), "unit": ("!=", unit)})
    return not elsewhere


def _in_force(academic_year: str) -> dict[tuple[str, str], Any]:
    """(class, subject code or empty for homeroom) → the assignment in force today."""
    rows = frappe.get_all(
        DOCTYPE,
        {"academic_year": academic_year},
        ["name", "staff", "kind", "subject", "student_group", "unit", "source", "from_date", "to_date", "replaces"],
        order_by="name",
    )
    people = _names({row.staff for row in rows})
    found = {}
    for row in rows:
        if duty.in_force(row):
            row.full_name = people.get(row.staff, "")
            found[row.student_group, row.subject or ""] = row
    return found


def _names(staff: set[str]) -> dict[str, str]:
    rows = frappe.get_all(
        "HBS Staff Member", {"name": ("in", list(staff) or [""])}, ["name", "full_name"], order_by="name"
    )
    return {row.name: row.full_name for row in rows}


def _staff_of_instructors(unit: str) -> dict[str, Any]:
    """Instructor → staff entry of the unit in force today: by the instructor it names, or by his employee's user."""
    rows = frappe.get_all(
        "HBS Staff Member",
        {"unit": unit},
        ["name", "full_name", "user", "instructor", "from_date", "to_date"],
        order_by="name",
    )
    rows = [row for row in rows if duty.in_force(row)]
    by_user = {row.user: row for row in rows if row.user}
    found = {}
    employees = frappe.get_all("Instructor", {"employee": ("is", "set")}, ["name", "employee"], order_by="name")
    users = {
        row.name: row.user_id
        for row in frappe.get_all(
            "Employee",
            {"name": ("in", [e.employee for e in employees] or [""])},
            ["name", "user_id"],
            order_by="name",
        )
    }
    for instructor in employees:
        person = by_user.get(users.get(instructor.employee) or "")
        if person:
            found[instructor.name] = person
    found.update({row.instructor: row for row in rows if row.instructor})
    return found


def _instructor_name(instructor: str) -> str:
    return str(frappe.get_cached_value("Instructor", instructor, "instructor_name") or instructor)


def _require(unit: str) -> None:
    if not {roles.PRINCIPAL, roles.SCHOOL_ADMIN} & set(frappe.get_roles()):
        frappe.throw(_("Only the principal or the school's administrator reads in assignments."), NotYoursError)
    if not scope.scope_of().sees(DOCTYPE, unit, None):
        frappe.throw(_("This is not your school."), NotYoursError)

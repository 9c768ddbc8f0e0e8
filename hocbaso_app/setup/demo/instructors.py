"""The teachers of the demo school as Education knows them: instructors, their classes and courses."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.demo.people import Person
from hocbaso_app.demo.school import SchoolClass


def make_instructors(
    school_class: SchoolClass, group: str, school_year: str, courses: dict[str, str], staff: dict[str, str]
) -> None:
    """The homeroom teacher in the Student Group; everybody else in his own log, course by course."""
    leader = school_class.homeroom
    doc = frappe.get_doc("Student Group", group)
    if not doc.instructors:
        doc.append("instructors", {"instructor": _instructor(leader, staff)})
        doc.save(ignore_permissions=True)
    for person in {t.citizen_id: t for t in school_class.teachers.values()}.values():
        if person.citizen_id == leader.citizen_id:
            continue
        taught = [courses[code] for code, t in school_class.teachers.items() if t.citizen_id == person.citizen_id]
        _log(frappe.get_doc("Instructor", _instructor(person, staff)), group, school_year, taught)


def _instructor(person: Person, staff: dict[str, str]) -> str:
    """The person's instructor, made when missing and named in his staff entry."""
    entry = staff[person.citizen_id]
    known = frappe.db.get_value("HBS Staff Member", entry, "instructor")
    if known:
        return str(known)
    doc = frappe.get_doc({"doctype": "Instructor", "instructor_name": person.name, "status": "Active"})
    doc.insert(ignore_permissions=True)
    frappe.db.set_value("HBS Staff Member", entry, "instructor", doc.name)
    return str(doc.name)


def _log(doc: Any, group: str, school_year: str, courses: list[str]) -> None:
    known = {(row.student_group, row.course) for row in doc.instructor_log}
    missing = [course for course in courses if (group, course) not in known]
    for course in missing:
        program = frappe.db.get_value("Student Group", group, "program")
        row = {"academic_year": school_year, "program": program, "course": course, "student_group": group}
        doc.append("instructor_log", row)
    if missing:
        doc.save(ignore_permissions=True)

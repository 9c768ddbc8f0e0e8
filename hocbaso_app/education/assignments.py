"""Who teaches what, as ERPNext Education knows it: instructors of a class, of its courses, of its timetable.

Education has no field for the homeroom teacher: the first instructor in the
Student Group is taken for him. A course with nobody named anywhere is his too,
as is usual in grades 1 to 5; the dry run says so beside the row.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import frappe

from hocbaso_app.education.classes import primary

HOMEROOM = ""
CLASS_ROW, COURSE_ROW, TIMETABLE, REST = "class", "instructor's log", "timetable", "rest"
"""Where Education says it; ``rest``: nowhere, so the homeroom teacher."""


@dataclass(frozen=True)
class Teaching:
    """One work of a class: ``subject`` is a code of HBS Subject, empty for homeroom.

    ``instructors``: everybody Education names for it; more than one is for people to settle.
    ``course`` is set, and ``subject`` is None, for a course that belongs to no subject yet.
    """

    student_group: str
    subject: str | None
    instructors: tuple[str, ...]
    origin: str
    course: str = ""


def read_year(academic_year: str) -> dict[str, list[Teaching]]:
    """Class of grades 1 to 5 → its works: homeroom first, then the program's courses in order."""
    groups = {
        row.name: row
        for row in frappe.get_all(
            "Student Group",
            {"academic_year": academic_year, "disabled": 0, "group_based_on": ("!=", "Course")},
            ["name", "program"],
            order_by="name",
        )
    }
    wanted = primary(groups)
    subjects = {
        row.course: row.parent
        for row in frappe.get_all("HBS Subject Course", fields=["course", "parent"], order_by="parent, idx")
    }
    leaders = _instructors_of_classes(wanted)
    logged = _logged(academic_year)
    timetable = _timetable(wanted)
    courses = _courses({groups[name].program for name in wanted})
    return {name: _class(name, groups[name].program, leaders, logged, timetable, courses, subjects) for name in wanted}


def _class(
    name: str,
    program: str,
    leaders: dict[str, list[str]],
    logged: dict[tuple[str, str], list[str]],
    timetable: dict[tuple[str, str], list[str]],
    courses: dict[str, list[str]],
    subjects: dict[str, str],
) -> list[Teaching]:
    homeroom = tuple(leaders[name][:1])
    works = [Teaching(name, HOMEROOM, homeroom, CLASS_ROW)]
    for course in courses[program]:
        said = ((timetable[name, course], TIMETABLE), (logged[name, course], COURSE_ROW))
        known, origin = next(((who, where) for who, where in said if who), (list(homeroom), REST))
        works.append(Teaching(name, subjects.get(course), tuple(dict.fromkeys(known)), origin, course))
    return works


def _instructors_of_classes(groups: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = frappe.get_all(
        "Student Group Instructor",
        {"parent": ("in", groups or [""]), "parenttype": "Student Group"},
        ["parent", "instructor"],
        order_by="parent, idx",
    )
    for row in rows:
        found[row.parent].append(row.instructor)
    return found


def _logged(academic_year: str) -> dict[tuple[str, str], list[str]]:
    """Class and course → instructors whose log names both for the year."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    active = set(frappe.get_all("Instructor", {"status": "Active"}, pluck="name", order_by="name"))
    rows = frappe.get_all(
        "Instructor Log",
        {"academic_year": academic_year, "parenttype": "Instructor"},
        ["parent", "student_group", "course"],
        order_by="parent, idx",
    )
    for row in rows:
        if row.student_group and row.course and row.parent in active:
            found[row.student_group, row.course].append(row.parent)
    return found


def _timetable(groups: list[str]) -> dict[tuple[str, str], list[str]]:
    """Class and course → who has it on the timetable's last day for that course."""
    last: dict[tuple[str, str], tuple[Any, list[str]]] = {}
    rows = frappe.get_all(
        "Course Schedule",
        {"student_group": ("in", groups or [""])},
        ["student_group", "course", "instructor", "schedule_date"],
        order_by="schedule_date, from_time, name",
    )
    for row in rows:
        key = (row.student_group, row.course)
        day, names = last.get(key, (None, []))
        last[key] = (row.schedule_date, [*(names if day == row.schedule_date else []), row.instructor])
    return defaultdict(list, {key: names for key, (_day, names) in last.items()})


def _courses(programs: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = frappe.get_all(
        "Program Course",
        {"parent": ("in", list(programs) or [""]), "parenttype": "Program"},
        ["parent", "course"],
        order_by="parent, idx",
    )
    for row in rows:
        found[row.parent].append(row.course)
    return found

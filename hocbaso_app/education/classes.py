"""Classes of Education that have digital records: grades 1 to 5, whatever else the school teaches (QĐ Điều 1)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import frappe
from frappe import _

GRADES = ("01", "02", "03", "04", "05")
_OF_AGE = re.compile(r"\d\s*tuổi", re.IGNORECASE)


def grade_of(program: str | None) -> str | None:
    """The grade that a Program's name says (“Lớp 4”, “Khối 4 (2026)”, “Grade 4”), ``None`` outside grades 1 to 5.

    A school of several levels has others: “Lớp 6”, and in its kindergarten “Lớp 5 tuổi”.
    """
    if _OF_AGE.search(program or ""):
        return None
    found = re.match(r"\s*(?:lớp|khối|grade)?\s*0*(\d{1,2})(?!\d)", program or "", re.IGNORECASE)
    grade = f"{int(found[1]):02d}" if found else ""
    return grade if grade in GRADES else None


def problem_of(student_group: str) -> str | None:
    """Why a class can have no digital records, in a sentence; ``None`` when it can."""
    program = frappe.db.get_value("Student Group", student_group, "program")
    if not program:
        return _("Class {0} has no Program in Education. Enter one there, for example “Lớp 4”.").format(student_group)
    if grade_of(program) is None:
        return _(
            "Class {0}: the Program “{1}” is not one of grades 1 to 5. Only these have a digital record (Article 1); "
            "its name must begin with the grade, for example “Lớp 4”."
        ).format(student_group, program)
    return None


def primary(groups: Iterable[str]) -> list[str]:
    """Those of the classes that are of grades 1 to 5, in order of grade and name."""
    rows = frappe.get_all("Student Group", {"name": ("in", list(groups) or [""])}, ["name", "program"], order_by="name")
    graded = [(grade_of(row.program), row.name) for row in rows]
    return [name for grade, name in sorted((g, n) for g, n in graded if g)]

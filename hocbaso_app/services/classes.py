"""The classes somebody may choose: his own, or his school's; grades 1 to 5 only. Needs no right on Student Group."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.exceptions import StepOrderError
from hocbaso_app.permissions import scope


def for_user(user: str | None = None) -> list[dict[str, Any]]:
    """Class, school year, grade, number of records; the newest year first, then by grade and name."""
    from hocbaso_app.education.classes import grade_of

    known = scope.scope_of(user)
    filters: dict[str, Any] = {} if known.everything else {"unit": ("in", sorted(known.units) or [""])}
    if known.classes is not None:
        filters["student_group"] = ("in", sorted(known.classes) or [""])
    names = frappe.get_all(
        "HBS Teaching Assignment", filters, pluck="student_group", distinct=True, order_by="student_group"
    )
    rows = frappe.get_all(
        "Student Group",
        {"name": ("in", names or [""])},
        ["name", "academic_year", "program"],
        order_by="academic_year desc, name",
    )
    records = _counts(names)
    found = [
        {
            "student_group": row.name,
            "academic_year": row.academic_year,
            "grade": grade,
            "records": records.get(row.name, 0),
        }
        for row in rows
        if (grade := grade_of(row.program))
    ]
    years = sorted({row["academic_year"] for row in found}, reverse=True)
    return sorted(found, key=lambda row: (years.index(row["academic_year"]), row["grade"], row["student_group"]))


def require_primary(student_group: str) -> None:
    """Only classes of grades 1 to 5 have digital records, whatever else the school teaches (QĐ Điều 1.k2.c)."""
    from hocbaso_app.education.classes import problem_of

    problem = problem_of(student_group)
    if problem:
        frappe.throw(problem, StepOrderError)


def years_of(user: str | None = None) -> list[str]:
    """School years with classes in Education, the newest first."""
    return list(frappe.get_all("Academic Year", pluck="name", order_by="year_start_date desc"))


def units_of(user: str | None = None) -> list[dict[str, Any]]:
    """Schools of the user's scope."""
    known = scope.scope_of(user)
    filters: dict[str, Any] = {"kind": "School"}
    if not known.everything:
        filters["name"] = ("in", sorted(known.units) or [""])
    return list(frappe.get_all("HBS Unit", filters, ["name", "unit_name"], order_by="unit_name"))


def pupils(student_group: str, text: str = "", start: int = 0, length: int = 20) -> list[tuple[str, str]]:
    """Pupil and full name of the class's records that the user sees, in the order of the roll."""
    filters = {"student_group": student_group, "full_name": ("like", f"%{text}%")}
    rows = frappe.get_list(
        "HBS Record",
        filters,
        ["student", "full_name"],
        order_by="name",
        limit_start=start,
        limit_page_length=length,
    )
    return [(row.student, row.full_name) for row in rows]


def _counts(names: list[str]) -> dict[str, int]:
    table = frappe.qb.DocType("HBS Record")
    from frappe.query_builder.functions import Count

    query = (
        frappe.qb.from_(table)
        .select(table.student_group, Count("*"))
        .where(table.student_group.isin(names or [""]))
        .groupby(table.student_group)
    )
    return dict(query.run())

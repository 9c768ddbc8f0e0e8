"""Endpoints of reading from Education: choose a class, dry runs, writing, comparing again."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import frappe

from hocbaso_app.services import assignments, classes, drift, read_assignments, read_in


@frappe.whitelist()
def my_classes() -> list[dict[str, Any]]:
    """Classes of grades 1 to 5 that the user works with; needs no right on Student Group."""
    return classes.for_user()


@frappe.whitelist()
def my_units_and_years() -> dict[str, Any]:
    """What the dry run of assignments asks for."""
    return {"units": classes.units_of(), "years": classes.years_of()}


@frappe.whitelist()
@frappe.validate_and_sanitize_search_inputs
def pupils(
    doctype: str, txt: str, searchfield: str, start: int, page_len: int, filters: dict[str, Any]
) -> list[tuple[str, str]]:
    """Choice of a pupil in a form, in the shape of Frappe's link queries; needs no right on Student."""
    return classes.pupils(str(filters.get("student_group") or ""), txt, start, page_len)


@frappe.whitelist()
def plan_class(student_group: str) -> dict[str, Any]:
    """Dry run of a class with its counts; ``without_citizen_id``: pupils whose record can't be released yet."""
    rows = read_in.plan(student_group)
    return {
        "rows": [asdict(row) for row in rows],
        "counts": dict(Counter(row.action for row in rows)),
        "without_citizen_id": read_in.without_citizen_id(student_group),
    }


@frappe.whitelist()
def plan_assignments(unit: str, academic_year: str) -> list[dict[str, Any]]:
    """Dry run of a school year's assignments, row by row."""
    return [asdict(row) for row in read_assignments.plan(unit, academic_year)]


@frappe.whitelist(methods=["POST"])
def read_in_assignments(unit: str, academic_year: str) -> dict[str, int]:
    """Write what the dry run showed as new or different."""
    return read_assignments.apply(unit, academic_year)


@frappe.whitelist(methods=["POST"])
def compare_class(student_group: str) -> int:
    """Compare a class with Education now; how many records differ."""
    return drift.compare_now(student_group)


@frappe.whitelist()
def signed_by_homeroom_only(unit: str) -> int:
    """How many homeroom signatures a change of principal would drop: the desk says so first."""
    return assignments.ask_signed_by_homeroom_only(unit)

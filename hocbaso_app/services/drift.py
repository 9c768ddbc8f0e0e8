"""Education and what was read from it, compared again: what changed there since shows on records and assignments.

Nothing is taken over here. A draft takes a difference when its class is read in
again; for a record whose file is made, what to do stands beside the difference.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, today

from hocbaso_app.services import read_assignments, read_in, states

LOOK_BACK_DAYS = 400
"""School years that ended longer ago are not compared any more."""


def compare_everything() -> dict[str, int]:
    """All classes of the recent school years; gives how many records and assignments differ."""
    years = frappe.get_all(
        "Academic Year", {"year_end_date": (">=", add_days(today(), -LOOK_BACK_DAYS))}, pluck="name", order_by="name"
    )
    classes = frappe.get_all(
        "HBS Record",
        {"academic_year": ("in", years or [""])},
        pluck="student_group",
        distinct=True,
        order_by="student_group",
    )
    found = sum(compare_class(student_group) for student_group in classes)
    return {"records": found, "assignments": sum(read_assignments.mark_differences(year) for year in years)}


def compare_class(student_group: str) -> int:
    """Note every record's differences on it; gives how many records have some."""
    differing = 0
    with states.in_vietnamese():
        rows = read_in.compare(student_group)
    for row in rows:
        if row.name is None:
            continue
        lines = sentences(row)
        differing += bool(lines)
        _note(row.name, lines)
    return differing


def compare_now(student_group: str) -> int:
    """The same on request, by who may read the class in."""
    read_in.require(student_group)
    return compare_class(student_group)


def sentences(row: read_in.PlannedRow) -> list[str]:
    """What a person reads about one record: the differences, then what to do."""
    with states.in_vietnamese():
        if row.action == "same":
            return []
        if row.action == "left":
            return [row.advice]
        return [*row.changes, row.advice or _("Read the class in again to take it.")]


def _note(name: str, lines: list[str]) -> None:
    values: dict[str, Any] = {"source_changes": "\n".join(lines) or None, "source_change_count": len(lines)}
    before = frappe.db.get_value("HBS Record", name, list(values), as_dict=True)
    if before and dict(before) != values:
        frappe.db.set_value("HBS Record", name, values, update_modified=False)

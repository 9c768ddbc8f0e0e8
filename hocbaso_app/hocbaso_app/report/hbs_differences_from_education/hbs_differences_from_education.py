"""What Education says differently since a class was read in: records, assignments, and what to do about each."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

FILTERS = ("unit", "academic_year", "student_group", "grade")


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows: records first, then assignments; both by the reader's own rights."""
    frappe.has_permission("HBS Record", "read", throw=True)
    wanted = {name: value for name, value in (filters or {}).items() if name in FILTERS and value}
    return _columns(), [*_records(wanted), *_assignments(wanted)]


def _records(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    rows = frappe.get_list(
        "HBS Record",
        {**wanted, "source_change_count": (">", 0)},
        ["name", "full_name", "student_group", "state", "source_changes"],
        order_by="student_group, name",
        limit_page_length=0,
    )
    return [
        {
            "student_group": row.student_group,
            "kind": "HBS Record",
            "document": row.name,
            "who": row.full_name,
            "state": _(row.state),
            "difference": " · ".join((row.source_changes or "").split("\n")[:-1]),
            "advice": (row.source_changes or "").split("\n")[-1],
        }
        for row in rows
    ]


def _assignments(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    if not frappe.has_permission("HBS Teaching Assignment", "read"):
        return []
    own = {name: value for name, value in wanted.items() if name != "grade"}
    rows = frappe.get_list(
        "HBS Teaching Assignment",
        {**own, "education_difference": ("is", "set")},
        ["name", "student_group", "kind", "subject.subject_name", "source", "education_difference"],
        order_by="student_group, name",
        limit_page_length=0,
    )
    from_education = _("Read the assignments in again to take it.")
    entered = _("Entered by hand: correct it here or in Education.")
    return [
        {
            "student_group": row.student_group,
            "kind": "HBS Teaching Assignment",
            "document": row.name,
            "who": row.subject_name or _("Homeroom"),
            "state": _(row.source),
            "difference": row.education_difference,
            "advice": from_education if row.source == "Education" else entered,
        }
        for row in rows
    ]


def _columns() -> list[dict[str, Any]]:
    document = {"fieldname": "document", "label": _("Document"), "fieldtype": "Dynamic Link", "options": "kind"}
    return [
        {"fieldname": "student_group", "label": _("Class"), "fieldtype": "Data", "width": 80},
        {"fieldname": "who", "label": _("Pupil or work"), "fieldtype": "Data", "width": 190},
        {"fieldname": "state", "label": _("State"), "fieldtype": "Data", "width": 170},
        {"fieldname": "difference", "label": _("Difference"), "fieldtype": "Data", "width": 420},
        {"fieldname": "advice", "label": _("What to do"), "fieldtype": "Data", "width": 380},
        {**document, "width": 150},
    ]

"""What the desk shows of locks before somebody types."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import getdate

from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services.locks import gate, tickets, who


def of_record(name: str) -> dict[str, Any]:
    """The line on a record's form, and whether a ticket can be asked for here."""
    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    return {**gate.line_of_record(doc), "student_group": doc.student_group}


def of_class(student_group: str) -> dict[str, Any]:
    """The line above a class's sheet or its signing page; nothing for a class that the user does not see."""
    unit, year, grade = gate.facts_of_class(student_group)
    if not (unit and year and scope_of().sees("HBS Record", unit, student_group)):
        return {"locked": False, "sentence": "", "notice": "", "closings": []}
    open_ones = [t for t in tickets.covering(unit, year, student_group, None) if not t.opens]
    state = gate.state_of(unit, year, grade)
    of_pupils = _tickets_of_class(unit, year, student_group)
    return {**state, "notice": " ".join([state["notice"], *of_pupils]).strip(), "class_open": bool(open_ones)}


def _tickets_of_class(unit: str, year: str, student_group: str) -> list[str]:
    found = tickets.of_class(unit, year, student_group)
    return [ticket.notice for ticket in found]


def overview() -> list[dict[str, Any]]:
    """Every school of the user with its school years that have records: who closes it, all levels together."""
    scope = scope_of()
    filters: dict[str, Any] = {} if scope.everything else {"unit": ("in", sorted(scope.units) or [""])}
    rows = frappe.get_all(
        "HBS Record", filters, ["unit", "academic_year"], distinct=True, order_by="unit, academic_year"
    )
    starts = dict(frappe.get_all("Academic Year", fields=["name", "year_start_date"], as_list=True, order_by="name"))
    rows.sort(key=lambda row: (row.unit, -getdate(starts.get(row.academic_year) or "2000-01-01").toordinal()))
    return [
        {
            "unit": row.unit,
            "unit_name": who.name_of(row.unit),
            "academic_year": row.academic_year,
            **gate.state_of(row.unit, row.academic_year),
        }
        for row in rows
    ]

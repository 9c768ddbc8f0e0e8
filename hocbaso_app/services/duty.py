"""Who somebody is today: his staff entry, assignments and duties. Asked before every step, never cached over days."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.exceptions import NotYoursError


def staff_of(user: str, unit: str) -> Any:
    """The user's staff entry at a unit in force today; :class:`NotYoursError` without one."""
    rows = frappe.get_all(
        "HBS Staff Member",
        {"user": user, "unit": unit},
        ["name", "full_name", "citizen_id", "unit", "is_principal", "is_clerk", "from_date", "to_date"],
        order_by="name",
    )
    for row in rows:
        if in_force(row):
            return row
    frappe.throw(_("You are not on this school's staff today."), NotYoursError)
    raise AssertionError


def subjects_of(staff: str, student_group: str) -> frozenset[str]:
    """Subject codes the person teaches in a class today."""
    return frozenset(row.subject for row in _assignments(staff, student_group) if row.kind == "Subject")


def leads(staff: str, student_group: str) -> bool:
    """Whether the person is the class's homeroom teacher today."""
    return any(row.kind == "Homeroom" for row in _assignments(staff, student_group))


def _assignments(staff: str, student_group: str) -> list[Any]:
    rows = frappe.get_all(
        "HBS Teaching Assignment",
        {"staff": staff, "student_group": student_group},
        ["kind", "subject", "from_date", "to_date"],
        order_by="name",
    )
    return [row for row in rows if in_force(row)]


def in_force(row: Any) -> bool:
    """Whether a dated row covers today."""
    today = getdate()
    return getdate(row.from_date) <= today and (not row.to_date or today <= getdate(row.to_date))

"""Who somebody is today: his staff entry, assignments and duties. Asked before every step, never cached over days."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import deputies
from hocbaso_app.setup import roles

RIGHTS = {
    "release": "may_release",
    "lock": "may_lock",
    "accounts": "may_manage_accounts",
    "certificates": "may_manage_certificates",
}
"""What a board member may be given to do → check box in HBS Board Member."""

MARKS = {"release": "is_clerk", "lock": "is_principal", "accounts": "is_principal", "certificates": "is_principal"}
"""Who has it at a unit that never set up a board: the mark in the staff entry."""

MANAGER = ("is_principal", "replaces", "decision_number", "replaces_from", "replaces_to")
"""Columns that say whether somebody signs as school manager today; see :func:`.deputies.manages`."""

HEADS = frozenset({roles.PRINCIPAL, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})
"""Roles that set up the board of their own unit."""


def staff_of(user: str, unit: str) -> Any:
    """The user's staff entry at a unit in force today; :class:`NotYoursError` without one."""
    rows = frappe.get_all(
        "HBS Staff Member",
        {"user": user, "unit": unit},
        ["name", "full_name", "citizen_id", "unit", "is_clerk", "from_date", "to_date", *MANAGER],
        order_by="name",
    )
    for row in rows:
        if in_force(row):
            row.is_principal = int(deputies.manages(row))
            row.is_clerk = int(bool(row.is_clerk) and may(row, "release"))
            return row
    frappe.throw(_("You are not on this school's staff today."), NotYoursError)
    raise AssertionError


def may(staff: Any, right: str) -> bool:
    """Whether a staff entry has a board right (a key of ``RIGHTS``) today.

    A unit with a board, even one whose decision has ended, goes by board duties only.
    """
    boards = frappe.get_all("HBS Board", {"unit": staff.unit}, ["name", "from_date", "to_date"], order_by="name")
    if not boards:
        return bool(staff.get(MARKS[right]))
    rows = frappe.get_all(
        "HBS Board Member",
        {
            "parent": ("in", [board.name for board in boards if in_force(board)] or [""]),
            "parenttype": "HBS Board",
            "staff": staff.name,
            RIGHTS[right]: 1,
        },
        ["from_date", "to_date"],
        order_by="idx",
    )
    return any(in_force(row) for row in rows)


def rights_of(user: str, unit: str) -> frozenset[str]:
    """The user's board rights at a unit today; empty for somebody who is not on its staff."""
    rows = frappe.get_all(
        "HBS Staff Member",
        {"user": user, "unit": unit},
        ["name", "unit", "is_clerk", "from_date", "to_date", *MANAGER],
        order_by="name",
    )
    held = [row for row in rows if in_force(row)]
    for row in held:
        row.is_principal = int(deputies.manages(row))
    return frozenset(
        right for row in held for right in RIGHTS if may(row, right) and (right != "release" or row.is_clerk)
    )


def require_of_admin(unit: str, right: str) -> None:
    """A school's administrator needs the board right once there is a board; other roles are judged elsewhere."""
    user = frappe.session.user
    if user == "Administrator" or roles.SCHOOL_ADMIN not in frappe.get_roles(user):
        return
    if frappe.db.exists("HBS Board", {"unit": unit}) and right not in rights_of(user, unit):
        frappe.throw(
            _("You don't have this duty on the board today. The head of the unit gives it by decision."),
            NotYoursError,
        )


def require_head(unit: str) -> None:
    """A unit's board is entered by its own head (or while a site is set up)."""
    if frappe.session.user == "Administrator":
        return
    staff_of(frappe.session.user, unit)
    if not HEADS & set(frappe.get_roles()):
        frappe.throw(_("Only the head of the unit sets up its board."), NotYoursError)


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
    """Whether a dated row covers today; an empty date is no limit."""
    today = getdate()
    return (not row.from_date or getdate(row.from_date) <= today) and (not row.to_date or today <= getdate(row.to_date))

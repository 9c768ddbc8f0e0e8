"""Who may close and open: the principal, or a deputy with the board's decision; officers in their area.

A school's administrator decides nothing: he carries out what the principal asked for (QĐ Điều 11.k2).
"""

from __future__ import annotations

from dataclasses import dataclass

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import duty
from hocbaso_app.services.locks.order import DEPARTMENT, OFFICE, RANK, SCHOOL
from hocbaso_app.setup import roles

OFFICER = {DEPARTMENT: roles.DEPARTMENT_OFFICER, OFFICE: roles.OFFICE_OFFICER}


@dataclass(frozen=True)
class Power:
    """Somebody's right to lock for a unit: as whom, at which unit, of which level."""

    user: str
    full_name: str
    duty: str
    unit: str
    level: str


def power_at(user: str, unit: str) -> Power | None:
    """The user's right to lock as this very unit; None without one."""
    kind = frappe.db.get_value("HBS Unit", unit, "kind")
    columns = ["name", "unit", "full_name", "job_title", "is_principal", "is_clerk", "from_date", "to_date"]
    rows = frappe.get_all("HBS Staff Member", {"user": user, "unit": unit}, columns, order_by="name")
    held = set(frappe.get_roles(user))
    for staff in rows:
        if duty.in_force(staff) and _may(staff, kind, held):
            return Power(user, staff.full_name, staff.job_title or _(kind), unit, kind)
    return None


def _may(staff: frappe._dict, kind: str, held: set[str]) -> bool:
    if kind != SCHOOL:
        has_board = frappe.db.exists("HBS Board", {"unit": staff.unit})
        return OFFICER[kind] in held and (not has_board or duty.may(staff, "lock"))
    if staff.is_principal:
        return roles.PRINCIPAL in held
    return roles.SCHOOL_ADMIN not in held and roles.PRINCIPAL in held and duty.may(staff, "lock")


def require_at(unit: str) -> Power:
    """:class:`NotYoursError` unless the session's user may lock as this unit."""
    power = power_at(frappe.session.user, unit)
    if power is None:
        frappe.throw(refusal(unit), NotYoursError)
        raise AssertionError
    return power


def refusal(unit: str) -> str:
    """Who may, and what to do."""
    if roles.SCHOOL_ADMIN in frappe.get_roles():
        return _(
            "The administrator locks and opens only what the principal has asked for. "
            "The principal enters an HBS Lock Request; then press “Carry out” there."
        )
    if frappe.db.get_value("HBS Unit", unit, "kind") == SCHOOL:
        return _("Only the principal, or a deputy with the duty “Lock” on the board, locks and opens for the school.")
    return _("Only officers of {0} lock and open for it.").format(name_of(unit))


def require_admin(unit: str) -> Power:
    """The school's administrator with the duty to lock, who carries out a request."""
    user = frappe.session.user
    staff = duty.staff_of(user, unit)
    if roles.SCHOOL_ADMIN not in frappe.get_roles(user) or not duty.may(staff, "lock"):
        frappe.throw(
            _("Requests are carried out by the school's administrator with the duty “Lock” on the board."),
            NotYoursError,
        )
    return Power(user, staff.full_name, _("School admin"), unit, SCHOOL)


def best_over(user: str, school: str) -> Power | None:
    """The strictest right to lock that the user has over a school."""
    found = [power for unit in line_of(school) if (power := power_at(user, unit))]
    return min(found, key=lambda power: RANK[power.level], default=None)


def line_of(unit: str) -> list[str]:
    """The unit and those above it, the highest first."""
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    if place is None:
        return []
    above = {"lft": ("<=", place.lft), "rgt": (">=", place.rgt)}
    return list(frappe.get_all("HBS Unit", above, pluck="name", order_by="lft"))


def name_of(unit: str | None) -> str:
    """What people call it."""
    return str(frappe.db.get_value("HBS Unit", unit, "unit_name", cache=True) or unit or "")


def name_of_user(user: str | None) -> str:
    """Full name, else the login."""
    return str(frappe.db.get_value("User", user, "full_name") or user or "")

"""To whom a notice goes, and who at a unit is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import duty
from hocbaso_app.services.units import history
from hocbaso_app.setup import roles

SCHOOLS, UNITS, CHOSEN, PEOPLE = "All schools below", "All units below", "Chosen units", "People of my unit"
MANAGERS = (roles.PRINCIPAL, roles.CLERK, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER)
"""Roles that answer a notice in the name of their unit."""


@dataclass(frozen=True)
class Recipient:
    """A unit, or one person of it."""

    unit: str
    staff: str | None = None
    user: str | None = None


def of(notice: Any) -> list[Recipient]:
    """Everybody the notice goes to, each once; :class:`HbsError` for an empty list or one that is not the sender's."""
    if notice.audience == PEOPLE:
        found = _people(notice)
    else:
        below = _below(notice.unit, schools_only=notice.audience == SCHOOLS)
        wanted = [row.unit for row in notice.units] if notice.audience == CHOSEN else below
        strangers = set(wanted) - set(below)
        if strangers:
            frappe.throw(_("{0} is not a unit below yours.").format(min(strangers)), HbsError)
        found = [Recipient(unit) for unit in dict.fromkeys(wanted)]
    if not found:
        frappe.throw(_("There is nobody to send it to. Choose at least one unit or person."), HbsError)
    return found


def _below(unit: str, *, schools_only: bool) -> list[str]:
    """Units below that are in being today; below a specialised office, those of its department."""
    where: dict[str, Any] = {"name": ("in", sorted(history.area_of(unit) - {unit}) or [""])}
    if schools_only:
        where["kind"] = "School"
    rows = frappe.get_all("HBS Unit", where, ["name", "valid_from", "valid_to"], order_by="name")
    today = getdate()
    return [r.name for r in rows if getdate(r.valid_from) <= today and (not r.valid_to or today <= getdate(r.valid_to))]


def _people(notice: Any) -> list[Recipient]:
    wanted = list(dict.fromkeys(row.staff for row in notice.people))
    columns = ["name", "unit", "user", "full_name", "from_date", "to_date"]
    rows = frappe.get_all("HBS Staff Member", {"name": ("in", wanted or [""])}, columns, order_by="name")
    for row in rows:
        if row.unit != notice.unit or not duty.in_force(row):
            frappe.throw(_("{0} is not on the staff of your unit today.").format(row.full_name), HbsError)
        if not row.user:
            frappe.throw(_("{0} has no login, so he can't read it.").format(row.full_name), HbsError)
    return [Recipient(row.unit, row.name, row.user) for row in rows]


def users_of(units: list[str]) -> dict[str, list[str]]:
    """Unit → logins of those who answer for it today."""
    staff, held = frappe.qb.DocType("HBS Staff Member"), frappe.qb.DocType("Has Role")
    query = frappe.qb.from_(staff).join(held).on((held.parent == staff.user) & (held.parenttype == "User"))
    query = query.where(staff.unit.isin(units or [""]) & held.role.isin(MANAGERS)).distinct()
    query = query.select(staff.unit, staff.user, staff.from_date, staff.to_date)
    found: dict[str, list[str]] = {unit: [] for unit in units}
    for row in query.orderby(staff.unit, staff.user).run(as_dict=True):
        if duty.in_force(row):
            found[row.unit].append(row.user)
    return found


def name_of(user: str) -> str:
    """The person's name as it stands in receipts."""
    return str(frappe.utils.get_fullname(user))[:150]


def own_units(user: str) -> list[str]:
    """Units on whose staff somebody is today."""
    rows = frappe.get_all("HBS Staff Member", {"user": user}, ["unit", "from_date", "to_date"], order_by="unit")
    return list(dict.fromkeys(row.unit for row in rows if duty.in_force(row)))

"""Accounts of a unit's people, for its head: who, which role, last log-in, certificate, and how well each is kept.

Facts to look at, no verdicts. An account belongs to a unit by a staff entry, today's or an earlier one; on a site with
one school everybody who holds a role of the digital record without any entry is shown to that school too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, formatdate, getdate, now_datetime

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import duty
from hocbaso_app.setup import roles

ON, NOT_SET_UP, OFF = "on", "not set up", "off"
OLD_PASSWORD_DAYS = 365
SHARED_DAYS = 30
SHARED_ADDRESSES = 4
"""So many different addresses within an hour are no one person's way to work."""

READERS = frozenset(
    {roles.PRINCIPAL, roles.SCHOOL_ADMIN, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER, roles.AUDITOR}
)


def asks_second_factor() -> bool:
    """Whether the site asks anybody at all."""
    return bool(frappe.db.get_single_value("System Settings", "enable_two_factor_auth"))


def second_factor(user: str) -> str:
    """Whether the site asks this person for a second factor, and whether his code app is set up."""
    from frappe.twofactor import get_default, two_factor_is_enabled_for_

    if not asks_second_factor():
        return OFF
    if not two_factor_is_enabled_for_(frappe.get_cached_doc("User", user)):
        return OFF
    if frappe.db.get_single_value("System Settings", "two_factor_method") != "OTP App":
        return ON
    return ON if get_default(f"{user}_otplogin") else NOT_SET_UP


def units_of(user: str | None = None) -> list[str]:
    """Units whose accounts the user may look at."""
    user = user or frappe.session.user
    scope = scope_of(user)
    if scope.everything:
        return list(frappe.get_all("HBS Unit", pluck="name", order_by="lft"))
    if not READERS & set(frappe.get_roles(user)):
        raise NotYoursError(_("Only who leads or oversees a unit looks at its accounts."))
    return sorted(scope.units)


def of(unit: str) -> list[dict[str, Any]]:
    """One row per account: person, roles, last log-in, certificate, and what is to be marked about it."""
    people = _people(unit)
    certificates = _certificates(unit)
    found = []
    for user, entries in sorted(people.items()):
        row = frappe.db.get_value("User", user, _COLUMNS, as_dict=True)
        if row is None:
            continue
        serving = [entry for entry in entries if duty.in_force(entry)]
        held = [role for role in frappe.get_roles(user) if role in roles.ROLES]
        found.append(
            {
                "unit": unit,
                "user": user,
                "full_name": (serving or entries or [row])[-1].full_name,
                "roles": ", ".join(_(role) for role in held),
                "last_login": row.last_login,
                "enabled": int(row.enabled),
                "certificate": next((certificates[e.name] for e in serving if e.name in certificates), None),
                "mark": _mark(row, entries, serving),
            }
        )
    return sorted(found, key=lambda row: (not row["mark"], row["full_name"]))


def security(unit: str) -> list[dict[str, Any]]:
    """What the head looks into: leavers with open accounts, no second factor, old passwords, signs of shared use."""
    found = []
    shared = shared_use(unit)
    for user, entries in sorted(_people(unit).items()):
        row = frappe.db.get_value("User", user, _COLUMNS, as_dict=True)
        if row is None or not row.enabled:
            continue
        serving = [entry for entry in entries if duty.in_force(entry)]
        name = (serving or entries or [row])[-1].full_name
        for kind, text in _findings(row, entries, serving, shared.get(user)):
            found.append({"unit": unit, "user": user, "full_name": name, "kind": kind, "text": text})
    order = list(kinds())
    return [
        {**row, "kind": kinds()[row["kind"]]}
        for row in sorted(found, key=lambda r: (order.index(r["kind"]), r["full_name"]))
    ]


def kinds() -> dict[str, str]:
    """What is found → as people read it, the most urgent first."""
    return {
        "leaver": _("Left, account still open"),
        "unlisted": _("Not in the staff list"),
        "shared": _("Sign of shared use"),
        "factor": _("No second factor"),
        "password": _("Old password"),
    }


_COLUMNS = ["name", "full_name", "enabled", "last_login", "last_password_reset_date", "creation"]


def _mark(row: Any, entries: list[Any], serving: list[Any]) -> str:
    if not row.enabled:
        return str(_("closed"))
    if serving:
        return ""
    if not entries:
        return str(_("not in the staff list"))
    last = max((getdate(entry.to_date) for entry in entries if entry.to_date), default=None)
    return str(
        _("left on {0}, account still open").format(formatdate(last, "d/M/yyyy")) if last else _("not serving today")
    )


def _findings(row: Any, entries: list[Any], serving: list[Any], shared: str | None) -> list[tuple[str, str]]:
    found = []
    if not serving:
        kind = "leaver" if entries else "unlisted"
        found.append((kind, _("Close the account, or correct the staff list.")))
    if second_factor(row.name) != ON and set(frappe.get_roles(row.name)) & set(roles.SIGNERS):
        found.append(("factor", _("Whoever knows the password can act in this name. Switch the second factor on.")))
    since = getdate(row.last_password_reset_date or row.creation)
    if since < getdate(add_days(getdate(), -OLD_PASSWORD_DAYS)):
        found.append(("password", _("The password is unchanged since {0}.").format(formatdate(since, "d/M/yyyy"))))
    if shared:
        found.append(("shared", shared))
    return [(kind, str(text)) for kind, text in found]


def shared_use(unit: str) -> dict[str, str]:
    """User → a sentence, where one account was used from many addresses within an hour."""
    users = list(_people(unit))
    found: dict[str, str] = {}
    where = {"user": ("in", users or [""]), "operation": "Login", "status": "Success"}
    where |= {"creation": (">", add_days(now_datetime(), -SHARED_DAYS))}
    logins = frappe.get_all("Activity Log", where, ["user", "ip_address", "creation"], order_by="creation")
    by_user: dict[str, list[Any]] = defaultdict(list)
    for row in logins:
        if row.ip_address:
            by_user[row.user].append(row)
    for user, rows in by_user.items():
        for first in rows:
            near = {r.ip_address for r in rows if 0 <= (r.creation - first.creation).total_seconds() <= 3600}
            if len(near) >= SHARED_ADDRESSES:
                day = frappe.utils.format_datetime(first.creation, "d/M HH:mm")
                found[user] = str(_("Logged in from {0} addresses within an hour ({1}).").format(len(near), day))
                break
    return found


def _people(unit: str) -> dict[str, list[Any]]:
    """User → his staff entries at the unit."""
    columns = ["name", "user", "full_name", "from_date", "to_date"]
    rows = frappe.get_all(
        "HBS Staff Member", {"unit": unit, "user": ("is", "set")}, columns, order_by="from_date, name"
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.user].append(row)
    if (
        frappe.db.count("HBS Unit", {"kind": "School"}) == 1
        and frappe.db.get_value("HBS Unit", unit, "kind") == "School"
    ):
        for user in _without_entry():
            found[user] = []
    return found


def _without_entry() -> list[str]:
    """Open accounts with a role of the digital record and no staff entry anywhere."""
    held, user = frappe.qb.DocType("Has Role"), frappe.qb.DocType("User")
    query = frappe.qb.from_(held).join(user).on(user.name == held.parent)
    query = query.where(held.role.isin(list(roles.ROLES)) & (held.parenttype == "User") & (user.enabled == 1))
    users = {name for (name,) in query.select(user.name).distinct().orderby(user.name).run()}
    known = set(frappe.get_all("HBS Staff Member", {"user": ("is", "set")}, pluck="user", order_by="name"))
    return sorted(users - known - {"Administrator", "Guest"})


def _certificates(unit: str) -> dict[str, str]:
    """Staff entry → until when his certificate counts."""
    where = {"unit": unit, "holder_kind": "Person", "status": "Approved"}
    rows = frappe.get_all("HBS Certificate", where, ["staff", "valid_to"], order_by="valid_to, name")
    return {row.staff: str(_("until {0}").format(formatdate(row.valid_to, "d/M/yyyy"))) for row in rows}

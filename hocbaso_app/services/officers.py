"""Who is above a school or leads it, as logins that can be told something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import frappe

from hocbaso_app.services import duty
from hocbaso_app.setup import roles

OFFICERS = (roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER)


def units_above(unit: str) -> list[str]:
    """Office and department of a unit on this site, the nearest first."""
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    if not place:
        return []
    where = {"lft": ("<", place.lft), "rgt": (">", place.rgt)}
    return list(frappe.get_all("HBS Unit", where, pluck="name", order_by="lft desc"))


def above(unit: str) -> list[str]:
    """Officers of the units above, by login."""
    return with_role(_users(units_above(unit)), OFFICERS)


def leading(unit: str) -> list[str]:
    """Principal and clerk of a school, by login."""
    return list(dict.fromkeys([*_users([unit], "is_principal"), *_users([unit], "is_clerk")]))


def principals(unit: str) -> list[str]:
    """Who signs as school manager, by login."""
    return _users([unit], "is_principal")


def administrators(unit: str) -> list[str]:
    """The school's administrators, by login."""
    return with_role(_users([unit]), (roles.SCHOOL_ADMIN,))


def with_role(users: Iterable[str], held: tuple[str, ...]) -> list[str]:
    """Those of them who have one of the roles."""
    wanted = list(users)
    where = {"parent": ("in", wanted or [""]), "parenttype": "User", "role": ("in", held)}
    known = set(frappe.get_all("Has Role", where, pluck="parent", order_by="parent"))
    return [user for user in wanted if user in known]


def _users(units: list[str], mark: str | None = None) -> list[str]:
    """Logins of staff in force today whose account is open."""
    where: dict[str, object] = {"unit": ("in", units or [""]), "user": ("is", "set")}
    if mark:
        where[mark] = 1
    rows = frappe.get_all("HBS Staff Member", where, ["user", "from_date", "to_date"], order_by="name")
    users = list(dict.fromkeys(row.user for row in rows if duty.in_force(row)))
    enabled = {"name": ("in", users or [""]), "enabled": 1}
    opened = set(frappe.get_all("User", enabled, pluck="name", order_by="name"))
    return [user for user in users if user in opened]


def tell(users: Iterable[str], subject: str, doctype: str, name: str, content: str = "", link: str = "") -> int:
    """One alert each on the desk; gives how many. ``content`` is HTML, ``subject`` plain text."""
    count = 0
    for user in dict.fromkeys(users):
        alert: dict[str, Any] = {"doctype": "Notification Log", "for_user": user, "type": "Alert"}
        alert |= {"document_type": doctype, "document_name": name, "email_content": content, "link": link or None}
        alert["subject"] = frappe.utils.escape_html(subject)
        frappe.get_doc(alert).insert(ignore_permissions=True)
        count += 1
    return count

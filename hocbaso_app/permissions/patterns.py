"""A pattern of signing is the principal's first; office and auditor see it with his answer, or when his time is over.

Besides the scope: this narrows what the scope allows. One that concerns the principal himself is open at once.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.permissions import scope
from hocbaso_app.services import deputies, duty
from hocbaso_app.setup import roles

DOCTYPE = "HBS Signing Pattern"


def query_conditions(user: str | None = None, doctype: str = "") -> str:
    """Hook ``permission_query_conditions``."""
    user = user or frappe.session.user
    if user == "Administrator":
        return ""
    now = frappe.db.escape(str(now_datetime()))
    units = ", ".join(frappe.db.escape(unit) for unit in led_by(user)) or "''"
    turn = f"(`tab{DOCTYPE}`.`open_from` <= {now} or `tab{DOCTYPE}`.`unit` in ({units}))"
    return f"({scope.query_conditions(user, DOCTYPE)} and {turn})"


def has_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
    """Hook ``has_permission``."""
    user = user or frappe.session.user
    if not scope.has_permission(doc, ptype, user):
        return False
    if user == "Administrator" or doc.unit in led_by(user):
        return True
    return bool(doc.open_from and get_datetime(doc.open_from) <= now_datetime())


def led_by(user: str) -> list[str]:
    """Units whose principal the user is today."""
    if roles.PRINCIPAL not in frappe.get_roles(user):
        return []
    where = {"user": user, "is_principal": 1}
    columns = ["unit", "from_date", "to_date", *duty.MANAGER]
    rows = frappe.get_all("HBS Staff Member", where, columns, order_by="name")
    return [row.unit for row in rows if duty.in_force(row) and deputies.manages(row)]

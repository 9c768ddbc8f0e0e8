"""Open cases among the work of an officer: one row per school, the late first as in all of his work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import duty, work_row
from hocbaso_app.services.recall_cases import book, decide


def rows(user: str) -> list[dict[str, Any]]:
    """In the shape of :func:`hocbaso_app.services.tasks.for_user`; a question to the school is the school's work."""
    offices = _offices(user)
    if not offices:
        return []
    where = {"office": ("in", offices), "status": book.WAITING}
    cases = frappe.get_all(book.DOCTYPE, where, ["unit", "office", "requested_at", "due_on"], order_by="due_on, name")
    groups: dict[tuple[str, str], list[Any]] = {}
    for case in cases:
        groups.setdefault((case.unit, case.office), []).append(case)
    return [_row(unit, office, found) for (unit, office), found in groups.items()]


def _offices(user: str) -> list[str]:
    held = set(frappe.get_roles(user))
    staff = frappe.get_all("HBS Staff Member", {"user": user}, ["unit", "from_date", "to_date"], order_by="name")
    units = [row.unit for row in staff if duty.in_force(row)]
    kinds = frappe.get_all("HBS Unit", {"name": ("in", units or [""])}, ["name", "kind"], order_by="lft")
    return [row.name for row in kinds if decide.ROLE_OF.get(row.kind) in held]


def _row(unit: str, office: str, cases: list[Any]) -> dict[str, Any]:
    since: datetime = min(case.requested_at for case in cases)
    due = min((getdate(case.due_on) for case in cases if case.due_on), default=None)
    query = urlencode({"unit": unit, "office": office, "status": book.WAITING})
    place = frappe.db.get_value("HBS Unit", unit, "unit_name")
    route = f"/app/hbs-recall-case?{query}"
    title = str(_("Decide on recalls"))
    return work_row.of_unit("recall", title, place, unit, count=len(cases), since=since, due=due, route=route)

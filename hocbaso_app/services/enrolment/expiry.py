"""Certificates that end soon: the signer, the administrator and the principal hear of it 30, 14, 7 and 1 day before."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, date_diff, formatdate, get_datetime, getdate, now_datetime

from hocbaso_app.services import duty, officers, states
from hocbaso_app.services.enrolment import people

STEPS = (1, 7, 14, 30)
"""Days before the end; each is said once."""

LINK = "/app/hbs-enrolment"


def ending(unit: str | None = None) -> list[Any]:
    """Approved certificates in use that end within the longest step, and whose holder has none that lasts longer."""
    where: dict[str, Any] = {"status": "Approved"}
    if unit:
        where["unit"] = unit
    columns = ["name", "holder_kind", "staff", "unit", "common_name", "valid_to", "expiry_warned"]
    rows = frappe.get_all(people.CERTIFICATE, where, columns, order_by="unit, valid_to, name")
    last = get_datetime(add_days(now_datetime(), max(STEPS)))
    lasting = {_holder(row) for row in rows if row.valid_to and get_datetime(row.valid_to) > last}
    serving = _serving()
    return [
        row
        for row in rows
        if row.valid_to
        and now_datetime() <= get_datetime(row.valid_to) <= last
        and _holder(row) not in lasting
        and (row.holder_kind == people.UNIT or row.staff in serving)
    ]


def warn() -> int:
    """Every night: what reached another step is said, one message a unit for those who lead it; gives how many."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in ending():
        row.left = date_diff(getdate(row.valid_to), getdate())
        step = next(step for step in STEPS if row.left <= step)
        if not row.expiry_warned or step < row.expiry_warned:
            found[row.unit].append(row)
            frappe.db.set_value(people.CERTIFICATE, row.name, "expiry_warned", step, update_modified=False)
    for unit, rows in found.items():
        _tell(unit, rows)
    return sum(len(rows) for rows in found.values())


def sentence(row: Any) -> str:
    """Whose, when, what to do."""
    day = formatdate(row.valid_to, "d/M/yyyy")
    left = date_diff(getdate(row.valid_to), getdate())
    return _("The certificate of {0} ends on {1}, {2} days from now.").format(row.common_name, day, left)


def _tell(unit: str, rows: list[Any]) -> None:
    with states.in_vietnamese():
        renew = _("Have it renewed and enrol the new one under “Enrol certificate”; this one is used until then.")
        told: set[str] = set()
        for row in rows:
            for user in _holders(row):
                officers.tell([user], sentence(row), people.CERTIFICATE, row.name, f"<p>{renew}</p>", LINK)
                told.add(f"{user} {row.name}")
        leading = dict.fromkeys([*officers.administrators(unit), *officers.principals(unit)])
        for user in leading:
            others = [row for row in rows if f"{user} {row.name}" not in told]
            if others:
                lines = "".join(f"<li>{frappe.utils.escape_html(sentence(row))}</li>" for row in others)
                subject = _("{0} certificates of the school end soon").format(len(others))
                link = f"/app/hbs-readiness/{unit}"
                officers.tell([user], subject, people.CERTIFICATE, others[0].name, f"<ul>{lines}</ul>", link)


def _holders(row: Any) -> list[str]:
    if row.holder_kind == people.PERSON:
        user = frappe.db.get_value("HBS Staff Member", row.staff, "user")
        return [user] if user else []
    return [keeper.user for keeper in states.staff_with("is_clerk", row.unit) if keeper.user]


def _holder(row: Any) -> tuple[str, str]:
    return row.holder_kind, row.staff or row.unit


def _serving() -> set[str]:
    rows = frappe.get_all("HBS Staff Member", fields=["name", "from_date", "to_date"], order_by="name")
    return {row.name for row in rows if duty.in_force(row)}

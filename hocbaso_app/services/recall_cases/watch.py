"""Every morning: officers are reminded of what is due, and what is overdue for too long goes to the unit above."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate, getdate, now_datetime

from hocbaso_app.services import duty, states
from hocbaso_app.services.recall_cases import book, clock, decide

AHEAD = 1
"""Days before the last one on which the first reminder is given."""


def run() -> dict[str, int]:
    """How many cases were reminded of and how many went up; each office hears once a day."""
    escalated = [name for name in _open(clock_passed=True) if _escalate(name)]
    due: dict[str, list[Any]] = {}
    for name in _open(clock_passed=False):
        case = frappe.get_doc(book.DOCTYPE, name, for_update=True)
        if case.reminded_on is None or getdate(case.reminded_on) < getdate():
            case.reminded_on = getdate()
            book.save(case)
            due.setdefault(case.office, []).append(case)
    for office, cases in due.items():
        _remind(office, cases)
    return {"reminded": sum(map(len, due.values())), "escalated": len(escalated)}


def _open(*, clock_passed: bool) -> list[str]:
    last = getdate() if clock_passed else getdate() + timedelta(days=AHEAD)
    where = {"status": ("in", book.OPEN), "due_on": ("<" if clock_passed else "<=", last)}
    return list(frappe.get_all(book.DOCTYPE, where, pluck="name", order_by="office, name"))


def _escalate(name: str) -> bool:
    """So many working days after the last one the unit above decides; where none is above, the head is told once."""
    days = int(clock.setting("recall_escalation_days") or 0)
    case = frappe.get_doc(book.DOCTYPE, name, for_update=True)
    if not days or getdate() < clock.working_days_after(getdate(case.due_on), days):
        return False
    above = clock.units_above(case.office)
    told = case.escalated_at and getdate(case.escalated_at) > getdate(case.due_on)
    if not above and told:
        return False
    late = formatdate(case.due_on, "d/M/yyyy")
    was, case.escalated_at = case.office, now_datetime()
    with states.in_vietnamese():
        if above:
            case.office, case.due_on = above[0].name, clock.due_on(now_datetime())
            text = _("Not decided until {0}: {1} decides now.").format(late, above[0].unit_name)
        else:
            text = _("Not decided until {0}: the head of the unit was told.").format(late)
        book.add_note(case, "Escalation", _("the system"), text)
    book.save(case, "escalate recall", {"from": was, "to": case.office})
    now = officers(case.office) if above else []
    _tell(sorted({*now, *heads(was)}), f"{case.full_name}: {text}", f"/app/hbs-recall-case/{case.name}")
    return True


def _remind(office: str, cases: list[Any]) -> None:
    late = sum(getdate(case.due_on) < getdate() for case in cases)
    with states.in_vietnamese():
        text = _("{0} requests for recall wait for a decision, {1} of them late").format(len(cases), late)
    query = urlencode({"office": office, "status": '["in", ["Waiting", "More Asked"]]'})
    _tell(officers(office), text, f"/app/hbs-recall-case?{query}")


def officers(office: str) -> list[str]:
    """Users who decide at a unit today."""
    kind = frappe.db.get_value("HBS Unit", office, "kind")
    role = decide.ROLE_OF.get(kind)
    return [user for user in _users({"unit": office}) if role in frappe.get_roles(user)]


def heads(office: str) -> list[str]:
    """The head of a unit."""
    return _users({"unit": office, "is_head": 1})


def _users(where: dict[str, Any]) -> list[str]:
    rows = frappe.get_all(
        "HBS Staff Member", {**where, "user": ("is", "set")}, ["user", "from_date", "to_date"], order_by="name"
    )
    users = dict.fromkeys(row.user for row in rows if duty.in_force(row))
    return [user for user in users if frappe.db.get_value("User", user, "enabled")]


def _tell(users: list[str], subject: str, link: str) -> None:
    for user in users:
        log = {"doctype": "Notification Log", "for_user": user, "type": "Alert", "link": link}
        log["subject"] = escape_html(subject)
        frappe.get_doc(log).insert(ignore_permissions=True)

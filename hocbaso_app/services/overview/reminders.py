"""Reminding schools that lag behind: one task for each, saying what is late; once a day at most (QĐ Điều 6 d)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, formatdate, getdate

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import audit, duty, states
from hocbaso_app.services.notices import writing
from hocbaso_app.services.overview import lagging
from hocbaso_app.services.overview.figures import Asked
from hocbaso_app.setup import roles

OFFICERS = frozenset({roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})
DAYS = 3
"""Days a school has to answer the task."""


def remind(units: list[str], academic_year: str, note: str = "") -> dict[str, list[str]]:
    """Gives the schools that were reminded, those reminded today already, those with nothing late."""
    user = frappe.session.user
    sender = _unit_of(user)
    if not OFFICERS & set(frappe.get_roles()):
        frappe.throw(_("Only an officer of the office or the department reminds schools."), NotYoursError)
    known = scope_of(user)
    if not units or any(not known.sees("HBS Unit", unit, None) for unit in units):
        frappe.throw(_("Choose schools of your area."), NotYoursError)
    late: dict[str, list[dict[str, Any]]] = {}
    for row in lagging.rows(Asked(user, academic_year)):
        if row["unit"] in units and (row["stage"] or row["silent"]):
            late.setdefault(row["unit"], []).append(row)
    answer: dict[str, list[str]] = {"reminded": [], "today_already": [], "nothing_late": []}
    for unit in dict.fromkeys(units):
        rows = late.get(unit)
        if not rows:
            answer["nothing_late"].append(unit)
        elif rows[0]["reminded"] and getdate(rows[0]["reminded"]) == getdate():
            answer["today_already"].append(unit)
        else:
            _send(sender, unit, rows, academic_year, note)
            answer["reminded"].append(unit)
    for unit in answer["reminded"]:
        said = {"stages": [row["stage"] for row in late[unit]], "records": sum(row["records"] for row in late[unit])}
        audit.write("lagging school reminded", "HBS Unit", unit, unit, {"year": academic_year, **said})
    return answer


def _unit_of(user: str) -> str:
    """The unit in whose name the officer speaks."""
    entries = frappe.get_all(
        "HBS Staff Member", {"user": user}, ["unit", "from_date", "to_date"], order_by="from_date desc, name"
    )
    for row in entries:
        if duty.in_force(row) and frappe.db.get_value("HBS Unit", row.unit, "kind") != "School":
            return str(row.unit)
    frappe.throw(_("You are not on the staff of an office today."), NotYoursError)
    raise AssertionError


def _send(sender: str, unit: str, rows: list[dict[str, Any]], academic_year: str, note: str) -> None:
    with states.in_vietnamese():
        title = _("Records of {0} are late").format(academic_year)
        lines = [sentence(row) for row in rows]
    text = "\n".join([*lines, (note or "").strip()[:1000]]).strip()
    notice = frappe.get_doc(
        {
            "doctype": writing.DOCTYPE,
            "unit": sender,
            "title": title,
            "kind": "Task",
            "due_on": add_days(getdate(), DAYS),
            "text": text,
            "audience": "Chosen units",
            "units": [{"unit": unit}],
        }
    ).insert()
    if not writing.send(notice.name):
        frappe.throw(_("Nobody at {0} could be reached.").format(rows[0]["school"]), HbsError)


def sentence(row: dict[str, Any]) -> str:
    """What is late at one stage of a school."""
    day = formatdate(row["due"], "d/M/yyyy")
    if row["silent"]:
        return _("Nothing was entered or reported yet; the last day of entry was {0}.").format(day)
    return _("{0}: {1} of {2} records are {3} days past the last day ({4}).").format(
        _(row["stage"]), row["records"], row["total"], row["days"], day
    )

"""Differences open a task for clerk and principal; it is closed when a later comparison has none."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.services import states

DOCTYPE = "HBS Reconciliation"
OPEN, CLOSED = "Open", "Closed"


def follow(doc: Any) -> None:
    """Open, renew or close the tasks of a school's year. An impossible comparison says nothing either way."""
    if doc.status == "Impossible":
        return
    known = _open_tasks(doc.unit, doc.school_year)
    if doc.status != "Different":
        for task in known:
            _set(task.name, {"status": CLOSED})
        return
    for user in _people(doc.unit):
        own = next((task.name for task in known if task.allocated_to == user), None)
        values = {"reference_name": doc.name, "description": _text(doc)}
        if own:
            _set(own, values)
        else:
            _new(user, values)
    for task in known:
        if task.allocated_to not in _people(doc.unit):
            _set(task.name, {"status": CLOSED})


def _open_tasks(unit: str, school_year: str) -> list[Any]:
    task, doc = frappe.qb.DocType("ToDo"), frappe.qb.DocType(DOCTYPE)
    query = frappe.qb.from_(task).join(doc).on(doc.name == task.reference_name)
    query = query.where((task.reference_type == DOCTYPE) & (task.status == OPEN))
    query = query.where((doc.unit == unit) & (doc.school_year == school_year))
    return list(query.select(task.name, task.allocated_to).orderby(task.name).run(as_dict=True))


def _people(unit: str) -> list[str]:
    held = [*states.staff_with("is_clerk", unit), *states.staff_with("is_principal", unit)]
    return list(dict.fromkeys(row.user for row in held if row.user))


def _text(doc: Any) -> str:
    with states.in_vietnamese():
        text = _("School year {0}: {1} records differ between the school and the authority").format(
            doc.school_year, doc.differences
        )
        numbers = _("should {0}, sent {1}, received {2}").format(doc.should, doc.sent, doc.received)
    return f"{text} ({numbers})."


def _new(user: str, values: dict[str, Any]) -> None:
    task = frappe.new_doc("ToDo")
    task.update({**values, "allocated_to": user, "reference_type": DOCTYPE, "status": OPEN, "priority": "High"})
    task.flags.ignore_links = True
    task.insert(ignore_permissions=True)


def _set(name: str, values: dict[str, Any]) -> None:
    task = frappe.get_doc("ToDo", name)
    task.update(values)
    task.save(ignore_permissions=True)

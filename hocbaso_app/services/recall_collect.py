"""Copies of a recalled record that are in somebody's hands: the clerk gets a task to collect them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import recall_copies, states
from hocbaso_app.services.notices import writing

DAYS = 7
"""From the recall until the copies are to be back."""

NOTICE, HISTORY = "HBS Notice", "HBS Record History"


def ask(doc: Any, version: Any) -> list[str]:
    """Tasks for the school that gave copies out, and for schools whose records cite the recalled page."""
    made = []
    copies = recall_copies.of_version(version.name)
    with states.in_vietnamese():
        whose = _("{0}, class {1}, {2}").format(doc.full_name, doc.class_name, doc.school_year)
        code = _("Code of the recalled record: {0}.").format(version.record_code)
        if copies.outside:
            title = _("Collect copies of a recalled record: {0}").format(whose)
            ending = _("Mark them as recalled, and hand out the new issue when it is there.")
            made.append(_task(doc.unit, title, f"{copies.sentence}\n{code}\n{ending}"))
        for unit in citing(version.record_code):
            title = _("A record that yours cites was recalled: {0}").format(whose)
            made.append(_task(unit, title, f"{code}\n{_('Ask the school for the new issue.')}"))
    return [name for name in made if name]


def citing(code: str) -> list[str]:
    """Schools of this site that took the page over, as with a pupil who changed schools."""
    rows = frappe.get_all(HISTORY, {"mid_year_page_record_code": code}, pluck="parent", order_by="parent")
    where = {"name": ("in", rows or [""])}
    return list(frappe.get_all("HBS Record", where, pluck="unit", distinct=True, order_by="unit"))


def _task(unit: str, title: str, text: str) -> str | None:
    """Written as the system: whoever keeps the seal does it, else the principal."""
    people = [row.name for mark in ("is_clerk", "is_principal") for row in states.staff_with(mark, unit) if row.user]
    if not people:
        return None
    notice = frappe.get_doc(
        {
            "doctype": NOTICE,
            "title": title[:140],
            "unit": unit,
            "kind": "Task",
            "due_on": getdate() + timedelta(days=DAYS),
            "text": text,
            "audience": "People of my unit",
            "people": [{"staff": people[0]}],
        }
    )
    notice.insert(ignore_permissions=True)
    writing.send(str(notice.name))
    return str(notice.name)

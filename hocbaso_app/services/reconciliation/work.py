"""Differences with the authority among a person's work: one row per school year that has an open task of his."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import schedule
from hocbaso_app.services.reconciliation import tasks


def rows(user: str) -> list[dict[str, Any]]:
    """In the shape of :func:`hocbaso_app.services.tasks.for_user`."""
    where = {"allocated_to": user, "reference_type": tasks.DOCTYPE, "status": tasks.OPEN}
    found = frappe.get_all("ToDo", where, ["reference_name", "creation"], order_by="creation, name")
    return [row for task in found if (row := _row(task)) is not None]


def _row(task: Any) -> dict[str, Any] | None:
    columns = ["name", "unit", "school_year", "differences"]
    doc = frappe.db.get_value(tasks.DOCTYPE, task.reference_name, columns, as_dict=True)
    if doc is None:
        return None
    due = schedule.due(doc.unit, doc.school_year, schedule.SUBMISSION)
    return {
        "kind": "reconcile",
        "stage": "",
        "title": _("Settle differences with the authority"),
        "place": _("School year {0}").format(doc.school_year),
        "unit": doc.unit,
        "student_group": "",
        "subjects": [],
        "homeroom": False,
        "pupils": doc.differences,
        "parts": doc.differences,
        "faults": 0,
        "since": task.creation.isoformat(sep=" ", timespec="seconds"),
        "days": (getdate() - task.creation.date()).days,
        "due": due.isoformat() if due else None,
        "days_left": (due - getdate()).days if due else None,
        "late": due is not None and due < getdate(),
        "route": f"/app/hbs-reconciliation/{quote(doc.name)}",
    }

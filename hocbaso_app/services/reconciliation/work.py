"""Differences with the authority among a person's work: one row per school year that has an open task of his."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import frappe
from frappe import _

from hocbaso_app.services import schedule, work_row
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
    title, place = str(_("Settle differences with the authority")), _("School year {0}").format(doc.school_year)
    count, route = doc.differences, f"/app/hbs-reconciliation/{quote(doc.name)}"
    return work_row.of_unit("reconcile", title, place, doc.unit, count=count, since=task.creation, due=due, route=route)

"""Reminders: of a notice nobody reads, of a task that is due, of a stage in which schools lag behind (QĐ Điều 6.d)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, getdate, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import audit, rows
from hocbaso_app.services.notices import reading, telling, writing

RECEIPT = writing.RECEIPT


def remind(name: str) -> int:
    """The sender reminds everybody who has not read it, or not done the task; gives how many."""
    notice = frappe.get_doc(writing.DOCTYPE, name)
    writing.require_sender(notice)
    if notice.status != writing.SENT:
        frappe.throw(_("Only of a notice that was sent can be reminded."), HbsError)
    names = [row.name for row in _behind({"notice": name})]
    _remember(names)
    audit.write("remind", writing.DOCTYPE, name, notice.unit, {"reminded": len(names)})
    return len(names)


def remind_of_due_tasks() -> int:
    """Every morning: tasks that are due tomorrow or late, once a day."""
    where = {"kind": "Task", "due_on": ("<=", add_days(getdate(), 1))}
    today = getdate()
    names = [r.name for r in _behind(where) if not r.reminded_at or getdate(r.reminded_at) < today]
    _remember(names)
    return len(names)


def _behind(where: dict[str, Any]) -> list[Any]:
    """Unread notices and tasks not done."""
    columns = ["name", "kind", "status", "reminded_at"]
    found = frappe.get_all(RECEIPT, {**where, "status": ("in", reading.OPEN)}, columns, order_by="name")
    return [row for row in found if row.status == reading.UNREAD or row.kind == "Task"]


def _remember(names: Sequence[str]) -> None:
    for part in rows.chunks(names):
        places = ", ".join(["%s"] * len(part))
        frappe.db.sql(
            f"update `tabHBS Notice Receipt` set reminders = reminders + 1, reminded_at = %s where name in ({places})",
            [now_datetime().replace(microsecond=0), *part],
        )
    if names:
        telling.later(names, telling.REMINDED)

"""Frappe's bell for those who have a notice to read: one line each, in the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate

from hocbaso_app.services import rows, states
from hocbaso_app.services.notices import recipients

RECEIPT = "HBS Notice Receipt"
ARRIVED, REMINDED = "arrived", "reminded"


def later(receipts: Sequence[str], why: str) -> None:
    """After this transaction."""
    from hocbaso_app.jobs import notices

    notices.tell_later(list(receipts), why)


def tell(receipts: Sequence[str], why: str) -> int:
    """A line for everybody who answers for the unit, or for the one person; gives how many lines."""
    columns = ["name", "title", "kind", "due_on", "from_name", "unit", "for_user"]
    found = frappe.get_all(RECEIPT, {"name": ("in", list(receipts) or [""])}, columns, order_by="name")
    users = recipients.users_of(sorted({row.unit for row in found if not row.for_user}))
    logs = []
    with states.in_vietnamese():
        for row in found:
            subject = _subject(row, why)
            people = [row.for_user] if row.for_user else users[row.unit]
            logs += [bell(user, subject, RECEIPT, row.name) for user in people]
    rows.insert("Notification Log", logs)
    for user in {log.for_user for log in logs}:
        frappe.publish_realtime("notification", after_commit=True, user=user)
    return len(logs)


def _subject(row: Any, why: str) -> str:
    text = _("Task from {0}: {1}") if row.kind == "Task" else _("Notice from {0}: {1}")
    text = text.format(escape_html(row.from_name), f"<b>{escape_html(row.title)}</b>")
    if row.due_on:
        text += " " + _("(due {0})").format(formatdate(row.due_on, "d/M/yyyy"))
    return _("Reminder: {0}").format(text) if why == REMINDED else text


def bell(user: str, subject: str, doctype: str, name: str) -> Any:
    """A row of Frappe's Notification Log that leads to a document."""
    return frappe._dict(
        doctype="Notification Log",
        name=frappe.generate_hash(length=12),
        for_user=user,
        type="Alert",
        subject=subject,
        document_type=doctype,
        document_name=name,
    )

"""Notices in the background: the bell of many people, and the morning's reminders."""

from __future__ import annotations

import frappe

from hocbaso_app.services.notices import reminding, telling


def tell_later(receipts: list[str], why: str) -> None:
    """A whole city's schools are told by a worker."""
    frappe.enqueue(
        "hocbaso_app.jobs.notices.tell", queue="default", enqueue_after_commit=True, receipts=receipts, why=why
    )


def tell(receipts: list[str], why: str) -> int:
    """The job."""
    return telling.tell(receipts, why)


def remind_of_due_tasks() -> int:
    """Every morning."""
    return reminding.remind_of_due_tasks()

"""Comparisons with the authority: every night, when somebody asks, and again while a recovery still moves something."""

from __future__ import annotations

import frappe
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.services.reconciliation import recover, run

GO_ON_HOURS = 48
"""How long a recovery goes on by itself."""


def wake(unit: str, school_year: str, *, recovery: bool = False, asked_by: str | None = None) -> None:
    """One school's year in the background; asking twice is the same as once."""
    frappe.enqueue(
        "hocbaso_app.jobs.reconciliation.compare",
        queue="long",
        timeout=60 * 60,
        enqueue_after_commit=True,
        job_id=f"hbs-reconcile-{unit}-{school_year}-{int(recovery)}",
        deduplicate=True,
        unit=unit,
        school_year=school_year,
        recovery=recovery,
        asked_by=asked_by,
    )


def compare(unit: str, school_year: str, recovery: bool = False, asked_by: str | None = None) -> str:
    """The job; whoever asked hears of it when he is still there."""
    frappe.set_user("Administrator")
    step = recover.recover if recovery else run.reconcile
    doc = step(unit, school_year, asked_by)
    if asked_by:
        facts = {"name": doc.name, "status": doc.status}
        frappe.publish_realtime("hbs_reconciliation", facts, user=asked_by, after_commit=True)
    return str(doc.name)


def nightly() -> int:
    """Every school with an account, each in a job of its own; gives how many. Switched off, nothing is asked."""
    from hocbaso_app.services import connector

    due = run.due() if connector.is_on() else []
    for unit, school_year in due:
        wake(unit, school_year)
    return len(due)


def go_on() -> list[tuple[str, str]]:
    """Every hour: recoveries after which something still differs, while the last one changed something."""
    since = add_to_date(now_datetime(), hours=-GO_ON_HOURS)
    woken = recover.unfinished(since)
    for unit, school_year in woken:
        wake(unit, school_year, recovery=True)
    return woken

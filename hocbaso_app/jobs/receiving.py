"""Wakes the workers that verify what schools have sent; how many there may be is set per site."""

from __future__ import annotations

import frappe

from hocbaso_app.services.receiving import settings, settling

JOB, QUEUE, TIMEOUT = "hocbaso_app.jobs.receiving.run", "long", 1500
WORKERS = 2
"""At once, where ``hbs_receiving_workers`` of the site's configuration says nothing else."""


def wake() -> None:
    """Soon, after this transaction; a wake-up that is lost is made good by the scheduler."""
    for number in range(int(frappe.conf.get("hbs_receiving_workers") or WORKERS)):
        frappe.enqueue(
            JOB,
            queue=QUEUE,
            timeout=TIMEOUT,
            job_id=f"hbs-receiving-{number}",
            deduplicate=True,
            enqueue_after_commit=True,
        )


def wake_waiting() -> None:
    """The scheduler: only where something waits."""
    if settings.is_on() and settling.waiting():
        wake()


def run() -> None:
    """The job; several may run at once."""
    frappe.set_user("Administrator")
    settling.settle_all()

"""Wakes the workers that verify what schools have sent; how many there may be is set per site."""

from __future__ import annotations

import time

import frappe

from hocbaso_app.services.receiving import settings, settling

JOB, QUEUE, TIMEOUT = "hocbaso_app.jobs.receiving.run", "long", 1500
WORKERS = 2
"""At once, where ``hbs_receiving_workers`` of the site's configuration says nothing else."""

SILENT_SECONDS = 120
"""A worker that has begun no message for so long is gone, whatever the queue believes of its job."""


def wake() -> None:
    """Soon, after this transaction; a wake-up that is lost is made good by the scheduler.

    The job of a killed worker counts as started for minutes, and ``deduplicate`` would drop every wake-up meanwhile;
    so each minute's jobs have ids of their own, and who is at work says so himself.
    """
    for number in range(int(frappe.conf.get("hbs_receiving_workers") or WORKERS)):
        if frappe.cache.get(_sign_of_life(number)):
            continue
        frappe.enqueue(
            JOB,
            queue=QUEUE,
            timeout=TIMEOUT,
            job_id=f"hbs-receiving-{number}-{int(time.time()) // 60}",
            deduplicate=True,
            enqueue_after_commit=True,
            number=number,
        )


def wake_waiting() -> None:
    """The scheduler: only where something waits."""
    if settings.is_on() and settling.waiting():
        wake()


def run(number: int = 0) -> None:
    """The job; several may run at once. It looks once more after it has said that it is done."""
    frappe.set_user("Administrator")
    key = _sign_of_life(number)
    settling.settle_all(beat=lambda: frappe.cache.setex(key, SILENT_SECONDS, 1))
    frappe.cache.delete(key)
    settling.settle_all()


def _sign_of_life(number: int) -> bytes:
    return bytes(frappe.cache.make_key(f"hbs-receiving-at-work:{number}"))

"""Every evening: the day's root of each unit is made and, where the authority has a site of its own, sent to it."""

from __future__ import annotations

import frappe

from hocbaso_app.services.roots import nightly, sending

JOB = "hocbaso_app.jobs.roots.run"


def wake() -> None:
    """The scheduler."""
    frappe.enqueue(JOB, queue="long", timeout=3 * 60 * 60, job_id="hbs-daily-root", deduplicate=True)


def run() -> dict[str, str]:
    """The job; unit → name of its root."""
    frappe.set_user("Administrator")
    made = nightly.run_all()
    sending.send_all()
    return made


def send() -> dict[str, str]:
    """Every hour: roots that still wait for the authority's receipt. Unit → problem."""
    return sending.send_all() if sending.waiting() else {}

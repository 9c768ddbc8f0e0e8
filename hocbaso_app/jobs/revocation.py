"""Four times a day: newer CRLs and OCSP answers; every morning a word about those that run out."""

from __future__ import annotations

import frappe

from hocbaso_app.services.revocation import ages, fetching

JOB = "hocbaso_app.jobs.revocation.run"


def wake() -> None:
    """The scheduler."""
    frappe.enqueue(JOB, queue="long", timeout=30 * 60, job_id="hbs-revocation", deduplicate=True)


def run() -> int:
    """The job; how many addresses gave nothing."""
    frappe.set_user("Administrator")
    return sum(1 for outcome in fetching.fetch() if not outcome.ok)


def warn() -> list[str]:
    """The scheduler, once a day."""
    return ages.warn()

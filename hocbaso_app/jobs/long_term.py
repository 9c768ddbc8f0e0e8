"""Every night: evidence for files that have none, renewals in time; with one timestamp for all of a run."""

from __future__ import annotations

import frappe

from hocbaso_app.services.long_term import making

JOB = "hocbaso_app.jobs.long_term.run"


def wake() -> None:
    """The scheduler."""
    frappe.enqueue(JOB, queue="long", timeout=3 * 60 * 60, job_id="hbs-evidence", deduplicate=True)


def run() -> dict[str, int | str]:
    """The job; what it could not do waits for the next night."""
    frappe.set_user("Administrator")
    done = making.run()
    making.warn_when_late(done.problem)
    return {"made": done.made, "renewed": done.renewed, "problem": done.problem}

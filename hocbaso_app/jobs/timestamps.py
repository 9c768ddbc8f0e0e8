"""Asks again for timestamps that a service did not give while signing."""

from __future__ import annotations

import frappe

from hocbaso_app.services import timestamps


def wake() -> None:
    """Every few minutes, when something is missing; the network is waited for by a worker."""
    if timestamps.is_wanted() and timestamps.missing(limit=1):
        frappe.enqueue(
            "hocbaso_app.jobs.timestamps.run", queue="long", timeout=1500, job_id="hbs-timestamps", deduplicate=True
        )


def run() -> int:
    """The job."""
    frappe.set_user("Administrator")
    added = timestamps.add_missing(keep_each=True)
    frappe.db.commit()  # nosemgrep: the last file, too
    return added

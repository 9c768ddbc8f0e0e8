"""Wakes the night watch: a short run every ten minutes of the night, until the night's share is done."""

from __future__ import annotations

import frappe

from hocbaso_app.services.night_watch import queue, state, watch

JOB = "hocbaso_app.jobs.night_watch.run"


def wake() -> bool:
    """The scheduler; False when tonight's share is done."""
    if queue.seen_tonight() >= queue.share():
        return False
    frappe.enqueue(JOB, queue="long", timeout=queue.seconds() + 600, job_id="hbs-night-watch", deduplicate=True)
    return True


def run() -> dict[str, int]:
    """The job; two at once do no harm."""
    frappe.set_user("Administrator")
    done = watch.run()
    return {"seen": done.seen, "right": done.right, "new_findings": len(done.found)}


def warn() -> int:
    """Every morning: is each file seen in the days that are set?"""
    return state.warn_when_behind()

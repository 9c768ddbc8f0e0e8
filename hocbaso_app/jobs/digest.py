"""Every morning: one digest per person, each in its own transaction, so that one failure keeps nobody from his."""

from __future__ import annotations

import frappe

from hocbaso_app import compat
from hocbaso_app.services import digest


def wake() -> None:
    """The scheduler's short queue only hands over: a whole department's digests take longer than it allows."""
    frappe.enqueue("hocbaso_app.jobs.digest.send_all", queue="long", job_id="hbs-digest", deduplicate=True)


def send_all() -> dict[str, int]:
    """Sent, not needed, failed."""
    counts = {"sent": 0, "nothing": 0, "failed": 0}
    for user in digest.recipients():
        try:
            counts["sent" if digest.send(user) else "nothing"] += 1
            _keep()
        except Exception:
            frappe.db.rollback()
            frappe.log_error("HBS digest", frappe.get_traceback(), "User", user)
            counts["failed"] += 1
    return counts


def _keep() -> None:
    if not compat.in_test():
        frappe.db.commit()  # nosemgrep: a scheduled job, one person at a time

"""What the authority and its schools tell each other, by the clock."""

from __future__ import annotations

import frappe

from hocbaso_app.services import unit_progress
from hocbaso_app.services.channel import round as rounds
from hocbaso_app.services.frozen import sending


def count_progress() -> dict[str, int]:
    """Every hour: records by school, class and state, for the dashboards above the schools."""
    return unit_progress.count_here()


def wake() -> None:
    """Every few minutes; the network is waited for by a worker."""
    frappe.enqueue("hocbaso_app.jobs.channel.run", queue="long", job_id="hbs-channel", deduplicate=True)


def run() -> dict[str, str]:
    """The job: reports of windows that closed, then every school whose authority has a site of its own."""
    frappe.set_user("Administrator")
    sending.make_and_send_due()
    frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
    return rounds.run()

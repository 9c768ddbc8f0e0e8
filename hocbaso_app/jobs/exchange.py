"""The connector's background work: woken by a release or a person, and by the scheduler in case that was lost."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import alarm, attention, holds, recall_exchange, registering, registry, submit

HOUR = 60 * 60
JOB = "hocbaso_app.jobs.exchange.run"


def wake() -> None:
    """One round soon, once per transaction; a wake-up that is dropped is made good by the scheduler."""
    if frappe.flags.hbs_exchange_woken:
        return
    frappe.flags.hbs_exchange_woken = True
    for moment in (frappe.db.after_commit, frappe.db.after_rollback):
        moment.add(_forget)
    frappe.enqueue(JOB, queue="long", job_id="hbs-exchange", deduplicate=True, enqueue_after_commit=True)


def _forget() -> None:
    frappe.flags.hbs_exchange_woken = False


def run() -> None:
    """Certificates first, for without one nothing is taken; then recalls, for a correction is taken only after them."""
    frappe.set_user("Administrator")
    registering.ask_all()
    recall_exchange.round_trip()
    submit.send_all()


def watch() -> None:
    """Every hour: signed and unsent for too long, what needs a person and has none, what was stopped past the desk."""
    holds.notice_stops()
    attention.watch()
    alarm.warn()


def fetch_registry() -> None:
    """Every night: whose certificates the authority has approved by now."""
    registry.fetch_all()


def at_log_in(login_manager: Any = None) -> None:
    """Somebody comes to the desk: with the scheduler stopped nobody else would notice that nothing is sent."""
    if frappe.cache.set(frappe.cache.make_key("hbs-stops-looked-at"), 1, nx=True, ex=HOUR):
        holds.notice_stops()

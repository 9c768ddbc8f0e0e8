"""Endpoints of the queue: pause it with a reason, let it go on, hand a task on."""

from __future__ import annotations

import frappe

from hocbaso_app.jobs import exchange as worker
from hocbaso_app.services import attention, holds


@frappe.whitelist(methods=["POST"])
def pause(unit: str, reason: str) -> str:
    """Stop a school's sending; the office and the department see who, why and since when."""
    return holds.hold(unit, reason)


@frappe.whitelist(methods=["POST"])
def go_on(unit: str, note: str) -> str:
    """Let it go on."""
    held = holds.release(unit, note)
    worker.wake()
    return held


@frappe.whitelist()
def stopped(unit: str) -> list[dict[str, str]]:
    """What is stopped at a school now, for its form."""
    frappe.get_doc("HBS Unit", unit).check_permission("read")
    return holds.current(unit)


@frappe.whitelist()
def people(name: str) -> list[dict[str, str]]:
    """Who may get the task of a submission."""
    doc = frappe.get_doc("HBS Submission", name)
    doc.check_permission("read")
    return attention.candidates(doc.unit)


@frappe.whitelist(methods=["POST"])
def hand_on(names: list[str] | str, user: str) -> int:
    """Give the tasks of these submissions to another person of the school."""
    return attention.reassign(frappe.parse_json(names) if isinstance(names, str) else names, user)

"""Endpoints of locks: what is closed, windows, requests, tickets, the lock of a school year."""

from __future__ import annotations

import base64
from typing import Any

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.locks import desk, requests, tickets, windows, year_lock


@frappe.whitelist()
def state_of_record(name: str) -> dict[str, Any]:
    """What the form of a record shows before somebody types."""
    return desk.of_record(name)


@frappe.whitelist()
def state_of_class(student_group: str) -> dict[str, Any]:
    """What class entry and the signing page show."""
    return desk.of_class(student_group)


@frappe.whitelist()
def overview() -> list[dict[str, Any]]:
    """Schools and years of mine with what closes them, every level together."""
    return desk.overview()


@frappe.whitelist(methods=["POST"])
def end_window(name: str, reason: str) -> None:
    """Open again."""
    windows.end(name, reason)


@frappe.whitelist(methods=["POST"])
def carry_out(name: str) -> str:
    """The administrator does what the principal asked for; gives the window."""
    return requests.carry_out(name)


@frappe.whitelist(methods=["POST"])
def take_request_back(name: str) -> None:
    """A request that is not wanted any more."""
    requests.take_back(name)


@frappe.whitelist(methods=["POST"])
def grant_ticket(name: str, hours: int | None = None, note: str | None = None) -> None:
    """Open now for some hours."""
    tickets.grant(name, hours, note)


@frappe.whitelist(methods=["POST"])
def refuse_ticket(name: str, note: str) -> None:
    """With a reason."""
    tickets.refuse(name, note)


@frappe.whitelist(methods=["POST"])
def close_ticket(name: str) -> None:
    """Before its hours are over."""
    tickets.close(name)


@frappe.whitelist(methods=["POST"])
def take_ticket_back(name: str) -> None:
    """By who asked."""
    tickets.take_back(name)


@frappe.whitelist()
def ticket_changes(name: str) -> list[dict[str, Any]]:
    """What was changed while it was open."""
    return tickets.changes(name)


@frappe.whitelist(methods=["POST"])
def count_year(name: str) -> None:
    """The check list of a proposal, counted again."""
    year_lock.count_again(name)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def decide_year(name: str, decision_number: str, password: str, reason: str | None = None) -> None:
    """The principal's decision, signed with his demo key."""
    year_lock.decide(name, decision_number, reason, password)


@frappe.whitelist(methods=["POST"])
def prepare_year(name: str, decision_number: str, reason: str | None = None) -> dict[str, str]:
    """First step for keys elsewhere: the bytes to be signed (base64)."""
    return {"to_be_signed": base64.b64encode(year_lock.prepare(name, decision_number, reason)).decode()}


@frappe.whitelist(methods=["POST"])
def finish_year(name: str, value: str) -> None:
    """Second step: the key's value (base64)."""
    year_lock.finish(name, _bytes(value))


@frappe.whitelist(methods=["POST"])
def refuse_year(name: str, reason: str) -> None:
    """The principal does not lock."""
    year_lock.refuse(name, reason)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def lift_year(name: str, decision_number: str, reason: str, password: str) -> None:
    """A signed decision that ends the lock."""
    year_lock.lift(name, decision_number, reason, password)


@frappe.whitelist()
def verify_year(name: str) -> dict[str, Any]:
    """The signed decision, verified now."""
    return year_lock.verified(name)


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return b""

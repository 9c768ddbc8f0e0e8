"""Endpoints after release: submit, receipt, withdraw, recall."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.jobs import exchange as worker
from hocbaso_app.services import correct, recall, recall_fields, recalled, submit


@frappe.whitelist(methods=["POST"])
def submit_now(names: list[str] | str) -> dict[str, int]:
    """Send these now, or ask about them; what needed attention goes on."""
    answer = submit.now(_names(names))
    worker.wake()
    return answer


@frappe.whitelist()
def receipt(name: str) -> dict[str, Any]:
    """The verified receipt, or how far the sending is."""
    return submit.receipt(name)


@frappe.whitelist(methods=["POST"])
def withdraw(name: str, reason: str) -> None:
    """The principal takes back what the city database does not hold."""
    submit.withdraw(name, reason)


@frappe.whitelist(methods=["POST"])
def start_recall(names: list[str] | str) -> str:
    """A draft of a recall list; gives its name."""
    return recall.start(_names(names))


@frappe.whitelist(methods=["POST"])
def send_recall(name: str) -> None:
    """The principal sends the list."""
    recall.send(name)
    worker.wake()


@frappe.whitelist()
def recall_choices(record: str) -> list[dict[str, str]]:
    """What may be named as wrong in a record, with what its signed file says."""
    return recall_fields.choices(record)


@frappe.whitelist(methods=["POST"])
def answer_recall(name: str, code: str, text: str, attachment: str | None = None) -> None:
    """The principal answers the officer's question."""
    recall.answer(name, code, text, attachment)
    worker.wake()


@frappe.whitelist(methods=["POST"])
def cancel_recall(name: str, reason: str, code: str | None = None) -> None:
    """The principal takes the request back, for one record or for all."""
    recall.cancel(name, reason, code)
    worker.wake()


@frappe.whitelist(methods=["POST"])
def ask_recall(name: str) -> None:
    """Ask for the decision now."""
    frappe.get_doc("HBS Recall Request", name).check_permission("read")
    worker.wake()


@frappe.whitelist()
def issues(name: str) -> list[dict[str, Any]]:
    """Every released file of a record: in force, recalled since when, replaced by which."""
    return recalled.issues(name)


@frappe.whitelist()
def impact(name: str) -> dict[str, Any]:
    """What was corrected and who must sign again."""
    return correct.impact(name)


def _names(names: list[str] | str) -> list[str]:
    return frappe.parse_json(names) if isinstance(names, str) else names

"""Endpoints of notices and tasks."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.notices import reading, recipients, reminding, writing


@frappe.whitelist()
def waiting() -> dict[str, int]:
    """The banner: unread ones, open tasks, late tasks of mine."""
    return reading.waiting_for(frappe.session.user)


@frappe.whitelist(methods=["POST"])
def send(name: str) -> int:
    """To everybody it names; gives how many."""
    return writing.send(name)


@frappe.whitelist(methods=["POST"])
def take_back(name: str, reason: str) -> None:
    """It no longer counts."""
    writing.take_back(name, reason)


@frappe.whitelist(methods=["POST"])
def remind(name: str) -> int:
    """Remind those who have not read it or not done it; gives how many."""
    return reminding.remind(name)


@frappe.whitelist()
def receipts(name: str) -> list[dict[str, Any]]:
    """Who has read it, for its sender."""
    return reading.of_notice(name)


@frappe.whitelist(methods=["POST"])
def opened(name: str) -> dict[str, bool]:
    """A receipt is looked at: whether it is mine, and whether this was its first reading."""
    return reading.opened(name)


@frappe.whitelist(methods=["POST"])
def done(name: str, remark: str = "") -> None:
    """The task is done."""
    reading.done(name, remark)


@frappe.whitelist(methods=["POST"])
def seen(names: list[str] | str) -> int:
    """The giver has seen what was done."""
    return reading.seen(frappe.parse_json(names) if isinstance(names, str) else names)


@frappe.whitelist()
@limited(limit=300, seconds=3600)
def attachment(name: str) -> None:
    """The attached file as a download."""
    file_name, content = reading.attachment(name)
    frappe.local.response.update({"type": "download", "filename": file_name, "filecontent": content})


@frappe.whitelist()
def own_units() -> list[str]:
    """Units in whose name I may write."""
    return recipients.own_units(frappe.session.user)

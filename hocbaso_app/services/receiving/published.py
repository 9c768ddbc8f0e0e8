"""What this authority publishes: the signed status list and the registry, kept for a while so that many may ask."""

from __future__ import annotations

import base64
from collections.abc import Callable

import frappe

STATUS_LIST = "hbs-status-list"
SECONDS = 600


def status_list(make: Callable[[], bytes]) -> bytes:
    """As last signed; anew after a recall."""
    kept = frappe.cache.get_value(STATUS_LIST, expires=True)
    if kept is None:
        kept = base64.b64encode(make()).decode()
        frappe.cache.set_value(STATUS_LIST, kept, expires_in_sec=SECONDS)
    return base64.b64decode(kept)


def forget() -> None:
    """Now, and again when the transaction ends: somebody may ask between the two."""
    _clear()
    frappe.db.after_commit.add(_clear)


def _clear() -> None:
    frappe.cache.delete_value(STATUS_LIST)

"""Cells of the matrix about the queue to the city database: pausing it, seeing that, declaring an outage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime

from hocbaso_app.services import holds, outages
from hocbaso_app.tests.world import acting_as

REASON = "Thử quyền: trường đổi đường truyền"


def _pause(test: Any, actor: str) -> None:
    holds.hold(test.play.world.unit, REASON)


def _one_hold(test: Any) -> None:
    with acting_as("Administrator"):
        holds.hold(test.play.world.unit, REASON)


def _sees_hold(test: Any, actor: str) -> None:
    if not frappe.get_list(holds.DOCTYPE, {"unit": test.play.world.unit}, order_by="name"):
        raise frappe.PermissionError


def _declare(test: Any, actor: str) -> None:
    now = now_datetime()
    span = {"from_at": now, "to_at": now + timedelta(hours=2)}
    frappe.get_doc({"doctype": outages.DOCTYPE, "unit": "31-HP", "reason": REASON, **span}).insert()


ATTEMPTS: dict[str, Callable[[Any, str], None]] = {
    "pause_sending": _pause,
    "see_pauses": _sees_hold,
    "declare_outage": _declare,
}
PREPARED: dict[str, Callable[[Any], None]] = {"see_pauses": _one_hold}

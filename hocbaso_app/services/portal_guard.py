"""What holds up a school's requests: somebody's hold, a declared outage, a portal that does not answer, the pace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe

from hocbaso_app.exchange.breaker import Breaker
from hocbaso_app.exchange.errors import PausedError
from hocbaso_app.exchange.guard import LineGuard, Purpose
from hocbaso_app.exchange.outbox import BackOff
from hocbaso_app.exchange.pace import Pace
from hocbaso_app.services import convert, holds, outages
from hocbaso_app.services.moments import aware
from hocbaso_app.services.portal_line import SiteLine

LONGEST_OPEN = timedelta(minutes=15)
"""A portal that is back is found out within so long."""


class SiteGuard(LineGuard):
    """Of one school and address. A hold keeps packages back, not the questions about what was sent already."""

    def __init__(self, unit: str, address: str, settings: Any = None) -> None:
        from hocbaso_app.services import submit

        settings = settings or frappe.get_single("HBS Settings")
        patience = submit.BACK_OFF
        shorter = BackOff(patience.base, min(patience.ceiling, LONGEST_OPEN), patience.attempts)
        paces = {
            Purpose.SEND: Pace(_or_default(settings, "packages_per_minute")),
            Purpose.ASK: Pace(_or_default(settings, "questions_per_minute"), 20),
        }
        super().__init__(SiteLine(address), lambda: convert.now(), Breaker(back_off=shorter), paces)
        self.unit = unit

    def check(self, purpose: Purpose) -> None:
        """Also asks what people said."""
        self._require_free(purpose)
        super().check(purpose)

    def enter(self, purpose: Purpose) -> None:
        """Also asks what people said."""
        self._require_free(purpose)
        super().enter(purpose)

    def _require_free(self, purpose: Purpose) -> None:
        outage = outages.current(self.unit)
        held = holds.in_force(self.unit) if purpose is Purpose.SEND else None
        frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
        if held:
            raise PausedError("HELD", holds.sentence(held), f"held by {held.started_by}")
        if outage:
            raise PausedError("OUTAGE", outages.sentence(outage), f"outage {outage.name}", aware(outage.to_at))


def _or_default(settings: Any, field: str) -> int:
    """0 is no limit; a site whose settings were saved before the field came has its default."""
    value = settings.get(field)
    return int(settings.meta.get_field(field).default if value is None else value)


def why(unit: str, address: str) -> str | None:
    """Why nothing goes to the portal now, for the desk; None when it goes."""
    try:
        SiteGuard(unit, address).check(Purpose.SEND)
    except PausedError as error:
        return error.message_vi
    return None

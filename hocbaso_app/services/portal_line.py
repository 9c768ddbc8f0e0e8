"""The line to one address as all workers of the site see it; in MariaDB, since Redis may be flushed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import frappe
from frappe.utils import now_datetime

from hocbaso_app.exchange.breaker import Circuit, CircuitState
from hocbaso_app.exchange.guard import Line, Purpose
from hocbaso_app.services import convert
from hocbaso_app.services.moments import aware, naive

DOCTYPE = "HBS Portal Line"
COLUMNS = (
    "failures",
    "trips",
    "open_until",
    "trial_until",
    "send_reserved",
    "ask_reserved",
    "last_error",
)

LABELS = {
    CircuitState.CLOSED: "Answers",
    CircuitState.OPEN: "Left Alone",
    CircuitState.HALF_OPEN: "Being Tried",
}
"""Words of the desk."""


class SiteLine:
    """Fulfils :class:`hocbaso_app.exchange.guard.SharedLine`."""

    def __init__(self, address: str) -> None:
        """Of one portal, whichever school asks."""
        self.address = address[:250]
        self.name = hashlib.sha256(address.encode()).hexdigest()[:20]

    def read(self) -> Line:
        """As it is."""
        found = frappe.db.get_value(DOCTYPE, self.name, COLUMNS, as_dict=True)
        _end()
        return _line(found) if found else Line()

    def change(self, step: Callable[[Line], Line]) -> None:
        """With the row locked from reading to writing."""
        _end()
        try:
            before = self._locked()
            after = step(before)
            if after != before:
                frappe.db.set_value(DOCTYPE, self.name, _values(after), update_modified=False)
        finally:
            _end()

    def _locked(self) -> Line:
        found = frappe.db.get_value(DOCTYPE, self.name, COLUMNS, as_dict=True, for_update=True)
        if found is None:
            moment = now_datetime()
            frappe.db.sql(
                f"insert ignore into `tab{DOCTYPE}` (name, address, state, creation, modified, owner, modified_by)"
                " values (%s, %s, 'Answers', %s, %s, 'Administrator', 'Administrator')",
                (self.name, self.address, moment, moment),
            )
            found = frappe.db.get_value(DOCTYPE, self.name, COLUMNS, as_dict=True, for_update=True)
        return _line(found)


def _line(row: Any) -> Line:
    circuit = Circuit(row.failures or 0, row.trips or 0, aware(row.open_until), aware(row.trial_until))
    reserved = {Purpose.SEND: aware(row.send_reserved), Purpose.ASK: aware(row.ask_reserved)}
    return Line(circuit, {purpose: moment for purpose, moment in reserved.items() if moment}, row.last_error)


def _values(line: Line) -> dict[str, Any]:
    return {
        "state": LABELS[line.circuit.state(convert.now())],
        "failures": line.circuit.failures,
        "trips": line.circuit.trips,
        "open_until": naive(line.circuit.open_until),
        "trial_until": naive(line.circuit.trial_until),
        "send_reserved": naive(line.reserved.get(Purpose.SEND)),
        "ask_reserved": naive(line.reserved.get(Purpose.ASK)),
        "last_error": line.last_error,
    }


def _end() -> None:
    frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for

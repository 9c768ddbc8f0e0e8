"""The outbox in MariaDB: rows of HBS Submission as the core's dispatcher wants them.

Each call is one transaction that ends before the call does, so none is open
while the network is waited for; rows are taken with locks that another worker
skips. A record's bytes are read only when they are about to be sent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import frappe
from frappe.utils import get_datetime, get_system_timezone, now_datetime

from hocbaso_app.exchange.outbox import (
    OPEN,
    MoveError,
    Proof,
    Row,
    StaleRowError,
    State,
    check_recovery,
    check_row_move,
    resumed_state,
)
from hocbaso_app.services import answers, files, trust

DOCTYPE = "HBS Submission"
_COLUMNS = {
    "idempotency_key": "key",
    "record_code": "record_code",
    "state": "state",
    "message_id": "message_id",
    "claimed_until": "claimed_until",
    "attempts": "attempts",
    "next_attempt_at": "next_attempt_at",
    "error": "error",
    "lookup_link": "link",
    "error_code": "error_code",
    "error_field": "error_field",
}
"""Column → attribute of the core's row; ``data`` and ``receipt`` are read apart."""

LABELS = {State.READY: "Queued", State.WITHDRAWN: "Taken Back"}
"""Words of the desk that differ from the core's, since the desk needs those for something else."""

_FIELDS = {attribute: column for column, attribute in _COLUMNS.items()}
_MOMENTS = ("claimed_until", "next_attempt_at")


def label(state: State) -> str:
    """The desk's word for a state."""
    return LABELS.get(state, state.value)


def labels(states: Iterable[State]) -> list[str]:
    """The desk's words."""
    return [label(state) for state in states]


def state_named(text: str) -> State:
    """The inverse."""
    return next(state for state in State if label(state) == text)


class SiteOutbox:
    """Rows of one school and school year; fulfils :class:`hocbaso_app.exchange.outbox.Outbox`."""

    def __init__(self, unit: str, school_year: str) -> None:
        """A package carries one school year (``nam_hoc``, CV 2088 II.2.2)."""
        self._own = {"unit": unit, "school_year": school_year}

    def rows(self, states: Iterable[State] = tuple(State), /) -> list[Row]:
        """Rows in any of ``states``, oldest first, without their bytes."""
        wanted = {"state": ("in", labels(states))}
        found = frappe.get_all(DOCTYPE, {**self._own, **wanted}, list(_COLUMNS), order_by="name")
        _end()
        return [_row(values) for values in found]

    def open_count(self) -> int:
        """Rows that still need something."""
        count = frappe.db.count(DOCTYPE, {**self._own, "state": ("in", labels(OPEN))})
        _end()
        return int(count)

    def of_message(self, message_id: str, /) -> list[Row]:
        """All rows that went with one message, in the order in which they stand in the package."""
        found = frappe.get_all(DOCTYPE, {**self._own, "message_id": message_id}, list(_COLUMNS), order_by="name")
        _end()
        return [_row(values) for values in found]

    def claim(self, now: datetime, until: datetime, message_id: str, limit: int) -> list[Row]:
        """Take up to ``limit`` due Ready rows for one message; what another worker holds is skipped."""
        _end()  # a snapshot taken earlier would not show what others have committed since
        table = frappe.qb.DocType(DOCTYPE)
        due = table.next_attempt_at.isnull() | (table.next_attempt_at <= _naive(now))
        query = (
            frappe.qb.from_(table)
            .select(table.name, table.version, *(table[column] for column in _COLUMNS))
            .where(table.unit == self._own["unit"])
            .where(table.school_year == self._own["school_year"])
            .where(table.state == label(State.READY))
            .where(due)
            .orderby(table.name)
            .limit(limit)
            .for_update(skip_locked=True)
        )
        found = query.run(as_dict=True)
        changes: dict[str, Any] = {"state": State.CLAIMED, "message_id": message_id, "claimed_until": until}
        rows = []
        for values in found:
            _write(values.name, changes)
            version = frappe.db.get_value(files.DOCTYPE, values.version, ["content", "sha256", "record"], as_dict=True)
            rows.append(replace(_row(values), **changes, data=files.read(version)))
        _end()
        return rows

    def move(self, key: str, state: State, *, seen: Row | None = None, **changes: Any) -> None:
        """One move with its facts; the record's own state follows in the same transaction."""
        try:
            name, current = _locked(key)
            if seen is not None and (seen.state, seen.message_id) != (current.state, current.message_id):
                raise StaleRowError(f"{key} is now {current.state.value} with message {current.message_id}")
            if state is State.READY:
                changes = {"message_id": None, "claimed_until": None, **changes}
            if state is not current.state:
                check_row_move(current, state)
            _write(name, {"state": state, **changes})
            answers.follow(name)
        finally:
            _end()


def resume(key: str) -> State:
    """A person lets a row of Needs Attention go on: ask again when it may have arrived, else send again."""
    name, row = _locked(key)
    if row.state is not State.NEEDS_ATTENTION:
        raise MoveError(f"{key} is {row.state.value} and does not wait for a person")
    after = resumed_state(row)
    _write(name, {"state": after, "attempts": 0, "next_attempt_at": None})
    answers.follow(name)
    return after


def withdraw(key: str) -> None:
    """Nothing of it was sent and nothing will be; :class:`MoveError` when it may have left already."""
    name, row = _locked(key)
    check_row_move(row, State.WITHDRAWN)
    _write(name, {"state": State.WITHDRAWN, "next_attempt_at": None})


def recover(key: str, after: State, proof: Proof, error: str | None = None) -> str:
    """A move after a restored backup, on the authority's own word; an earlier receipt is kept. Gives the row's name."""
    name, row = _locked(key)
    check_recovery(row, after, proof)
    changes: dict[str, Any] = {"state": after, "message_id": None, "claimed_until": None, "attempts": 0}
    changes |= {"next_attempt_at": None, "error": error, "error_code": None, "error_field": None}
    if row.state is State.ACKNOWLEDGED:
        _keep_earlier(name, proof.receipt)
    if proof.receipt:
        changes |= {"receipt": proof.receipt, "message_id": row.message_id}
    _write(name, changes)
    return name


def _keep_earlier(name: str, new: bytes | None) -> None:
    """The receipt that counted until now stays as evidence beside the one to come."""
    columns = ["receipt_number", "received_at", "receipt", "earlier_receipts"]
    known = frappe.db.get_value(DOCTYPE, name, columns, as_dict=True)
    if not known.receipt or (new and base64.b64decode(known.receipt) == new):
        return
    kept = json.loads(known.earlier_receipts or "[]")
    if known.receipt in {entry["receipt"] for entry in kept}:
        return
    kept.append({"number": known.receipt_number, "received_at": str(known.received_at), "receipt": known.receipt})
    frappe.db.set_value(DOCTYPE, name, "earlier_receipts", json.dumps(kept, ensure_ascii=False))


def _locked(key: str) -> tuple[str, Row]:
    columns = ["name", *_COLUMNS]
    found = frappe.db.get_value(DOCTYPE, {"idempotency_key": key}, columns, as_dict=True, for_update=True)
    if not found:
        raise KeyError(key)
    return str(found.name), _row(found)


def _write(name: str, changes: dict[str, Any]) -> None:
    values = {_FIELDS[a]: _plain(v) for a, v in changes.items() if a not in ("receipt", "data")}
    if changes.get("receipt"):
        values.update(_receipt_facts(changes["receipt"]))
    if changes["state"] in (State.ACKNOWLEDGED, State.REJECTED):
        values["answered_at"] = now_datetime()
    frappe.db.set_value(DOCTYPE, name, values)


def _receipt_facts(token: bytes) -> dict[str, Any]:
    from hocbaso_app.exchange import receipts
    from hocbaso_app.record.times import read_instant

    receipt = receipts.read(token, trust.store())
    received_at = _naive(read_instant(receipt.received_at))
    return {
        "receipt": base64.b64encode(token).decode(),
        "receipt_number": receipt.number,
        "received_at": received_at,
        "lookup_link": receipt.link,
    }


def _row(values: Any) -> Row:
    raw = {attribute: values[column] for column, attribute in _COLUMNS.items()}
    raw["state"] = state_named(raw["state"])
    for name in _MOMENTS:
        raw[name] = _aware(raw[name]) if raw[name] else None
    return Row(**raw, data=b"")


def _plain(value: Any) -> Any:
    if isinstance(value, State):
        return label(value)
    return _naive(value) if isinstance(value, datetime) else value


def _naive(moment: datetime) -> datetime:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None)


def _aware(moment: Any) -> datetime:
    from zoneinfo import ZoneInfo

    return get_datetime(moment).replace(tzinfo=ZoneInfo(get_system_timezone()))


def _end() -> None:
    frappe.db.commit()  # nosemgrep: the queue's truth is in the database before and after every request

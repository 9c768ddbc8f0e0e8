"""The states of a record on its way to the authority, and the only moves between them.

One row per record and version; its key is record code + version + SHA-256. An
expired claim is Uncertain, and from Uncertain only a query is allowed: so
nothing is sent twice, and nothing is lost. A row keeps the id of its message
for as long as that message may have arrived; without an id nothing of it did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from random import Random
from typing import Any, Protocol

from hocbaso_app.record.document import Document


class State(str, Enum):
    """Where a row stands."""

    READY = "Ready"
    CLAIMED = "Claimed"
    SENT = "Sent"
    ACKNOWLEDGED = "Acknowledged"
    REJECTED = "Rejected"
    UNCERTAIN = "Uncertain"
    NEEDS_ATTENTION = "Needs Attention"
    WITHDRAWN = "Withdrawn"
    """Taken back by the school before anything of it was sent."""


MOVES: dict[State, frozenset[State]] = {
    State.READY: frozenset({State.CLAIMED, State.NEEDS_ATTENTION, State.WITHDRAWN}),
    State.CLAIMED: frozenset({State.SENT, State.READY, State.UNCERTAIN, State.NEEDS_ATTENTION}),
    State.SENT: frozenset({State.ACKNOWLEDGED, State.REJECTED, State.UNCERTAIN, State.READY, State.NEEDS_ATTENTION}),
    State.UNCERTAIN: frozenset({State.SENT, State.ACKNOWLEDGED, State.REJECTED, State.READY, State.NEEDS_ATTENTION}),
    State.REJECTED: frozenset(),
    State.ACKNOWLEDGED: frozenset(),
    State.NEEDS_ATTENTION: frozenset({State.READY, State.UNCERTAIN, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
}
"""From Uncertain or Sent back to Ready only after the authority said it does not know the message.

From Needs Attention a row that has a message id goes to Uncertain (it may have
arrived: only ask), one without goes to Ready or is withdrawn; :func:`check_row_move`.
"""

OPEN = frozenset(State) - {State.ACKNOWLEDGED, State.REJECTED, State.WITHDRAWN}
"""States in which somebody still has to do something."""


class MoveError(ValueError):
    """A move that the state machine does not have."""


def check_move(before: State, after: State) -> None:
    """:class:`MoveError` unless ``before`` → ``after`` is allowed."""
    if after not in MOVES[before]:
        raise MoveError(f"{before.value} -> {after.value} is not a move of the outbox")


class StaleRowError(MoveError):
    """The row is no longer what the mover thinks: another worker had it meanwhile."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record in the outbox. ``error_code`` and ``error_field``: how the authority named a refusal."""

    key: str
    record_code: str
    data: bytes
    state: State
    message_id: str | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    error: str | None = None
    receipt: bytes | None = None
    link: str | None = None
    error_code: str | None = None
    error_field: str | None = None


def check_row_move(row: Row, after: State) -> None:
    """:class:`MoveError` unless this row may go there: what may have arrived is never sent again unasked."""
    check_move(row.state, after)
    if row.state is not State.NEEDS_ATTENTION or after is resumed_state(row):
        return
    if after is not State.WITHDRAWN or row.message_id is not None:
        raise MoveError(f"{row.key}: from {row.state.value} it goes to {resumed_state(row).value}")


def resumed_state(row: Row) -> State:
    """Where a row goes when a person lets it go on."""
    return State.READY if row.message_id is None else State.UNCERTAIN


RECOVERIES: dict[State, frozenset[State]] = {
    State.ACKNOWLEDGED: frozenset({State.READY, State.ACKNOWLEDGED}),
    State.READY: frozenset({State.ACKNOWLEDGED}),
    State.SENT: frozenset({State.ACKNOWLEDGED}),
    State.UNCERTAIN: frozenset({State.ACKNOWLEDGED}),
    State.REJECTED: frozenset({State.ACKNOWLEDGED}),
    State.NEEDS_ATTENTION: frozenset({State.ACKNOWLEDGED}),
}
"""Moves beside :data:`MOVES` after a side was put back from an older backup; see :func:`check_recovery`.

A claimed row is left to its worker, one that was taken back stays so.
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the authority said about one file just now: the receipt it gave back, or that it holds no such file."""

    key: str
    receipt: bytes | None = None


def check_recovery(row: Row, after: State, proof: Proof) -> None:
    """:class:`MoveError` unless the proof is about this row and bears the move out.

    Without a receipt the authority has lost the file, and the same octets go out again under the same key; with one
    it holds the file, and that receipt counts.
    """
    if after not in RECOVERIES.get(row.state, frozenset()):
        raise MoveError(f"{row.state.value} -> {after.value} is no recovery of the outbox")
    if proof.key != row.key or (proof.receipt is None) is not (after is State.READY):
        raise MoveError(f"{row.key}: not proved")


class Outbox(Protocol):
    """Where the rows of one school are kept; each call is one transaction of its own."""

    def rows(self, states: Iterable[State] = ..., /) -> list[Row]:
        """Rows in any of ``states``, oldest first; ``data`` may be empty."""
        ...

    def open_count(self) -> int:
        """Rows that still need something."""
        ...

    def of_message(self, message_id: str, /) -> list[Row]:
        """All rows that went with one message, in the package's order; ``data`` may be empty."""
        ...

    def claim(self, now: datetime, until: datetime, message_id: str, limit: int) -> list[Row]:
        """Take up to ``limit`` due Ready rows with their ``data``; two workers never get the same row."""
        ...

    def move(self, key: str, state: State, *, seen: Row | None = None, **changes: Any) -> None:
        """One move of the state machine; :class:`StaleRowError` when the row is no longer as ``seen``."""
        ...


def row_key(document: Document) -> str:
    """Idempotency key of a record version."""
    general = document.record.general
    return f"{general.record_code}:{general.issue_number}:{document.sha256}"


def new_row(document: Document) -> Row:
    """A released record that waits to be sent."""
    return Row(row_key(document), document.record.general.record_code, document.data, State.READY)


@dataclass(frozen=True, slots=True)
class BackOff:
    """Exponential with full jitter, at most ``ceiling``; after ``attempts`` a person is asked."""

    base: timedelta = timedelta(seconds=30)
    ceiling: timedelta = timedelta(hours=2)
    attempts: int = 50

    def next_attempt(self, now: datetime, attempts: int, random: Random) -> datetime:
        """When to try again after the ``attempts``-th failure."""
        longest: timedelta = min(self.ceiling, self.base * (1 << min(attempts, 20)))
        return now + longest * random.uniform(0.5, 1.0)

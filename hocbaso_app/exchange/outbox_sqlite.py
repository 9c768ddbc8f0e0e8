"""The outbox in one SQLite file: every move is one transaction, so a killed process leaves a truthful row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .outbox import OPEN, MoveError, Row, StaleRowError, State, check_row_move, resumed_state

_COLUMNS = tuple(f.name for f in fields(Row))
_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    key TEXT PRIMARY KEY, record_code TEXT NOT NULL, data BLOB NOT NULL, state TEXT NOT NULL, message_id TEXT,
    claimed_until TEXT, attempts INTEGER NOT NULL, next_attempt_at TEXT, error TEXT, receipt BLOB, link TEXT,
    error_code TEXT, error_field TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_state ON outbox (state);
CREATE INDEX IF NOT EXISTS outbox_message ON outbox (message_id);
"""


class SqliteOutbox:
    """Rows of one school."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file."""
        self._path = path
        with self._connection() as connection:
            connection.executescript(_SCHEMA)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            if connection.in_transaction:
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()

    def add(self, row: Row) -> bool:
        """Put a row in; False when the same version is already there."""
        with self._connection() as connection:
            marks = ",".join("?" * len(_COLUMNS))
            statement = f"INSERT OR IGNORE INTO outbox ({','.join(_COLUMNS)}) VALUES ({marks})"
            return connection.execute(statement, _values(row)).rowcount == 1

    def rows(self, states: Iterable[State] = tuple(State)) -> list[Row]:
        """Rows in any of ``states``, oldest first."""
        wanted = [s.value for s in states]
        with self._connection() as connection:
            marks = ",".join("?" * len(wanted))
            statement = f"SELECT {','.join(_COLUMNS)} FROM outbox WHERE state IN ({marks}) ORDER BY rowid"
            return [_row(values) for values in connection.execute(statement, wanted)]

    def open_count(self) -> int:
        """Rows that still need something."""
        return len(self.rows(OPEN))

    def of_message(self, message_id: str) -> list[Row]:
        """All rows that went with one message, in the order in which they stand in the package."""
        with self._connection() as connection:
            statement = f"SELECT {','.join(_COLUMNS)} FROM outbox WHERE message_id = ? ORDER BY rowid"
            return [_row(values) for values in connection.execute(statement, (message_id,))]

    def claim(self, now: datetime, until: datetime, message_id: str, limit: int) -> list[Row]:
        """Take up to ``limit`` due Ready rows for one message; two workers never get the same row."""
        changes = {"state": State.CLAIMED, "message_id": message_id, "claimed_until": until}
        with self._connection() as connection:
            statement = (
                f"SELECT {','.join(_COLUMNS)} FROM outbox WHERE state = ? AND (next_attempt_at IS NULL OR"
                " next_attempt_at <= ?) ORDER BY rowid LIMIT ?"
            )
            found = [_row(v) for v in connection.execute(statement, (State.READY.value, _plain(now), limit))]
            for row in found:
                self._update(connection, row, changes)
        return [replace(row, state=State.CLAIMED, message_id=message_id, claimed_until=until) for row in found]

    def move(self, key: str, state: State, *, seen: Row | None = None, **changes: Any) -> None:
        """One move of the state machine with its facts; into Ready, the row gives up its message and claim.

        ``seen``: the row as the mover knows it; :class:`StaleRowError` when it now
        has another state or belongs to another message, so that a late worker
        changes nothing. ``KeyError`` for an unknown row.
        """
        with self._connection() as connection:
            current = self._get(connection, key)
            if seen is not None and (seen.state, seen.message_id) != (current.state, current.message_id):
                raise StaleRowError(f"{key} is now {current.state.value} with message {current.message_id}")
            if state is State.READY:
                changes = {"message_id": None, "claimed_until": None, **changes}
            self._update(connection, current, {"state": state, **changes})

    def resume(self, key: str) -> State:
        """A person lets a row of Needs Attention go on: ask again when it may have arrived, else send again."""
        with self._connection() as connection:
            row = self._get(connection, key)
            if row.state is not State.NEEDS_ATTENTION:
                raise MoveError(f"{key} is {row.state.value} and does not wait for a person")
            after = resumed_state(row)
            self._update(connection, row, {"state": after, "attempts": 0, "next_attempt_at": None})
        return after

    @staticmethod
    def _get(connection: sqlite3.Connection, key: str) -> Row:
        found = connection.execute(f"SELECT {','.join(_COLUMNS)} FROM outbox WHERE key = ?", (key,)).fetchone()
        if found is None:
            raise KeyError(key)
        return _row(found)

    @staticmethod
    def _update(connection: sqlite3.Connection, row: Row, changes: dict[str, Any]) -> None:
        if changes["state"] is not row.state:
            check_row_move(row, changes["state"])
        assignments = ",".join(f"{name} = ?" for name in changes)
        values = [*(_plain(v) for v in changes.values()), row.key]
        connection.execute(f"UPDATE outbox SET {assignments} WHERE key = ?", values)


def _plain(value: Any) -> Any:
    if isinstance(value, State):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(timezone.utc).isoformat(
            timespec="microseconds"
        )  # one spelling: text order is time order
    return value


def _values(row: Row) -> list[Any]:
    return [_plain(getattr(row, name)) for name in _COLUMNS]


def _row(values: tuple[Any, ...]) -> Row:
    raw = dict(zip(_COLUMNS, values, strict=True))
    raw["state"] = State(raw["state"])
    for name in ("claimed_until", "next_attempt_at"):
        raw[name] = datetime.fromisoformat(raw[name]) if raw[name] else None
    return Row(**raw)

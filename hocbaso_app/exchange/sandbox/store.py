"""What the portal holds, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificate (
    message_id TEXT PRIMARY KEY, unit TEXT NOT NULL, serial TEXT NOT NULL, sha256 TEXT NOT NULL, pem TEXT NOT NULL,
    kind TEXT NOT NULL, issuer TEXT NOT NULL, status INTEGER NOT NULL, decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS message (
    message_id TEXT PRIMARY KEY, unit TEXT NOT NULL, kind TEXT NOT NULL, content_sha256 TEXT NOT NULL,
    received_at TEXT NOT NULL, settled INTEGER NOT NULL, content TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS record (
    code TEXT PRIMARY KEY, sha256 TEXT NOT NULL, data BLOB NOT NULL, school TEXT NOT NULL, pupil TEXT NOT NULL,
    year TEXT NOT NULL, page TEXT NOT NULL, issue TEXT NOT NULL, received_at TEXT NOT NULL, number TEXT NOT NULL UNIQUE,
    receipt BLOB NOT NULL, link TEXT NOT NULL, recalled_at TEXT, replaced_by TEXT, late INTEGER NOT NULL
    DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_active_record ON record (pupil, year, page) WHERE recalled_at IS NULL;
CREATE TABLE IF NOT EXISTS outcome (
    message_id TEXT NOT NULL REFERENCES message, position INTEGER NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT;
CREATE TABLE IF NOT EXISTS recall (
    message_id TEXT NOT NULL REFERENCES message, position INTEGER NOT NULL, unit TEXT NOT NULL, code TEXT NOT NULL,
    sha256 TEXT NOT NULL, pupil TEXT NOT NULL, name TEXT NOT NULL, citizen_id TEXT NOT NULL, reason TEXT NOT NULL,
    requested_by TEXT NOT NULL, status INTEGER NOT NULL, decided_by TEXT NOT NULL, decided_at TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT;
"""


class Store:
    """Rows as plain dictionaries; every change inside :meth:`transaction`."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file."""
        self._lock = RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one at a time."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def all(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Every row of a query."""
        with self._lock:
            return [dict(row) for row in self._connection.execute(query, values)]

    def one(self, query: str, *values: Any) -> dict[str, Any] | None:
        """The first row of a query, if any."""
        rows = self.all(query, *values)
        return rows[0] if rows else None

    def run(self, statement: str, *values: Any) -> int:
        """A change; returns how many rows it touched."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

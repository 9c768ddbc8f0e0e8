"""The books of the sandbox, in one SQLite file."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from hocbaso_app.record.document import Document

from ..receiving.books import Message, PageKey, RecallRow, Record, Registration
from ..transactions import CertificateStatus, Kind, RecallStatus, RecordAnswer, to_json
from .store import Store

_RECORD = (
    "code, sha256, school, pupil, year, page, issue, received_at, number, receipt, link, late, recalled_at, replaced_by"
)


class SqliteBooks:
    """:class:`~hocbaso_app.exchange.receiving.books.Books` over a :class:`~.store.Store`."""

    def __init__(self, store: Store) -> None:
        """An open file."""
        self.store = store

    def transaction(self) -> AbstractContextManager[None]:
        """One at a time."""
        return self.store.transaction()

    def message(self, message_id: str) -> Message | None:
        """Without its content."""
        row = self.store.one(
            "SELECT message_id, unit, kind, content_sha256, received_at, settled FROM message WHERE message_id = ?",
            message_id,
        )
        return Message(**{**row, "kind": Kind(row["kind"]), "settled": bool(row["settled"])}) if row else None

    def claim(self, message_id: str) -> Message | None:
        """There is one transaction at a time, so nobody else has it."""
        message = self.message(message_id)
        if message is None or message.settled:
            return None
        return replace(message, content=self.content(message_id))

    def content(self, message_id: str) -> str:
        """Of a waiting message."""
        row = self.store.one("SELECT content FROM message WHERE message_id = ?", message_id)
        return str(row["content"]) if row else ""

    def add_message(self, message: Message) -> None:
        """A new one."""
        m = message
        facts = (m.content_sha256, m.received_at, m.settled, m.content)
        self._insert("message", m.message_id, m.unit, m.kind.value, *facts)

    def settle(self, message: Message, answers: Sequence[RecordAnswer]) -> None:
        """The answers, whole."""
        for position, answer in enumerate(answers):
            self._insert("outcome", message.message_id, position, json.dumps(to_json(answer), ensure_ascii=False))
        self.store.run("UPDATE message SET settled = 1, content = '' WHERE message_id = ?", message.message_id)

    def answers(self, message_id: str) -> list[RecordAnswer]:
        """In the order of the package."""
        rows = self.store.all("SELECT answer FROM outcome WHERE message_id = ? ORDER BY position", message_id)
        return [RecordAnswer(**json.loads(row["answer"])) for row in rows]

    def records(self, codes: Collection[str]) -> dict[str, Record]:
        """By code."""
        found = {}
        for code in codes:
            row = self.store.one(f"SELECT {_RECORD} FROM record WHERE code = ?", code)
            if row:
                found[code] = _record(row)
        return found

    def in_force(self, keys: Collection[PageKey]) -> dict[PageKey, str]:
        """By page."""
        found = {}
        for key in keys:
            query = "SELECT code FROM record WHERE pupil = ? AND year = ? AND page = ? AND recalled_at IS NULL"
            row = self.store.one(query, *key)
            if row:
                found[key] = str(row["code"])
        return found

    def held(self, unit: str, school_year: str, after: str, limit: int) -> list[Record]:
        """In the order of their codes."""
        query = f"SELECT {_RECORD} FROM record WHERE school = ? AND year = ? AND code > ? ORDER BY code LIMIT ?"
        return [_record(row) for row in self.store.all(query, unit, school_year, after, limit)]

    def count_held(self, unit: str, school_year: str) -> int:
        """Recalled ones too."""
        query = "SELECT COUNT(*) AS n FROM record WHERE school = ? AND year = ?"
        return int(self.store.all(query, unit, school_year)[0]["n"])

    def data(self, code: str) -> bytes:
        """The file."""
        row = self.store.one("SELECT data FROM record WHERE code = ?", code)
        if row is None:
            raise KeyError(code)
        return bytes(row["data"])

    def next_numbers(self, count: int) -> Sequence[int]:
        """Without a gap, for there is one transaction at a time."""
        held = int(self.store.all("SELECT COUNT(*) AS n FROM record")[0]["n"])
        return range(held + 1, held + 1 + count)

    def add_records(self, message: Message, records: Sequence[tuple[Record, Document]]) -> None:
        """And who succeeds whom."""
        for r, document in records:
            facts = (r.issue, r.received_at, r.number, r.receipt, r.link, r.recalled_at, r.replaced_by, r.late)
            self._insert("record", r.code, r.sha256, document.data, r.unit, *r.page_key, *facts)
            replaced = document.record.general.replaces_code
            if replaced:
                self.store.run("UPDATE record SET replaced_by = ? WHERE code = ?", r.code, replaced)

    def recall(self, code: str, moment: str) -> None:
        """No longer in force."""
        self.store.run("UPDATE record SET recalled_at = ? WHERE code = ?", moment, code)

    def recalled(self) -> dict[str, str]:
        """Code → moment."""
        rows = self.store.all("SELECT code, recalled_at FROM record WHERE recalled_at IS NOT NULL")
        return {row["code"]: row["recalled_at"] for row in rows}

    def add_registration(self, row: Registration) -> None:
        """It waits."""
        r = row
        facts = (r.message_id, r.unit, r.serial, r.sha256, r.pem, r.kind, r.issuer)
        self._insert("certificate", *facts, r.status.value, r.decided_by, r.decided_at, r.note)

    def registration(self, message_id: str) -> Registration | None:
        """Decided or not."""
        row = self.store.one("SELECT * FROM certificate WHERE message_id = ?", message_id)
        return Registration(**{**row, "status": CertificateStatus(row["status"])}) if row else None

    def decide_registration(self, row: Registration) -> None:
        """The decision."""
        self.store.run(
            "UPDATE certificate SET status = ?, decided_by = ?, decided_at = ?, note = ? WHERE message_id = ?",
            row.status.value,
            row.decided_by,
            row.decided_at,
            row.note,
            row.message_id,
        )

    def add_recalls(self, rows: Sequence[RecallRow]) -> None:
        """In their order."""
        for r in rows:
            who = (r.unit, r.code, r.sha256, r.pupil, r.name, r.citizen_id, r.reason, r.requested_by)
            decision = (r.status.value, r.decided_by, r.decided_at, r.note)
            self._insert("recall", r.message_id, r.position, *who, *decision)

    def recalls(self, message_id: str) -> list[RecallRow]:
        """In their order."""
        rows = self.store.all("SELECT * FROM recall WHERE message_id = ? ORDER BY position", message_id)
        return [RecallRow(**{**row, "status": RecallStatus(row["status"])}) for row in rows]

    def decide_recall(self, row: RecallRow) -> None:
        """The decision."""
        self.store.run(
            "UPDATE recall SET status = ?, decided_by = ?, decided_at = ?, note = ?"
            " WHERE message_id = ? AND position = ?",
            *(row.status.value, row.decided_by, row.decided_at, row.note),
            *(row.message_id, row.position),
        )

    def waiting(self) -> dict[str, list[dict[str, Any]]]:
        """What an officer has to decide: certificates (``chung_thu``) and recalls (``thu_hoi``), oldest first."""
        certificates = "SELECT message_id, unit, serial, kind, issuer FROM certificate WHERE status = ? ORDER BY rowid"
        recalls = (
            "SELECT recall.message_id, recall.code, recall.name, recall.reason, recall.requested_by, record.school,"
            " record.issue, record.number, record.received_at FROM recall JOIN record USING (code)"
            " WHERE recall.status = ? ORDER BY recall.rowid"
        )
        return {
            "chung_thu": self.store.all(certificates, CertificateStatus.PENDING.value),
            "thu_hoi": self.store.all(recalls, RecallStatus.PENDING.value),
        }

    def _insert(self, table: str, *values: Any) -> None:
        self.store.run(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", *values)


def _record(row: dict[str, Any]) -> Record:
    return Record(*{**row, "late": bool(row["late"])}.values())

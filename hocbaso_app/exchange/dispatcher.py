"""One worker's round over the outbox: ask about what is unclear, then send what is due."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from . import receipts
from .client import PortalClient
from .compression import QuoteEscape
from .errors import RefusedError, UncertainError, UnreachableError
from .outbox import BackOff, Row, State
from .outbox_sqlite import SqliteOutbox
from .package import pack, split
from .transactions import RecordAnswer, RecordStatus

CLAIM_TIME = timedelta(minutes=10)


@dataclass
class Dispatcher:
    """Moves the rows of one outbox towards a receipt. ``clock`` gives aware moments."""

    outbox: SqliteOutbox
    client: PortalClient
    key: KeySource
    trust: TrustStore
    clock: Callable[[], datetime]
    back_off: BackOff = field(default_factory=BackOff)
    random: Random = field(default_factory=Random)
    package_size: int = 40
    quotes: QuoteEscape = QuoteEscape.BACKSLASH
    claim_time: timedelta = CLAIM_TIME

    def run_once(self) -> int:
        """One round; returns how many rows are still open."""
        self._expire_claims()
        for message_id in self._messages((State.UNCERTAIN, State.SENT)):
            self._query(message_id)
        while self._send_due():
            pass
        for message_id in self._messages((State.SENT,)):
            self._query(message_id)
        return self.outbox.open_count()

    def drain(self, seconds: float, pause: float = 0.05) -> int:
        """Rounds until nothing is open or the time is over; returns how many rows are still open."""
        end = time.monotonic() + seconds
        left = self.run_once()
        while left and time.monotonic() < end:
            time.sleep(pause)
            left = self.run_once()
        return left

    def _expire_claims(self) -> None:
        now = self.clock()
        for row in self.outbox.rows((State.CLAIMED,)):
            if row.claimed_until is None or row.claimed_until <= now:
                self.outbox.move(row.key, State.UNCERTAIN, claimed_until=None, error="the worker died after claiming")

    def _messages(self, states: tuple[State, ...]) -> list[str]:
        now = self.clock()
        due = (r for r in self.outbox.rows(states) if r.next_attempt_at is None or r.next_attempt_at <= now)
        return list(dict.fromkeys(r.message_id for r in due if r.message_id))

    def _send_due(self) -> bool:
        """Send one package; False when there was none or it failed, which ends the round."""
        message_id = str(uuid4())
        now = self.clock()
        rows = self.outbox.claim(now, now + self.claim_time, message_id, self.package_size)
        if not rows:
            return False
        groups = list(split([row.data for row in rows]))
        for row in rows[len(groups[0]) :]:
            self.outbox.move(row.key, State.READY, message_id=None, claimed_until=None)
        rows = rows[: len(groups[0])]
        try:
            self.client.submit(pack(groups[0], self.key, now, self.quotes), message_id)
        except UnreachableError as error:
            self._again(rows, error.message_en)
        except RefusedError as error:
            self._attention(rows, f"{error.code}: {error.message_vi}")
        except UncertainError as error:
            for row in rows:
                self._wait(row, State.UNCERTAIN, error.message_en)
        else:
            for row in rows:
                self.outbox.move(row.key, State.SENT, claimed_until=None, error=None, next_attempt_at=None)
            return True
        return False

    def _query(self, message_id: str) -> None:
        rows = [r for r in self.outbox.rows((State.UNCERTAIN, State.SENT)) if r.message_id == message_id]
        try:
            answers = self.client.query_submission(message_id)
        except (UncertainError, UnreachableError, RefusedError) as error:
            for row in rows:
                self._wait(row, row.state, error.message_en)
            return
        if answers is None:
            self._again(rows, "the authority never took the message")
            return
        by_code = {answer.ma_tra_cuu_uuid: answer for answer in answers}
        for row in rows:
            self._settle(row, by_code.get(row.record_code))

    def _settle(self, row: Row, answer: RecordAnswer | None) -> None:
        if answer is None or answer.trang_thai == RecordStatus.PENDING:
            self._wait(row, row.state, "no decision yet")
        elif answer.trang_thai == RecordStatus.REFUSED:
            error = f"{answer.error} {answer.error_field_title}: {answer.error_description}"
            self.outbox.move(row.key, State.REJECTED, error=error, next_attempt_at=None)
        else:
            try:
                token = base64.b64decode(answer.bien_nhan, validate=True) if answer.bien_nhan else None
                if token is not None and receipts.read(token, self.trust).sha256 != row.key.rpartition(":")[2]:
                    raise UncertainError("RECEIPT_OF_ANOTHER", "Biên nhận của bản khác.", "receipt of other octets")
            except (ValueError, UncertainError) as error:
                self._wait(row, row.state, str(error))
                return
            changes = {"receipt": token, "link": answer.link_tra_cuu or None, "error": None, "next_attempt_at": None}
            self.outbox.move(row.key, State.ACKNOWLEDGED, **changes)

    def _wait(self, row: Row, state: State, error: str) -> None:
        moment = self.back_off.next_attempt(self.clock(), row.attempts, self.random)
        self.outbox.move(
            row.key, state, attempts=row.attempts + 1, next_attempt_at=moment, claimed_until=None, error=error
        )

    def _again(self, rows: list[Row], error: str) -> None:
        for row in rows:
            if row.attempts >= self.back_off.attempts:
                if row.state is State.SENT:
                    self.outbox.move(row.key, State.UNCERTAIN)
                self.outbox.move(row.key, State.NEEDS_ATTENTION, claimed_until=None, error=error)
                continue
            moment = self.back_off.next_attempt(self.clock(), row.attempts, self.random)
            self.outbox.move(
                row.key,
                State.READY,
                attempts=row.attempts + 1,
                next_attempt_at=moment,
                message_id=None,
                claimed_until=None,
                error=error,
            )

    def _attention(self, rows: list[Row], error: str) -> None:
        for row in rows:
            self.outbox.move(row.key, State.NEEDS_ATTENTION, claimed_until=None, error=error)

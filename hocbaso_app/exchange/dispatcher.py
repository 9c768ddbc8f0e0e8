"""One worker's round over the outbox: ask about what is unclear, then send what is due."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.keys import KeySource, KeySourceError
from hocbaso_app.signing.trust import TrustStore

from . import codes, receipts
from .client import PortalClient
from .codes import Disposition
from .compression import QuoteEscape
from .errors import NoAnswerError, PackageError, PausedError, RefusedError, UncertainError, UnreachableError
from .guard import Purpose
from .matching import digest_of, match_answers
from .outbox import OPEN, BackOff, Outbox, Row, StaleRowError, State
from .package import pack, split
from .transactions import RecordAnswer, RecordStatus

CLAIM_TIME = timedelta(minutes=10)
_ASKED = (State.UNCERTAIN, State.SENT)
_log = logging.getLogger(__name__)


@dataclass
class Dispatcher:
    """Moves the rows of one outbox towards a receipt. ``clock`` gives aware moments.

    A portal that does not answer is no failure of a record: however long it is away, its rows wait and are tried
    less and less often, and who is told then is the alarm's matter. Only a portal that answers, and yet does not take
    a record or does not say what became of it, makes a row need a person.
    """

    outbox: Outbox
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
        self._query_all(_ASKED)
        while self._send_due():
            pass
        self._query_all((State.SENT,))
        return self.outbox.open_count()

    def drain(self, seconds: float, pause: float = 0.05) -> int:
        """Rounds until only rows that wait for a person are open, or the time is over; returns how many are open."""
        end = time.monotonic() + seconds
        left = self.run_once()
        while self.outbox.rows(OPEN - {State.NEEDS_ATTENTION}) and time.monotonic() < end:
            time.sleep(pause)
            left = self.run_once()
        return left

    def _expire_claims(self) -> None:
        now = self.clock()
        for row in self.outbox.rows((State.CLAIMED,)):
            if row.claimed_until is None or row.claimed_until <= now:
                error = "Việc gửi bị ngắt giữa chừng; sẽ hỏi cổng trước khi gửi lại."
                self._move(row, State.UNCERTAIN, claimed_until=None, error=error)

    def _messages(self, states: tuple[State, ...]) -> list[str]:
        now = self.clock()
        due = (r for r in self.outbox.rows(states) if r.next_attempt_at is None or r.next_attempt_at <= now)
        return list(dict.fromkeys(r.message_id for r in due if r.message_id))

    def _query_all(self, states: tuple[State, ...]) -> None:
        for message_id in self._messages(states):
            if not self._query(message_id):
                break

    def _may(self, purpose: Purpose) -> bool:
        try:
            self.client.guard.check(purpose)
        except PausedError as error:
            _log.info("%s", error)
            return False
        return True

    def _send_due(self) -> bool:
        """Send one package; False when there was none or it failed, which ends the round."""
        if not self._may(Purpose.SEND):
            return False
        message_id = str(uuid4())
        now = self.clock()
        rows = self.outbox.claim(now, now + self.claim_time, message_id, self.package_size)
        if not rows:
            return False
        group = next(split([row.data for row in rows]))
        for row in rows[len(group) :]:
            self._move(row, State.READY)
        rows = rows[: len(group)]
        try:
            self.client.submit(pack(group, self.key, now, self.quotes), message_id)
        except PausedError:
            for row in rows:
                self._move(row, State.READY)
        except UnreachableError as error:
            self._wait(rows, State.READY, error)
        except KeySourceError as error:
            self._send_again(rows, _said(error))
        except PackageError as error:
            self._give_up(rows, f"{error.code}: {error.message_vi}")
        except RefusedError as error:
            refusal = f"{error.code}: {error.message_vi}"
            if error.disposition is Disposition.RETRY:
                self._later_all(rows, State.READY, refusal)
            else:
                self._give_up(rows, refusal, error.code)
        except UncertainError as error:
            self._wait(rows, State.UNCERTAIN, error)
        else:
            for row in rows:
                self._move(row, State.SENT, claimed_until=None, error=None, next_attempt_at=None)
            return True
        return False

    def _query(self, message_id: str) -> bool:
        """Ask about one message; False when nothing can be asked now."""
        rows = self.outbox.of_message(message_id)
        waiting = [row for row in rows if row.state in _ASKED]
        try:
            self.client.guard.check(Purpose.ASK)
            answers = self.client.query_submission(message_id)
        except PausedError:
            return False
        except (UncertainError, UnreachableError) as error:
            wrong = isinstance(error, UncertainError) and error.was_answered
            for state in _ASKED:
                together = [row for row in waiting if row.state is state]
                if wrong:
                    for row in together:
                        self._ask_again(row, state, _said(error))
                else:
                    self._wait(together, state, error)
            return True
        except RefusedError as error:
            for row in waiting:
                self._ask_again(row, row.state, _said(error), error.code)
            return True
        if answers is None:
            self._send_again(waiting, "Cổng chưa hề nhận gói tin; sẽ gửi lại.")
            return True
        for row, answer in zip(rows, match_answers(rows, answers), strict=True):
            if row.state in _ASKED:
                self._settle(row, answer)
        return True

    def _settle(self, row: Row, answer: RecordAnswer | None) -> None:
        if answer is None:
            self._ask_again(row, row.state, "Câu trả lời của cổng không nói về học bạ này; sẽ hỏi lại.")
            return
        disposition = self.client.codes.code(answer.error).disposition
        if answer.trang_thai == RecordStatus.PENDING:
            self._not_decided(row)
        elif answer.trang_thai == RecordStatus.APPROVED or disposition is Disposition.DUPLICATE:
            self._acknowledge(row, answer)
        elif disposition is Disposition.RETRY:
            self._later_all([row], State.READY, f"{answer.error}: {answer.error_description}")
        elif answer.error == codes.LATE:  # the file is right; whether it is taken yet, people agree on
            self._give_up([row], answer.error_description, answer.error)
        else:
            error = f"{answer.error} {answer.error_field_title}: {answer.error_description}"
            facts = {"error_code": answer.error, "error_field": answer.error_field_title}
            self._move(row, State.REJECTED, error=error, next_attempt_at=None, **facts)

    def _acknowledge(self, row: Row, answer: RecordAnswer) -> None:
        token, link = None, answer.link_tra_cuu
        try:
            if answer.bien_nhan or self.client.endpoint.receipts:
                token = base64.b64decode(answer.bien_nhan, validate=True)
                link = self._receipt_for(row, token).link
        except (ValueError, UncertainError) as error:
            self._ask_again(row, State.SENT, f"Đã được chấp nhận nhưng chưa có biên nhận đúng (receipt): {error}")
            return
        late = answer.error if answer.error == codes.ACCEPTED_LATE else None
        told = {"error": answer.error_description if late else None, "error_code": late}
        self._move(row, State.ACKNOWLEDGED, receipt=token, link=link or None, next_attempt_at=None, **told)

    def _receipt_for(self, row: Row, token: bytes) -> receipts.Receipt:
        receipt = receipts.read(token, self.trust)
        said = (receipt.record_code, receipt.sha256, receipt.decision)
        if said != (row.record_code, digest_of(row), receipts.APPROVED):
            raise UncertainError("RECEIPT_OF_ANOTHER", "Biên nhận không phải của bản này.", "receipt of another record")
        return receipt

    def _not_decided(self, row: Row) -> None:
        """Not a failure: asked ever less often, but never a reason to call a person."""
        self._later_all([row], State.SENT, "Cổng đã nhận, chưa quyết định.")

    def _wait(self, rows: list[Row], state: State, error: NoAnswerError) -> None:
        """The portal did not answer; not sooner than it asked for."""
        self._later_all(rows, state, _said(error), error.retry_after)

    def _later_all(self, rows: list[Row], state: State, error: str, least: timedelta | None = None) -> None:
        """Nobody's fault: ever later, but never a reason to call a person. What went together stays together."""
        moment = self._next(max((row.attempts for row in rows), default=0), least)
        for row in rows:
            attempts = max(row.attempts, min(row.attempts + 1, self.back_off.attempts // 2))
            self._later(row, state, error, attempts, moment)

    def _ask_again(self, row: Row, state: State, error: str, code: str | None = None) -> None:
        """Later; when that has failed too often a person is told, and the row keeps its message id."""
        if row.attempts >= self.back_off.attempts:
            state = State.NEEDS_ATTENTION
        self._later(row, state, error, row.attempts + 1, self._next(row.attempts), code)

    def _send_again(self, rows: list[Row], error: str) -> None:
        """Nothing of it was taken; after too many attempts a person is told."""
        moment = self._next(max((row.attempts for row in rows), default=0))
        for row in rows:
            if row.attempts >= self.back_off.attempts:
                self._give_up([row], error)
            else:
                self._later(row, State.READY, error, row.attempts + 1, moment)

    def _give_up(self, rows: list[Row], error: str, code: str | None = None) -> None:
        for row in rows:
            facts = {"claimed_until": None, "error": error, "error_code": code}
            self._move(row, State.NEEDS_ATTENTION, message_id=None, **facts)

    def _next(self, attempts: int, least: timedelta | None = None) -> datetime:
        now = self.clock()
        moment = self.back_off.next_attempt(now, attempts, self.random)
        return moment if least is None else max(moment, now + least)

    def _later(
        self, row: Row, state: State, error: str, attempts: int, moment: datetime, code: str | None = None
    ) -> None:
        changes = {"attempts": attempts, "next_attempt_at": moment, "claimed_until": None, "error": error}
        self._move(row, state, **changes, error_code=code)

    def _move(self, row: Row, state: State, **changes: Any) -> None:
        try:
            self.outbox.move(row.key, state, seen=row, **changes)
        except StaleRowError as error:
            _log.info("left to another worker: %s", error)


def _said(error: HocBaSoError) -> str:
    return f"{error.message_vi} ({error.message_en})"

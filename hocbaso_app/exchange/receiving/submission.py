"""Records of schools: transactions 1 and 2 (CV 2088 II.2.2, II.2.3), each record verified and answered for itself.

Taking in and settling are two steps. What was taken in is kept with the answer
to transaction 1; it may be settled at once or later, by another process, and
transaction 2 says PENDING until then.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.report import Check, Finding, Indication, RecordReport
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import Verification, verify

from .. import codes
from ..package import unpack
from ..transactions import Answer, Kind, RecordAnswer, RecordStatus, record_list, to_json
from .answers import taken
from .books import Message
from .decision import Decisions, answer_for
from .office import Office

_log = logging.getLogger(__name__)

AT_ONCE = 50
"""Records in memory at a time."""


class Submissions:
    """The book of records."""

    def __init__(self, office: Office) -> None:
        """At one authority's desk."""
        self._office = office

    def take(self, unit: str, message_id: str, content: str) -> Answer:
        """Transaction 1: the list is right and the unit's; its records wait. The same message again changes nothing."""
        office = self._office
        message = office.message(message_id, unit, Kind.SUBMIT, content, waits=True)
        with office.books.transaction():
            if office.seen(message):
                return taken(office.codes, message_id, codes.DUPLICATE)
            office.open_list_of(unit, content)
        return taken(office.codes, message_id, codes.ACCEPTED)

    def settle(self, message_id: str) -> bool:
        """Verify every record of a waiting message and keep all outcomes in one transaction; False: nothing to do."""
        books = self._office.books
        with books.transaction():
            message = books.claim(message_id)
            if message is None:
                return False
            files = unpack(message.content).items
            answers: list[RecordAnswer] = []
            for start in range(0, len(files), AT_ONCE):
                answers += self._settle_some(message, files[start : start + AT_ONCE])
            books.settle(message, answers)
        return True

    def _settle_some(self, message: Message, files: Sequence[bytes]) -> list[RecordAnswer]:
        moment = self._office.clock()
        verifications = [_verified(data, self._office.trust, moment) for data in files]
        decisions = Decisions(self._office, message, [v.document for v in verifications if v.valid])
        answers = [
            replace(self._answer(message, decisions, verification), sha256=verification.report.sha256)
            for verification in verifications
        ]
        decisions.keep()
        return answers

    def query(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 2: answers in the order of the package."""
        office = self._office
        message = office.known(unit, message_id, Kind.SUBMIT)
        answers = office.books.answers(message_id) if message.settled else self._pending(message)
        return record_list(message_id, [to_json(answer) for answer in answers], codes.ACCEPTED)

    def _answer(self, message: Message, decisions: Decisions, verification: Verification) -> RecordAnswer:
        office, document = self._office, verification.parsed
        if document is None or not verification.valid:
            return answer_for(
                office.codes, document, RecordStatus.REFUSED, codes.RECORD_INVALID, _first_problem(verification)
            )
        if document.record.general.school_code != message.unit:
            return answer_for(office.codes, document, RecordStatus.REFUSED, codes.OTHER_UNIT)
        return decisions.decide(document)

    def _pending(self, message: Message) -> list[RecordAnswer]:
        """One answer for each file, so that the sender can tell them apart; nothing is said of what is in them."""
        said = self._office.codes.code(codes.PENDING)
        status, text = RecordStatus.PENDING.value, said.message_vi
        files = unpack(self._office.books.content(message.message_id)).items
        return [RecordAnswer("", "", "", "", status, said.code, "", text, _digest(data)) for data in files]


def _verified(data: bytes, trust: TrustStore, moment: datetime) -> Verification:
    """One file that nobody foresaw is refused; it doesn't keep the others of its package waiting for ever."""
    try:
        return verify(data, trust, at=moment)
    except (MemoryError, OSError):  # nothing about the file: the message waits for another run
        raise
    except Exception:
        sha256 = _digest(data)
        _log.exception("the file with SHA-256 %s could not be verified", sha256)
        unforeseen = Finding(Check.FORM, "INTERNAL", "Phần mềm không kiểm tra được tệp này.", "an unforeseen error")
        report = RecordReport(sha256, write_instant(moment), Stage.RELEASE.value, findings=(unforeseen,))
        return Verification(report, None)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _first_problem(verification: Verification) -> str:
    for finding in verification.report.findings:
        return f"{finding.code} {finding.where or ''}: {finding.message_vi}"
    worst = next(s for s in verification.report.signatures if s.indication is not Indication.PASSED)
    return f"{worst.sub_indication or worst.indication.value} {worst.slot}: {worst.message_vi}"

"""Records of schools: transactions 1 and 2 (CV 2088 II.2.2, II.2.3), each record verified and answered for itself.

Taking in and settling are two steps. What was taken in is kept with the answer
to transaction 1; it may be settled at once or later, by another process, and
transaction 2 says PENDING until then.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from hocbaso_app.signing.report import Indication
from hocbaso_app.signing.verify import Verification, verify

from .. import codes
from ..package import unpack
from ..transactions import Answer, Kind, RecordAnswer, RecordStatus, record_list, to_json
from .answers import taken
from .books import Message
from .decision import Decisions, answer_for
from .office import Office


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

    def settle(self, message_id: str) -> None:
        """Verify every record of a waiting message; all outcomes are kept in one transaction."""
        books = self._office.books
        with books.transaction():
            message = books.message(message_id)
            if message is None or message.settled:
                return
            files = unpack(books.content(message_id)).items
            verifications = [verify(data, self._office.trust, at=self._office.clock()) for data in files]
            decisions = Decisions(self._office, message, [v.document for v in verifications if v.valid])
            answers = [self._answer(message, decisions, v) for v in verifications]
            answers = [replace(a, sha256=_digest(data)) for a, data in zip(answers, files, strict=True)]
            decisions.keep()
            books.settle(message, answers)

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


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _first_problem(verification: Verification) -> str:
    for finding in verification.report.findings:
        return f"{finding.code} {finding.where or ''}: {finding.message_vi}"
    worst = next(s for s in verification.report.signatures if s.indication is not Indication.PASSED)
    return f"{worst.sub_indication or worst.indication.value} {worst.slot}: {worst.message_vi}"

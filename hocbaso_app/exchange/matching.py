"""Which answer of transaction 2 (CV 2088 II.2.3) belongs to which file of the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .outbox import Row
from .transactions import RecordAnswer


def match_answers(rows: Sequence[Row], answers: Sequence[RecordAnswer]) -> list[RecordAnswer | None]:
    """The answer for each row, in order; ``rows`` are all rows of the message in the package's order.

    By SHA-256 where the authority gives it (our extension). Otherwise by place,
    when there is an answer for each file and it does not name another code;
    else by record code, when no other file and no other answer has it.
    """
    by_digest = {answer.sha256.lower(): answer for answer in answers if answer.sha256}
    codes_sent = Counter(row.record_code for row in rows)
    codes_answered = Counter(answer.ma_tra_cuu_uuid for answer in answers)
    by_code = {a.ma_tra_cuu_uuid: a for a in answers if not a.sha256 and codes_answered[a.ma_tra_cuu_uuid] == 1}

    def find(place: int, row: Row) -> RecordAnswer | None:
        if (found := by_digest.get(digest_of(row))) is not None:
            return found
        if len(answers) == len(rows):
            there = answers[place]
            if not there.sha256 and there.ma_tra_cuu_uuid in ("", row.record_code):
                return there
        return by_code.get(row.record_code) if codes_sent[row.record_code] == 1 else None

    return [find(place, row) for place, row in enumerate(rows)]


def digest_of(row: Row) -> str:
    """SHA-256 of a row's file, lower-case hex, from its key."""
    return row.key.rpartition(":")[2]

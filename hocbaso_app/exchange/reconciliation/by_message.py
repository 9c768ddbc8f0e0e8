"""A portal that has none of our extensions is asked about each message instead (CV 2088 II.2.3).

That shows what it has lost, not what the school has lost: it is never asked
about a record of which the school knows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..codes import CodeSet, Disposition
from ..transactions import RecordAnswer, RecordStatus
from .inventory import Held, Own, Status


class AnswersMessages(Protocol):
    """Whoever can ask transaction 2, such as :class:`~hocbaso_app.exchange.client.PortalClient`."""

    @property
    def codes(self) -> CodeSet:
        """The portal's codes."""
        ...

    def query_submission(self, message_id: str, /) -> list[RecordAnswer] | None:
        """Its answers; ``None`` for a message it does not know."""
        ...


def ask_by_message(authority: AnswersMessages, sent: Mapping[str, Sequence[Own]]) -> list[Held]:
    """``sent``: message → what went with it. A recall and a receipt's number are taken from the school's side."""
    held = []
    for message_id, rows in sent.items():
        answers = authority.query_submission(message_id) or []
        approved = [a for a in answers if _is_held(authority.codes, a)]
        digests = {a.sha256.lower() for a in approved if a.sha256}
        codes = {a.ma_tra_cuu_uuid for a in approved if not a.sha256}
        held += [_as_held(row) for row in rows if row.sha256 in digests or row.code in codes]
    return held


def _is_held(codes: CodeSet, answer: RecordAnswer) -> bool:
    if answer.trang_thai == RecordStatus.APPROVED:
        return True
    return bool(answer.error) and codes.code(answer.error).disposition is Disposition.DUPLICATE


def _as_held(row: Own) -> Held:
    status = Status.RECALLED if row.recalled else Status.ACTIVE
    return Held(row.code, row.issue, row.sha256, row.pupil, status, row.receipt_number, "")

"""What a receiving side keeps, as typed rows, and where it keeps them: a protocol, so that any store will do.

Units are codes (MA_DON_VI); times are spelled as in a record file.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from hocbaso_app.record.document import Document

from ..transactions import CertificateStatus, Kind, RecallStatus, RecordAnswer

PageKey = tuple[str, str, str]
"""Pupil, school year, page: of these only one record may be in force."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a unit. ``content`` is kept until it is settled."""

    message_id: str
    unit: str
    kind: Kind
    content_sha256: str
    received_at: str
    settled: bool
    content: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record that was received."""

    code: str
    sha256: str
    unit: str
    pupil: str
    school_year: str
    page: str
    issue: str
    received_at: str
    number: str
    receipt: bytes
    link: str
    late: bool = False
    recalled_at: str | None = None
    replaced_by: str | None = None

    @property
    def page_key(self) -> PageKey:
        """What only one record in force may have."""
        return (self.pupil, self.school_year, self.page)


@dataclass(frozen=True, slots=True)
class Registration:
    """A certificate that a unit asks to use."""

    message_id: str
    unit: str
    serial: str
    sha256: str
    pem: str
    kind: str
    issuer: str
    status: CertificateStatus = CertificateStatus.PENDING
    decided_by: str = ""
    decided_at: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecallRow:
    """One record that is asked back. What is said of the pupil is what the request says."""

    message_id: str
    position: int
    unit: str
    code: str
    sha256: str
    pupil: str
    name: str
    citizen_id: str
    reason: str
    requested_by: str
    status: RecallStatus = RecallStatus.PENDING
    decided_by: str = ""
    decided_at: str = ""
    note: str = ""


class Books(Protocol):
    """Every change happens inside :meth:`transaction`; two at once never see each other's half."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; kept for good when it ends. One inside another is part of it."""
        ...

    def message(self, message_id: str) -> Message | None:
        """A message of any kind, without its content."""
        ...

    def content(self, message_id: str) -> str:
        """The content of a message that waits to be settled."""
        ...

    def add_message(self, message: Message) -> None:
        """A new one."""
        ...

    def claim(self, message_id: str) -> Message | None:
        """A waiting message with its content, this transaction's own; ``None`` when it is settled or in other hands."""
        ...

    def settle(self, message: Message, answers: Sequence[RecordAnswer]) -> None:
        """Keep the answers of a message, in the order of its package; it is settled then."""
        ...

    def answers(self, message_id: str) -> list[RecordAnswer]:
        """The answers of a settled message, in the order of its package, with receipts and links."""
        ...

    def records(self, codes: Collection[str]) -> dict[str, Record]:
        """Received records by code, recalled ones too."""
        ...

    def in_force(self, keys: Collection[PageKey]) -> dict[PageKey, str]:
        """The code of the record in force for each of these pages that has one."""
        ...

    def held(self, unit: str, school_year: str, after: str, limit: int) -> list[Record]:
        """A unit's records of a year in the order of their codes, those behind ``after``, recalled ones too."""
        ...

    def count_held(self, unit: str, school_year: str) -> int:
        """How many there are."""
        ...

    def data(self, code: str) -> bytes:
        """The octets of a received record."""
        ...

    def next_numbers(self, count: int) -> Sequence[int]:
        """Numbers for receipts that nobody else gets."""
        ...

    def add_records(self, message: Message, records: Sequence[tuple[Record, Document]]) -> None:
        """New records of a message with their files; a record that replaces another becomes known as its successor."""
        ...

    def recall(self, code: str, moment: str) -> None:
        """A record is no longer in force."""
        ...

    def recalled(self) -> dict[str, str]:
        """Code → moment of recall, of all recalled records."""
        ...

    def add_registration(self, row: Registration) -> None:
        """A certificate that waits for a decision."""
        ...

    def registration(self, message_id: str) -> Registration | None:
        """A registration, decided or not."""
        ...

    def decide_registration(self, row: Registration) -> None:
        """Keep the decision that ``row`` carries."""
        ...

    def add_recalls(self, rows: Sequence[RecallRow]) -> None:
        """The entries of one recall list."""
        ...

    def recalls(self, message_id: str) -> list[RecallRow]:
        """The entries of a recall list, in its order."""
        ...

    def decide_recall(self, row: RecallRow) -> None:
        """Keep the decision that ``row`` carries."""
        ...

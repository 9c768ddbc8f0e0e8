"""A signed receipt per record (our extension): the authority says what it holds, anyone can check it for ever."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from .statement import open_statement

KIND = "receipt"
APPROVED, REFUSED = "approved", "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was received and decided.

    ``sha256`` is of the record's octets, ``received_at`` as in a record file,
    ``decision`` is :data:`APPROVED` or :data:`REFUSED`.
    """

    number: str
    record_code: str
    issue_number: str
    sha256: str
    school_code: str
    received_at: str
    link: str
    decision: str

    def __post_init__(self) -> None:
        """``ValueError`` for a decision that is none."""
        if self.decision not in (APPROVED, REFUSED):
            raise ValueError("a receipt says approved or refused")


def issue(receipt: Receipt, key: KeySource) -> bytes:
    """The receipt sealed by the authority."""
    return seal(asdict(receipt), key, kind=KIND)


def read(token: bytes, trust: TrustStore, *, at: datetime | None = None) -> Receipt:
    """A receipt whose seal is the authority's, valid at receipt (or ``at``); :class:`UncertainError` otherwise."""
    return open_statement(token, KIND, trust, Receipt, lambda receipt: receipt.received_at, at)

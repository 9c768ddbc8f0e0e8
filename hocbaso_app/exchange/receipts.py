"""A signed receipt per record (our extension): the authority says what it holds, anyone can check it for ever."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.cose import SealError, open_seal, seal
from hocbaso_app.signing.identity import tax_code
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from .errors import UncertainError

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


def issue(receipt: Receipt, key: KeySource) -> bytes:
    """The receipt sealed by the authority."""
    return seal(asdict(receipt), key, kind=KIND)


def read(token: bytes, trust: TrustStore, *, at: datetime | None = None) -> Receipt:
    """A receipt whose seal is the authority's, valid at receipt (or ``at``); :class:`UncertainError` otherwise."""
    try:
        sealed = open_seal(token, kind=KIND)
        receipt = Receipt(**sealed.claims)
        if receipt.decision not in (APPROVED, REFUSED):
            raise ValueError("no decision")
        result = trust.paths.check(sealed.certificate, at or read_instant(receipt.received_at), "if-present")
    except (SealError, TypeError, ValueError) as error:
        raise _wrong(str(error)) from error
    if not result.ok or tax_code(sealed.certificate) != trust.registry.department_tax_code:
        raise _wrong("not sealed by the authority of the trust list")
    return receipt


def _wrong(why: str) -> UncertainError:
    return UncertainError("RECEIPT_WRONG", "Biên nhận không đúng của cơ quan tiếp nhận; sẽ hỏi lại.", f"receipt: {why}")

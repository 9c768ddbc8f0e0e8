"""The authority's signed public list of recalled record codes: no pupil data in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hocbaso_app.record.times import read_instant, write_instant
from hocbaso_app.signing.cose import SealError, open_seal, seal
from hocbaso_app.signing.identity import tax_code
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from .errors import UncertainError

KIND = "status-list"


@dataclass(frozen=True, slots=True)
class StatusList:
    """Recalled codes with the moment of recall, as of ``issued_at``; times as in a record file."""

    issued_at: str
    recalled: dict[str, str]


def issue(recalled: dict[str, str], key: KeySource, issued_at: datetime) -> bytes:
    """The list sealed by the authority."""
    return seal({"issued_at": write_instant(issued_at), "recalled": recalled}, key, kind=KIND)


def read(token: bytes, trust: TrustStore, *, at: datetime | None = None) -> StatusList:
    """A list whose seal is the authority's; :class:`UncertainError` otherwise."""
    try:
        sealed = open_seal(token, kind=KIND)
        found = StatusList(**sealed.claims)
        result = trust.paths.check(sealed.certificate, at or read_instant(found.issued_at), "if-present")
    except (SealError, TypeError, ValueError) as error:
        raise _wrong(str(error)) from error
    if not result.ok or tax_code(sealed.certificate) != trust.registry.department_tax_code:
        raise _wrong("not sealed by the authority of the trust list")
    return found


def _wrong(why: str) -> UncertainError:
    return UncertainError("STATUS_LIST_WRONG", "Danh sách trạng thái không đúng của cơ quan tiếp nhận.", why)

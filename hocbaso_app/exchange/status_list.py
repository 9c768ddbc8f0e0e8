"""The authority's signed public list of recalled record codes: no pupil data in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from .statement import open_statement

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
    return open_statement(token, KIND, trust, StatusList, lambda found: found.issued_at, at)

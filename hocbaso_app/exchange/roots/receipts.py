"""The authority's word that it holds a daily root since a moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from hocbaso_app.signing.cose import seal
from hocbaso_app.signing.keys import KeySource
from hocbaso_app.signing.trust import TrustStore

from ..statement import open_statement

KIND = "daily-root-receipt"


@dataclass(frozen=True, slots=True)
class RootReceipt:
    """``sha256`` is of the statement; ``sealed``: whether the unit's own seal stands under it."""

    unit: str
    number: int
    root: str
    sha256: str
    sealed: bool
    received_at: str


def issue(receipt: RootReceipt, key: KeySource) -> bytes:
    """Sealed by the authority."""
    return seal(asdict(receipt), key, kind=KIND)


def read(token: bytes, trust: TrustStore) -> RootReceipt:
    """:class:`~hocbaso_app.exchange.errors.UncertainError` unless the authority sealed it."""
    return open_statement(token, KIND, trust, RootReceipt, lambda receipt: receipt.received_at, None)

"""A released record, time-stampers of two generations, and a clock that can be moved."""

from __future__ import annotations

from datetime import datetime, timedelta

from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.signing.evidence.making import Stamper, by_length

YEAR = timedelta(days=365)


def stamper(authority: TimestampAuthority, at: datetime) -> Stamper:
    """The authority with its clock at ``at``."""
    return by_length(lambda digest, algorithm: authority.stamp_digest(digest, at, algorithm))

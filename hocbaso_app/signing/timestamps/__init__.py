"""RFC 3161 timestamps: asking for a token, reading it, and saying what it is worth."""

from __future__ import annotations

from collections.abc import Callable

from .check import TokenVerdict, check_token
from .client import TimestampClient
from .slots import Stamps, slots_without, timestamp_slots
from .token import TimestampError, TimestampToken, read_token

Sha256Stamper = Callable[[bytes], bytes]
"""SHA-256 digest → DER TimeStampToken; :meth:`TimestampClient.stamp_digest` is one."""

__all__ = [
    "Sha256Stamper",
    "Stamps",
    "TimestampClient",
    "TimestampError",
    "TimestampToken",
    "TokenVerdict",
    "check_token",
    "read_token",
    "slots_without",
    "timestamp_slots",
]

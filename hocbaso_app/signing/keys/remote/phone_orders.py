"""What SmartCA and MySign have in common: hashes go under document ids, and the phone answers the whole order."""

from __future__ import annotations

from collections.abc import Sequence

from .failures import DISABLED, EXPIRED, REVOKED, Failure

_BAD_STATES = (
    ("hết hạn", EXPIRED),
    ("expired", EXPIRED),
    ("thu hồi", REVOKED),
    ("revoked", REVOKED),
    ("tạm", DISABLED),
    ("khóa", DISABLED),
    ("khoá", DISABLED),
    ("hủy", DISABLED),
    ("huỷ", DISABLED),
    ("chưa kích hoạt", DISABLED),
    ("suspend", DISABLED),
    ("disabled", DISABLED),
    ("inactive", DISABLED),
    ("lock", DISABLED),
)


def document_ids(digests: Sequence[bytes]) -> list[str]:
    """One for each hash, told apart by number and by its first octets, so that they read the same on both screens."""
    return [f"{number:04}-{digest[:8].hex()}" for number, digest in enumerate(digests, start=1)]


def fault_of(state: str) -> Failure | None:
    """What a state in words forbids; an unknown word forbids nothing, for the service has the last word."""
    told = state.casefold()
    return next((failure for sign, failure in _BAD_STATES if sign in told), None)

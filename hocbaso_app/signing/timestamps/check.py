"""What a token proves: that octets with this digest existed at its time, if its authority may be relied on."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from hocbaso_app.signing.paths import PathChecker

from .token import TimestampToken

CLOCK_SKEW = timedelta(minutes=5)
MAX_ACCURACY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """Whether a token is a proof, else the EN 319 102-1 sub-indication and why."""

    ok: bool
    time: datetime
    """By then the octets existed: the token's time and its accuracy."""
    sub_indication: str | None
    message_vi: str
    message_en: str

    @property
    def undecided(self) -> bool:
        """The token itself is right, but its authority can't be judged at that moment: it proves nothing, it is no
        sign of manipulation either."""
        return self.sub_indication in _UNDECIDED


_UNDECIDED = {
    "OUT_OF_BOUNDS_NO_POE",
    "TRY_LATER",
    "REVOKED_NO_POE",
    "REVOKED_CA_NO_POE",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
}


def check_token(
    token: TimestampToken, digest: bytes, paths: PathChecker, at: datetime, *, revocation: str = "require"
) -> TokenVerdict:
    """The token over ``digest`` (by its own algorithm), its authority judged at ``at`` (a moment up to which it is
    known to have existed, or now)."""

    def no(sub_indication: str, message_vi: str, message_en: str) -> TokenVerdict:
        return TokenVerdict(False, token.latest, sub_indication, message_vi, message_en)

    if not hmac.compare_digest(token.imprint, digest):
        return no("HASH_FAILURE", "Dấu thời gian không thuộc về dữ liệu này.", "the imprint is of other octets")
    if not token.signature_is_right:
        return no("SIG_CRYPTO_FAILURE", "Chữ ký của dấu thời gian sai.", "the token's signature is wrong")
    weak = [name for name in (token.algorithm, *token.signature_algorithms) if not paths.algorithms.allowed(name, at)]
    if weak:
        ended = all(paths.algorithms.ends(name) for name in weak)
        return no(
            "CRYPTO_CONSTRAINTS_FAILURE_NO_POE" if ended else "CRYPTO_CONSTRAINTS_FAILURE",
            "Dấu thời gian dùng thuật toán không còn được chấp nhận.",
            f"{', '.join(weak)} barred",
        )
    if not timedelta() <= token.accuracy <= MAX_ACCURACY:
        return no(
            "SIG_CONSTRAINTS_FAILURE",
            "Đồng hồ của đơn vị cấp dấu thời gian không đủ chính xác.",
            f"the accuracy is only {token.accuracy}",
        )
    if token.time > at + CLOCK_SKEW:
        return no(
            "TRY_LATER",
            "Dấu thời gian nằm sau thời điểm kiểm tra.",
            "the token's time lies after the moment of the check",
        )
    if not token.certificate.not_valid_before_utc <= token.time <= token.certificate.not_valid_after_utc:
        return no(
            "CHAIN_CONSTRAINTS_FAILURE",
            "Dấu thời gian được cấp khi chứng thư số của đơn vị cấp không có hiệu lực.",
            "stamped outside the validity of the authority's certificate",
        )
    path = paths.check(token.certificate, at, revocation, "timestamp")
    if path.ok:
        return TokenVerdict(True, token.latest, None, "Dấu thời gian hợp lệ.", "The timestamp is valid.")
    sub_indication = path.sub_indication or "NO_CERTIFICATE_CHAIN_FOUND"
    if sub_indication == "REVOKED":
        sub_indication = "REVOKED_NO_POE"
    return no(sub_indication, f"Dấu thời gian: {path.message_vi}", f"the authority's certificate: {path.message_en}")

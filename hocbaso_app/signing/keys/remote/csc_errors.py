"""Errors of the Cloud Signature Consortium API (v1 chapters 8–11, v2 chapters 10–11) in our vocabulary.

Most cases share the code ``invalid_request`` and differ in their description
only, whose wording the specification prescribes.
"""

from __future__ import annotations

import requests

from .failures import (
    ACCOUNT,
    ANSWER,
    BUSY,
    CLIENT,
    DISABLED,
    EXPIRED,
    NO_KEY,
    OTP_NEEDED,
    OTP_WRONG,
    PIN_LOCKED,
    PIN_NEEDED,
    PIN_WRONG,
    REFUSED,
    TICKET,
    TIMED_OUT,
    TOO_MANY,
    Failure,
)
from .reading import words
from .room import Answer

_BY_CODE = {
    "invalid_pin": PIN_WRONG,
    "invalid_otp": OTP_WRONG,
    "access_denied": REFUSED,
    "authentication_error": CLIENT,
    "invalid_client": CLIENT,
    "unauthorized_client": CLIENT,
    "invalid_grant": CLIENT,
    "temporarily_unavailable": BUSY,
    "server_error": BUSY,
}

_BY_DESCRIPTION = (
    ("pin locked", PIN_LOCKED),
    ("locked", DISABLED),
    ("disabled", DISABLED),
    ("suspended", DISABLED),
    ("signatures is too high", TOO_MANY),
    ("certificate is expired", EXPIRED),
    ("is expired", EXPIRED),
    ("sad expired", TICKET),
    ("parameter sad", TICKET),
    ("parameter handle", TIMED_OUT),
    ("parameter requestid", TICKET),
    ("parameter credentialid", NO_KEY),
    ("parameter userid", ACCOUNT),
    ("parameter client_secret", CLIENT),
    ("parameter client_id", CLIENT),
    ("username-password", CLIENT),
    ("client authorization required", CLIENT),
    ("parameter pin", PIN_NEEDED),
    ("parameter otp", OTP_NEEDED),
)


def error_code(answer: Answer) -> str:
    """The specification's error code of an answer, empty without one."""
    return words(answer.body, "error") if isinstance(answer.body, dict) else ""


def refusal(answer: Answer, what: str, *, with_otp: bool = False) -> tuple[Failure, str]:
    """What a refused call means; ``with_otp``: a one-time password was part of what was refused.

    With it the service's own words, which may echo a secret: see :meth:`~.room.Room.error`.
    """
    body = answer.body if isinstance(answer.body, dict) else {}
    code, description = error_code(answer), words(body, "error_description")
    detail = f"{what}: HTTP {answer.status} {code} {description}"
    if code == "invalid_authentication_data":
        return OTP_WRONG if with_otp else PIN_WRONG, detail
    return _failure(answer.status, code, description.casefold()), detail


def _failure(status: int, code: str, description: str) -> Failure:
    if "timed out" in description:
        return TIMED_OUT
    if code in _BY_CODE:
        return _BY_CODE[code]
    for sign, failure in _BY_DESCRIPTION:
        if sign in description:
            return failure
    return CLIENT if status in (requests.codes.unauthorized, requests.codes.forbidden) else ANSWER

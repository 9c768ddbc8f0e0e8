"""The second factor of a login, as an authenticator app shows it."""

from __future__ import annotations

import base64
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP


def one_time_code(secret: str) -> str:
    """RFC 6238 code of this moment for a base32 secret; waits when the running period is nearly over."""
    left = 30 - time.time() % 30
    if left < 3:
        time.sleep(left + 0.2)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return TOTP(key, 6, SHA1(), 30, enforce_key_length=False).generate(int(time.time())).decode()

"""Made-up subscribers of a signing service: account, key, and what guards it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.school import School
from hocbaso_app.signing.keys import LocalKey

TRIES = 3


@dataclass
class Subscriber:
    """One key at the service. A person may have several."""

    account: str
    key: LocalKey
    pin: str = ""
    otp: str = ""
    """``offline``: an app shows it; ``online``: it is sent when asked for; empty: none."""
    confirms: bool = False
    """The service itself asks on the phone."""
    browser: bool = False
    """Authorised on the service's page (CSC, ``oauth2code``)."""
    multisign: int = 100
    status: str = "valid"
    """``valid``, ``suspended``, ``revoked``, ``expired``."""
    tries: int = TRIES
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    code: str = field(default_factory=lambda: new_code())
    """The one-time password that is good now; used, it changes."""
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def locked(self) -> bool:
        """After so many wrong PINs or codes."""
        return self.tries <= 0

    @property
    def serial(self) -> str:
        """Of the certificate, in hexadecimal."""
        return format(self.key.certificate.serial_number, "x")

    def chain(self) -> list[bytes]:
        """Certificates in DER, the subscriber's first."""
        return [c.public_bytes(Encoding.DER) for c in (self.key.certificate, *self.key.chain)]

    def state(self, now: datetime) -> str:
        """Status as of a moment."""
        expired = now > self.key.certificate.not_valid_after_utc
        return "expired" if self.status == "valid" and expired else self.status

    def pin_is_right(self, given: object) -> bool:
        """Wrong ones are counted."""
        return self._count(isinstance(given, str) and hmac.compare_digest(given.encode(), self.pin.encode()))

    def code_is_right(self, given: object) -> bool:
        """Good once; wrong ones are counted."""
        right = self._count(isinstance(given, str) and hmac.compare_digest(given.encode(), self.code.encode()))
        if right:
            self.code = new_code()
        return right

    def sign(self, digest: bytes) -> bytes:
        """A value over a SHA-256: PKCS#1 v1.5, or ECDSA in DER as services give it."""
        key = self.key.private_key
        prehashed = Prehashed(hashes.SHA256())
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(digest, padding.PKCS1v15(), prehashed)
        return key.sign(digest, ec.ECDSA(prehashed))

    def _count(self, right: bool) -> bool:
        with self._lock:
            self.tries = TRIES if right else self.tries - 1
            return right


def new_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**6):06}"


def of_account(subscribers: Sequence[Subscriber], account: object) -> list[Subscriber]:
    """All keys of an account."""
    return [s for s in subscribers if s.account == account]


def staff_of(school: School, ca: DemoCA) -> list[Subscriber]:
    """The made-up school's people by CCCD number, and its seal by tax code."""
    people = [Subscriber(p.citizen_id, ca.person(p.name, p.citizen_id)) for p in school.staff]
    return [*people, Subscriber(school.tax_code, ca.organisation(school.name, school.tax_code))]

"""A signature that proves that a key source works, over a text that can never be anything else.

The text starts with a fixed line, so it is no record (those start with ``<`` or
``{``), no SignedInfo and no COSE structure, and it names the certificate it was
made for. Checking is by reconstruction: the text is read, made anew and compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from hocbaso_app.record.times import read_instant, write_instant

from .certificate import SigningCertificate
from .crypto import value_is_right

PREFIX = "HBS-KY-THU 1\nChữ ký thử, không phải học bạ. / A test signature, never a record.\n"
_NONCE = re.compile("[0-9A-Za-z_-]{16,128}")
_LINES = re.compile(
    r"holder: (?P<holder>.*)\ncertificate: (?P<sha256>[0-9a-f]{64})\nnonce: (?P<nonce>[0-9A-Za-z_-]{16,128})\n"
    r"time: (?P<time>[0-9T:+-]{25})\n",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class TrialText:
    """What the text of a test signature says."""

    holder: str
    certificate_sha256: str
    nonce: str
    at: datetime


def prepare_test(certificate: x509.Certificate, nonce: str, at: datetime) -> bytes:
    """The octets to be signed; ``nonce`` is 16 or more unguessable characters of base64url, else ``ValueError``."""
    if not _NONCE.fullmatch(nonce):
        raise ValueError("a nonce has 16 to 128 characters of base64url")
    facts = SigningCertificate.of(certificate)
    lines = f"holder: {facts.subject_name}\ncertificate: {facts.sha256}\nnonce: {nonce}\ntime: {write_instant(at)}\n"
    return (PREFIX + lines).encode()


def read_test(octets: bytes) -> TrialText | None:
    """What the octets say; ``None`` when they are no text of a test signature."""
    try:
        text = octets.decode()
        found = _LINES.fullmatch(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else None
        return found and TrialText(found["holder"], found["sha256"], found["nonce"], read_instant(found["time"]))
    except ValueError:
        return None


def check_test(certificate: x509.Certificate, octets: bytes, value: bytes) -> bool:
    """Whether the octets are a test text for this very certificate and ``value`` is its signature."""
    said = read_test(octets)
    if said is None or said.at.tzinfo is None or prepare_test(certificate, said.nonce, said.at) != octets:
        return False
    key = SigningCertificate.of(certificate).public_key
    return key is not None and value_is_right(key, octets, value)

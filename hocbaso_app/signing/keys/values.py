"""What the sources' own spellings of hashes and values have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ..crypto import COORDINATE, algorithm_of, value_is_right
from .source import KeySourceError

_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def require_allowed(certificate: x509.Certificate) -> None:
    """Before anybody types a PIN: KEY_NOT_ALLOWED for a key that no record may be signed with."""
    if algorithm_of(certificate.public_key()) is None:
        raise KeySourceError(
            "KEY_NOT_ALLOWED",
            "Khóa của chứng thư số không được chấp nhận; cần RSA từ 2048 bit hoặc ECDSA P-256.",
            "key must be RSA of at least 2048 bits or ECDSA P-256",
        )


def sha256(item: bytes) -> bytes:
    """What a source that signs hashes is given."""
    return hashlib.sha256(item).digest()


def digest_info(digest: bytes) -> bytes:
    """DER DigestInfo of a SHA-256, which bare RSA PKCS#1 v1.5 pads (RFC 8017, 9.2)."""
    return _DIGEST_INFO + digest


def raw_of(der: bytes) -> bytes:
    """r‖s of an ECDSA P-256 value in DER; ``ValueError`` for other octets."""
    r, s = decode_dss_signature(der)
    if max(r, s) >> (8 * COORDINATE):
        raise ValueError("an ECDSA value of another curve")
    return r.to_bytes(COORDINATE, "big") + s.to_bytes(COORDINATE, "big")


def checked(certificate: x509.Certificate, to_be_signed: Sequence[bytes], values: Sequence[bytes]) -> list[bytes]:
    """The values as the format has them, each verified with the certificate before it is given out.

    ECDSA comes as DER or r‖s from devices and services; VALUE_WRONG for a value that is neither
    or does not verify, SERVICE_ANSWER for another number of values.
    """
    if len(values) != len(to_be_signed):
        raise KeySourceError(
            "SERVICE_ANSWER",
            "Nguồn khóa trả về không đủ chữ ký. Hãy ký lại; nếu lặp lại, liên hệ nhà cung cấp chứng thư số.",
            f"{len(values)} values for {len(to_be_signed)} items",
        )
    good: list[bytes] = []
    for item, value in zip(to_be_signed, values, strict=True):
        right = right_value(certificate, item, value)
        if right is None:
            raise KeySourceError(
                "VALUE_WRONG",
                "Giá trị chữ ký không khớp với chứng thư số. Hãy kiểm tra đã chọn đúng chứng thư số rồi ký lại.",
                "a signature value does not verify with the certificate",
                signed=good,
            )
        good.append(right)
    return good


def right_value(certificate: x509.Certificate, item: bytes, value: bytes) -> bytes | None:
    """The value as the format has it, or ``None`` when it is not the certificate's over ``item``."""
    key = certificate.public_key()
    kind = algorithm_of(key)
    if kind is None:
        return None
    if kind == "ec" and len(value) != 2 * COORDINATE:
        try:
            value = raw_of(value)
        except ValueError:
            return None
    return value if value_is_right(key, item, value) else None  # type: ignore[arg-type]

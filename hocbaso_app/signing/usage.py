"""What bars a certificate from a use whoever issued it, and which anchors may stand above it."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .algorithms import Algorithms
from .identity import person_id, tax_code
from .path_result import PathResult, no, weak

USAGES = ("signing", "timestamp")
PURPOSES = ("person", "organisation", "timestamp")


def purposes(certificate: x509.Certificate, usage: str) -> frozenset[str]:
    """What an anchor must be listed for; one of them is enough."""
    if usage == "timestamp":
        return frozenset({"timestamp"})
    kinds = {"person": person_id(certificate), "organisation": tax_code(certificate)}
    return frozenset(kind for kind, number in kinds.items() if number) or frozenset(kinds)


def unfit(certificate: x509.Certificate, usage: str, at: datetime, algorithms: Algorithms) -> PathResult | None:
    """The refusal, if any."""
    key = certificate.public_key()
    if usage == "signing" and not algorithms.signs_records(key):
        return no(
            "CRYPTO_CONSTRAINTS_FAILURE",
            "Khóa của chứng thư số không được chấp nhận; cần RSA từ 2048 bit hoặc ECDSA P-256.",
            "the key is neither RSA of at least 2048 bits nor ECDSA P-256",
        )
    names = algorithms.names_of(key) or ("unknown",)
    if usage == "timestamp":
        names = names[:1]  # a token names its own digest
    if not all(algorithms.allowed(name, at) for name in names):
        ends = [end for end in map(algorithms.ends, names) if end is not None and end <= at]
        return weak(f"not allowed: {', '.join(names)}", ended=min(ends, default=None))
    if not _signs(certificate):
        return no("CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số không được cấp để ký.", "the key usage has no signing bit")
    if is_authority(certificate):
        return no(
            "CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số không được cấp để ký.", "the certificate is an authority's"
        )
    if usage == "timestamp" and not stamps_only(certificate):
        return no(
            "CHAIN_CONSTRAINTS_FAILURE",
            "Chứng thư số không được cấp để đóng dấu thời gian.",
            "extended key usage must be timeStamping alone and critical (RFC 3161 2.3)",
        )
    return None


def _signs(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True  # RFC 5280 4.2.1.3: no extension, no restriction
    return usage.digital_signature or usage.content_commitment


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue others, by its basic constraints (RFC 5280 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def stamps_only(certificate: x509.Certificate) -> bool:
    """RFC 3161 2.3: extended key usage timeStamping, alone and critical."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return extension.critical and list(extension.value) == [ExtendedKeyUsageOID.TIME_STAMPING]

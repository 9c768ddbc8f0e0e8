"""CRLs as they lie together: which are an issuer's, and which is the newest of each scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cryptography import x509

from .malformed import MALFORMED


def scope(crl: x509.CertificateRevocationList) -> tuple[Any, ...]:
    """The same for a list and the one that takes its place: issuer, issuing distribution point, delta or whole."""
    marks = (x509.IssuingDistributionPoint, x509.DeltaCRLIndicator)
    return crl.issuer, *(e.value.public_bytes() for e in crl.extensions if isinstance(e.value, marks))


def of_issuer(
    crls: Iterable[x509.CertificateRevocationList], issuer: x509.Certificate
) -> list[x509.CertificateRevocationList]:
    """Those that bear its name and its signature."""
    return [crl for crl in crls if crl.issuer == issuer.subject and _signed(crl, issuer)]


def newest(crls: Iterable[x509.CertificateRevocationList]) -> list[x509.CertificateRevocationList]:
    """One of each scope."""
    found: dict[tuple[Any, ...], x509.CertificateRevocationList] = {}
    for crl in sorted(crls, key=lambda one: one.last_update_utc):
        found[scope(crl)] = crl
    return list(found.values())


def covering(
    crls: Iterable[x509.CertificateRevocationList], certificate: x509.Certificate, at: datetime
) -> list[x509.CertificateRevocationList]:
    """Those that still count at ``at`` and were made while the certificate could be on them."""
    return [
        crl
        for crl in crls
        if (crl.next_update_utc is None or crl.next_update_utc >= at)
        and crl.last_update_utc <= certificate.not_valid_after_utc
    ]


def _signed(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except MALFORMED:
        return False

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
    """Those that still count at ``at`` and can speak for the certificate."""
    return [
        crl
        for crl in crls
        if (crl.next_update_utc is None or crl.next_update_utc >= at) and speaks_for(crl, certificate)
    ]


def speaks_for(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """A list made after a certificate's end may have dropped it, so its silence says nothing; its entry still does."""
    return crl.last_update_utc <= certificate.not_valid_after_utc or _names(crl, certificate)


def _names(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is None:
        return False
    if not _indirect(crl):
        return True
    about = crl.issuer  # RFC 5280 5.3.3: an entry without an issuer is about the issuer of the one before
    for entry in crl:
        try:
            issuer = entry.extensions.get_extension_for_class(x509.CertificateIssuer).value
            about = issuer.get_values_for_type(x509.DirectoryName)[0]
        except x509.ExtensionNotFound:
            pass
        if entry.serial_number == certificate.serial_number and about == certificate.issuer:
            return True
    return False


def _indirect(crl: x509.CertificateRevocationList) -> bool:
    try:
        return crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.indirect_crl
    except x509.ExtensionNotFound:
        return False


def _signed(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except MALFORMED:
        return False

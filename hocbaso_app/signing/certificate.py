"""A signing certificate with everything that is asked of it again and again, computed once per certificate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import write_instant

from .crypto import PublicKey, algorithm_of
from .identity import common_name, person_id, tax_code
from .malformed import MALFORMED
from .report import CertificateInfo


class CertificateError(HocBaSoError):
    """A certificate whose parts can't be read."""


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """Parsed facts of one certificate."""

    x509: Certificate
    sha256: str
    public_key: PublicKey | None
    """``None`` when the policy does not allow the key."""
    algorithm: str | None
    subject_name: str
    """RFC 4514, as X509SubjectName carries it."""
    common_name: str
    person_id: str | None
    tax_code: str | None
    not_before: datetime
    not_after: datetime
    info: CertificateInfo

    @classmethod
    def of(cls, certificate: Certificate) -> SigningCertificate:
        """Facts of a parsed certificate; :class:`CertificateError` when its names or dates can't be read."""
        found = read_certificate(certificate.public_bytes(Encoding.DER))
        if found is None:
            raise CertificateError(
                "CERTIFICATE_UNREADABLE",
                "Chứng thư số này hỏng hoặc không đúng chuẩn. Hãy hỏi tổ chức cấp chứng thư số.",
                "the certificate can't be read",
            )
        return found


@lru_cache(maxsize=4096)
def read_certificate(der: bytes) -> SigningCertificate | None:
    """Facts of DER octets; ``None`` when they are no certificate."""
    try:
        certificate = load_der_x509_certificate(der)
        key = certificate.public_key()
        subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        sha256 = hashlib.sha256(der).hexdigest()
        serial = format(certificate.serial_number, "x")
        return SigningCertificate(
            certificate,
            sha256,
            key if algorithm_of(key) else None,  # type: ignore[arg-type]
            algorithm_of(key),
            subject,
            common_name(certificate),
            person_id(certificate),
            tax_code(certificate),
            start,
            end,
            CertificateInfo(subject, issuer, serial, sha256, write_instant(start), write_instant(end)),
        )
    except MALFORMED:
        return None

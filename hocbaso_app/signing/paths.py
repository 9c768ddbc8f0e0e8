"""Certificate paths and revocation (RFC 5280), by pyhanko-certvalidator; never any network.

One answer per certificate, moment and mode is kept: a class of pupils shares a
handful of certificates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy

from .crypto import MIN_RSA_BITS

MODES = {"require": "require", "if-present": "soft-fail"}
"""Our mode → certvalidator's."""

_ALGORITHMS = DisallowWeakAlgorithmsPolicy(
    weak_hash_algos=frozenset({"md2", "md5", "sha1", "sha224"}), rsa_key_size_threshold=MIN_RSA_BITS
)


@dataclass(frozen=True, slots=True)
class PathResult:
    """Whether a certificate can be relied on at a moment; else the ETSI sub-indication and why."""

    ok: bool
    sub_indication: str | None
    message_vi: str
    message_en: str
    chain: tuple[str, ...] = ()
    """Subjects from the leaf to the root."""
    revocation_time: datetime | None = None


class PathChecker:
    """Paths to a fixed set of roots, intermediates and CRLs."""

    def __init__(self, roots: Sequence[bytes], intermediates: Sequence[bytes], crls: Sequence[bytes]) -> None:
        """DER certificates and CRLs."""
        self._roots = [asn1_x509.Certificate.load(der) for der in roots]
        self._intermediates = [asn1_x509.Certificate.load(der) for der in intermediates]
        self._crls = [asn1_crl.CertificateList.load(der) for der in crls]
        self._known: dict[tuple[bytes, datetime, str], PathResult] = {}

    def check(self, certificate: x509.Certificate, at: datetime, revocation: str = "require") -> PathResult:
        """The state of a signing certificate at ``at``; ``revocation`` is one of :data:`MODES`."""
        if revocation not in MODES:
            raise ValueError(f"revocation must be one of {sorted(MODES)}")
        der = certificate.public_bytes(Encoding.DER)
        key = (der, at, revocation)
        result = self._known.get(key)
        if result is None:
            if len(self._known) > 10_000:
                self._known.clear()
            result = self._known[key] = self._check(der, at, revocation)
        return result

    def _check(self, der: bytes, at: datetime, revocation: str) -> PathResult:
        context = ValidationContext(
            trust_roots=self._roots,
            other_certs=self._intermediates,
            crls=self._crls,
            moment=at,
            allow_fetching=False,
            revocation_mode=MODES[revocation],
            retroactive_revinfo=True,
            algorithm_usage_policy=_ALGORITHMS,
        )
        certificate = asn1_x509.Certificate.load(der)
        usage = certificate.key_usage_value
        if usage is not None and not {"digital_signature", "non_repudiation"} & usage.native:
            return _no("CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số không được cấp để ký.", "key usage has no signing bit")
        try:
            path = asyncio.run(CertificateValidator(certificate, validation_context=context).async_validate_path())
        except (PathValidationError, PathBuildingError) as error:
            return _refusal(error)
        return PathResult(True, None, "Chứng thư số hợp lệ.", "The certificate path is valid.", _subjects(path))


def _no(sub_indication: str, message_vi: str, message_en: str, revoked: datetime | None = None) -> PathResult:
    return PathResult(False, sub_indication, message_vi, message_en, revocation_time=revoked)


def _refusal(error: PathValidationError | PathBuildingError) -> PathResult:
    why = str(error)
    if isinstance(error, RevokedError):
        when = error.revocation_dt
        return _no("REVOKED", f"Chứng thư số đã bị thu hồi ngày {when:%d/%m/%Y}.", why, when)
    if isinstance(error, ExpiredError):
        return _no("OUT_OF_BOUNDS_NO_POE", "Chứng thư số hết hạn và chưa có bằng chứng thời gian.", why)
    if isinstance(error, NotYetValidError):
        return _no("OUT_OF_BOUNDS_NO_POE", "Chứng thư số chưa đến ngày có hiệu lực.", why)
    if isinstance(error, InsufficientRevinfoError):
        return _no("TRY_LATER", "Thiếu hoặc quá cũ thông tin thu hồi chứng thư số (CRL). Hãy cập nhật rồi thử lại.", why)
    if isinstance(error, DisallowedAlgorithmError):
        return _no("CRYPTO_CONSTRAINTS_FAILURE", "Chứng thư số dùng thuật toán không còn an toàn.", why)
    if isinstance(error, PathBuildingError):
        return _no("NO_CERTIFICATE_CHAIN_FOUND", "Không nối được chứng thư số tới gốc tin cậy nào.", why)
    return _no("CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số không đạt ràng buộc của đường dẫn tin cậy.", why)


def _subjects(path: ValidationPath) -> tuple[str, ...]:
    return tuple(c.subject.human_friendly for c in reversed(list(path.iter_certs(include_root=True))))

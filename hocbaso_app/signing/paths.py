"""Certificate paths and revocation (RFC 5280), by pyhanko-certvalidator; never any network.

Answers are kept. The answer for one certificate can only change when a
certificate begins or ends, a CRL appears or runs out, or a revocation takes
effect; between two such instants one answer serves every moment, so that
thousands of records verified "now" cost one path per certificate.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    StaleRevinfoError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    FRESHNESS_FALLBACK_VALIDITY_DEFAULT,
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)

from hocbaso_app.record.times import VIETNAM

from .algorithms import CertificateAlgorithms
from .crypto import algorithm_of
from .malformed import MALFORMED

MODES = ("require", "if-present")
"""``require``: no answer without a fresh CRL. ``if-present``: a CA without any CRL in the folder passes; a CRL
that is there counts, and one that has run out still stops."""

_SIGNING = {"digital_signature", "non_repudiation"}
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class PathResult:
    """Whether a certificate can be relied on at a moment; else the ETSI EN 319 102-1 sub-indication and why."""

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
        self._crl_issuers = {crl.issuer.hashable for crl in self._crls}
        self._crl_index = [x509.load_der_x509_crl(der) for der in crls]
        self._authorities = [x509.load_der_x509_certificate(der) for der in (*roots, *intermediates)]
        self._instants: dict[bytes, list[datetime]] = {}
        self._known: dict[tuple[bytes, int, int, str], PathResult] = {}

    def check(self, certificate: x509.Certificate, at: datetime, revocation: str = "require") -> PathResult:
        """The state of a signing certificate at ``at`` (aware); ``revocation`` is one of :data:`MODES`."""
        if revocation not in MODES:
            raise ValueError(f"revocation must be one of {MODES}")
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        der = certificate.public_bytes(Encoding.DER)
        if len(self._known) > _KEPT:
            self._known.clear()
            self._instants.clear()
        instants = self._instants.get(der)
        if instants is None:
            try:
                instants = sorted(set(self._turning_points(certificate)))
            except MALFORMED as error:
                return _malformed(error)
            self._instants[der] = instants
        key = (der, bisect_left(instants, at), bisect_right(instants, at), revocation)
        result = self._known.get(key)
        if result is None:
            result = self._known[key] = self._check(certificate, der, at, revocation)
        return result

    def _turning_points(self, certificate: x509.Certificate) -> Iterator[datetime]:
        certificates = (certificate, *self._authorities)
        for one in certificates:
            yield one.not_valid_before_utc
            yield one.not_valid_after_utc
        for crl in self._crl_index:
            yield crl.next_update_utc or crl.last_update_utc + FRESHNESS_FALLBACK_VALIDITY_DEFAULT
            for one in certificates:
                entry = crl.get_revoked_certificate_by_serial_number(one.serial_number)
                if entry is not None:
                    yield entry.revocation_date_utc  # type: ignore[attr-defined,unused-ignore]

    def _check(self, certificate: x509.Certificate, der: bytes, at: datetime, revocation: str) -> PathResult:
        try:
            refusal = _unfit(certificate)
            if refusal is not None:
                return refusal
            leaf = asn1_x509.Certificate.load(der, strict=True)
            context = ValidationContext(
                trust_roots=self._roots,
                other_certs=self._intermediates,
                crls=self._crls,
                moment=at,
                allow_fetching=False,
                revinfo_policy=CertRevTrustPolicy(self._rules(leaf, revocation), retroactive_revinfo=True),
                time_tolerance=timedelta(0),
                algorithm_usage_policy=CertificateAlgorithms(),
            )
            path = asyncio.run(CertificateValidator(leaf, validation_context=context).async_validate_path())
        except (PathValidationError, PathBuildingError, InvalidCertificateError) as error:
            return _refusal(error)
        except (ValidationError, *MALFORMED) as error:
            return _malformed(error)
        return PathResult(True, None, "Chứng thư số hợp lệ.", "The certificate path is valid.", _subjects(path))

    def _rules(self, leaf: asn1_x509.Certificate, revocation: str) -> RevocationCheckingPolicy:
        """The library's soft mode passes over CRLs that a certificate doesn't point to; ours doesn't."""
        if revocation == "require":
            return REQUIRE_REVINFO
        return RevocationCheckingPolicy(self._rule([leaf]), self._rule(self._intermediates))

    def _rule(self, certificates: Iterable[asn1_x509.Certificate]) -> RevocationCheckingRule:
        covered = {certificate.issuer.hashable in self._crl_issuers for certificate in certificates}
        if covered == {True}:
            return RevocationCheckingRule.CRL_REQUIRED
        return RevocationCheckingRule.CHECK_IF_DECLARED_SOFT if True in covered else RevocationCheckingRule.NO_CHECK


def _unfit(certificate: x509.Certificate) -> PathResult | None:
    """What bars a certificate from signing records whoever issued it."""
    if algorithm_of(certificate.public_key()) is None:
        return _no(
            "CRYPTO_CONSTRAINTS_FAILURE",
            "Khóa của chứng thư số không được chấp nhận; cần RSA từ 2048 bit hoặc ECDSA P-256.",
            "the key is neither RSA of at least 2048 bits nor ECDSA P-256",
        )
    extensions = certificate.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        signs = usage.digital_signature or usage.content_commitment
    except x509.ExtensionNotFound:
        signs = True  # RFC 5280 4.2.1.3: no extension, no restriction
    try:
        authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    if signs and not authority:
        return None
    return _no(
        "CHAIN_CONSTRAINTS_FAILURE",
        "Chứng thư số không được cấp để ký.",
        "the certificate is an authority's" if authority else "the key usage has no signing bit",
    )


def _no(sub_indication: str, message_vi: str, message_en: str, revoked: datetime | None = None) -> PathResult:
    return PathResult(False, sub_indication, message_vi, message_en, revocation_time=revoked)


def _malformed(error: Exception) -> PathResult:
    return _no("CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số có cấu trúc không hợp lệ.", f"malformed: {error}")


def _refusal(error: PathValidationError | PathBuildingError | InvalidCertificateError) -> PathResult:
    why = str(error)
    if isinstance(error, RevokedError):
        when = error.revocation_dt
        day = f"{when.astimezone(VIETNAM):%d/%m/%Y}"
        if not error.is_ee_cert:
            return _no("REVOKED_CA_NO_POE", f"Chứng thư của tổ chức cấp đã bị thu hồi ngày {day}.", why, when)
        return _no("REVOKED", f"Chứng thư số đã bị thu hồi ngày {day}.", why, when)
    if isinstance(error, ExpiredError):
        return _no("OUT_OF_BOUNDS_NO_POE", "Chứng thư số hết hạn và chưa có bằng chứng thời gian.", why)
    if isinstance(error, NotYetValidError):
        return _no("OUT_OF_BOUNDS_NO_POE", "Chứng thư số chưa đến ngày có hiệu lực.", why)
    if isinstance(error, StaleRevinfoError):
        why = f"revocation information ran out at {error.time_cutoff}"  # the library's text names the moment asked for
    if isinstance(error, InsufficientRevinfoError):
        return _no(
            "TRY_LATER", "Thiếu hoặc quá cũ thông tin thu hồi chứng thư số (CRL). Hãy cập nhật rồi thử lại.", why
        )
    if isinstance(error, DisallowedAlgorithmError):
        return _no("CRYPTO_CONSTRAINTS_FAILURE", "Chứng thư số dùng thuật toán không còn an toàn.", why)
    if isinstance(error, PathBuildingError | InvalidCertificateError):  # the second: self-signed and no root
        return _no("NO_CERTIFICATE_CHAIN_FOUND", "Không nối được chứng thư số tới gốc tin cậy nào.", why)
    return _no("CHAIN_CONSTRAINTS_FAILURE", "Chứng thư số không đạt ràng buộc của đường dẫn tin cậy.", why)


def _subjects(path: ValidationPath) -> tuple[str, ...]:
    return tuple(c.subject.human_friendly for c in reversed(list(path.iter_certs(include_root=True))))

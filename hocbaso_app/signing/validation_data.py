"""What somebody needs, beside the roots, to follow certificate paths as of a moment when everything is long dead.

Nothing in it is trusted: certificates are candidates for a path to roots that
are trusted elsewhere, CRLs and OCSP answers carry their own signatures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import cbor2
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.errors import HocBaSoError

from .crls import covering, newest, of_issuer
from .malformed import MALFORMED
from .ocsp_answers import Kept, OcspAnswers

if TYPE_CHECKING:
    from .trust import TrustStore


class ValidationDataError(HocBaSoError):
    """The octets are no validation data."""


@dataclass(frozen=True, slots=True)
class ValidationData:
    """DER, each kind sorted and without repeats: equal data are equal octets."""

    certificates: tuple[bytes, ...] = ()
    """Of the authorities; those of the signers stand in the signatures."""
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    @classmethod
    def of(
        cls, certificates: Iterable[bytes] = (), crls: Iterable[bytes] = (), ocsps: Iterable[bytes] = ()
    ) -> ValidationData:
        """In order."""
        return cls(*(tuple(sorted(set(kind))) for kind in (certificates, crls, ocsps)))

    def __or__(self, other: ValidationData) -> ValidationData:
        return ValidationData.of(
            self.certificates + other.certificates, self.crls + other.crls, self.ocsps + other.ocsps
        )

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor2.dumps([list(self.certificates), list(self.crls), list(self.ocsps)], canonical=True)

    @classmethod
    def from_bytes(cls, data: bytes) -> ValidationData:
        """The inverse of :meth:`to_bytes`; :class:`ValidationDataError` for any other octets."""
        try:
            certificates, crls, ocsps = cbor2.loads(data)
            kinds = (certificates, crls, ocsps)
            if not all(isinstance(der, bytes) for kind in kinds for der in kind):
                raise ValueError("something else than octets inside")
            found = cls.of(*kinds)
            if found.to_bytes() != data:
                raise ValueError("another order or encoding")
        except (*MALFORMED, cbor2.CBORError) as error:
            raise ValidationDataError(
                "VALIDATION_DATA",
                "Dữ liệu xác thực kèm theo (chứng thư, CRL, OCSP) bị hỏng. Hãy lấy lại tệp bằng chứng.",
                f"no validation data: {error}",
            ) from error
        return found


def collect(certificates: Iterable[x509.Certificate], trust: TrustStore, at: datetime) -> ValidationData:
    """Everything in ``trust`` that speaks about the paths of these signers and time-stampers at ``at``.

    Where a fresh OCSP answer stands by itself the CRL is left out, for CRLs are large; what is not there is not
    found, so whoever relies on the result asks ``trust.with_data(result)`` once.
    """
    below = list(dict.fromkeys(certificates))
    crls = [x509.load_der_x509_crl(der) for der in trust.crls]
    answers = OcspAnswers(trust.ocsps)
    found = ValidationData()
    seen: set[x509.Certificate] = set()
    while below:
        one = below.pop()
        if one in seen:
            continue
        seen.add(one)
        for issuer in issuers_of(one, trust):
            fresh = [answer for answer in answers.about([one.serial_number]) if answer.next_update >= at]
            lists = newest(covering(of_issuer(crls, issuer), one, at))
            if _enough(fresh, lists, issuer):
                lists = []
            found |= ValidationData.of(
                [issuer.public_bytes(Encoding.DER)],
                [crl.public_bytes(Encoding.DER) for crl in lists],
                [answer.der for answer in fresh],
            )
            below.append(issuer)
    return found


def issuers_of(certificate: x509.Certificate, trust: TrustStore) -> list[x509.Certificate]:
    """Authorities in ``trust`` that signed a certificate; there may be several for one key."""
    return [
        one
        for one in (*trust.roots, *trust.intermediates)
        if one != certificate and one.subject == certificate.issuer and _issued(one, certificate)
    ]


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *MALFORMED):
        return False
    return True


def _enough(answers: Iterable[Kept], lists: Iterable[x509.CertificateRevocationList], issuer: x509.Certificate) -> bool:
    """Whether the OCSP answers say it all, so that the CRLs can stay out."""
    name = asn1_x509.Certificate.load(issuer.public_bytes(Encoding.DER)).issuer_serial
    good = [a for a in answers if a.single["cert_status"].name == "good" and a.stands_alone(name)]
    return any(all(crl.get_revoked_certificate_by_serial_number(a.serial) is None for crl in lists) for a in good)

"""What paths are built from: read once, and rid of whatever could only mislead the library.

Two ways of pyhanko-certvalidator 0.30 with CRLs are too generous for us (NIST PKITS showed them): it takes the CRL of
any authority below the same issuer for a list of that issuer, and while it checks a CRL's own signer it believes a
CRL unseen. So each certificate is checked by itself, and only with lists that are its issuer's by name and signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.policy_decl import FRESHNESS_FALLBACK_VALIDITY_DEFAULT
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

from .crls import speaks_for
from .malformed import MALFORMED
from .ocsp_answers import Kept, OcspAnswers

_SIGNATURES = DefaultSignatureValidator()


class Material:
    """Intermediates that really hang below the anchors, CRLs that are really of one of them, OCSP answers."""

    def __init__(
        self, anchors: Sequence[bytes], intermediates: Sequence[bytes], crls: Sequence[bytes], ocsps: Sequence[bytes]
    ) -> None:
        self.anchors = [asn1_x509.Certificate.load(der) for der in anchors]
        self.intermediates = _rooted(self.anchors, _sound(_certificate, intermediates))
        self._authorities = [x509.load_der_x509_certificate(one.dump()) for one in self.anchors + self.intermediates]
        self._named: dict[str, list[asn1_x509.Certificate]] = {}
        for one in self.anchors + self.intermediates:
            self._named.setdefault(one.subject.hashable, []).append(one)
        self._ocsps = OcspAnswers(ocsps, self._answered)
        self._crls: dict[str, list[_Crl]] = {}
        for crl in _sound(_Crl, crls):
            if any(_signed(signer, crl.parsed) for signer in self._named.get(crl.name, ())):
                self._crls.setdefault(crl.name, []).append(crl)

    def crls_for(self, certificate: asn1_x509.Certificate) -> list[asn1_crl.CertificateList]:
        """Those of its issuer, or of whom it names for that, that can speak for it."""
        names = dict.fromkeys((certificate.issuer.hashable, *_crl_issuers(certificate)))
        found = [crl for name in names for crl in self._crls.get(name, ())]
        if not found:
            return []
        asked = x509.load_der_x509_certificate(certificate.dump())
        return [crl.parsed for crl in found if speaks_for(crl.index, asked)]

    def crls_about(self, certificate: asn1_x509.Certificate) -> list[asn1_crl.CertificateList]:
        """With those that say whether the signers of these lists are revoked."""
        found = self.crls_for(certificate)
        for crl in found:
            for signer in self._named[crl.issuer.hashable]:
                found += [one for one in self.crls_for(signer) if one not in found]
        return found

    def answers_for(self, serial: int) -> list[Kept]:
        """OCSP answers about a certificate, and about the signers of those answers."""
        found = self._ocsps.about([serial])
        return found + self._ocsps.about({r.serial_number for answer in found for r in answer.responders})

    def _answered(self, answer: Kept) -> bool:
        """Whether somebody who may be a responder signed it: an authority, or whom one made a responder."""
        try:
            return any(
                _is_meant(one, answer.responder_id) and _answered(one, answer)
                for one in (*self.anchors, *self.intermediates, *self._responders(answer))
            )
        except MALFORMED:
            return False

    def _responders(self, answer: Kept) -> Iterator[asn1_x509.Certificate]:
        for one in answer.responders:
            meant = "ocsp_signing" in _key_purposes(one) and _is_meant(one, answer.responder_id)
            if meant and any(_issued(issuer, one) for issuer in self._named.get(one.issuer.hashable, ())):
                yield one

    def turning_points(self, certificate: x509.Certificate) -> Iterator[datetime]:
        """When something here begins, ends or is revoked for a certificate or anybody above it."""
        certificates = (certificate, *self._authorities)
        answers = [answer for one in certificates for answer in self.answers_for(one.serial_number)]
        serials = {one.serial_number for one in certificates} | {r.serial_number for a in answers for r in a.responders}
        for answer in answers:
            yield from answer.instants
        for one in certificates:
            yield one.not_valid_before_utc
            yield one.not_valid_after_utc
        for crl in (one.index for named in self._crls.values() for one in named):
            yield crl.next_update_utc or crl.last_update_utc + FRESHNESS_FALLBACK_VALIDITY_DEFAULT
            for serial in serials:
                entry = crl.get_revoked_certificate_by_serial_number(serial)
                if entry is not None:
                    yield entry.revocation_date_utc  # type: ignore[attr-defined,unused-ignore]


class _Crl:
    """A list as either library reads it."""

    def __init__(self, der: bytes) -> None:
        self.parsed = asn1_crl.CertificateList.load(der)
        self.index = x509.load_der_x509_crl(der)
        self.name: str = self.parsed.issuer.hashable


def _certificate(der: bytes) -> asn1_x509.Certificate:
    """With all of it read that is read here."""
    one = asn1_x509.Certificate.load(der)
    x509.load_der_x509_certificate(one.dump())
    _ = one.subject.hashable, one.issuer.hashable, one.serial_number, one.ca, one.not_valid_before, one.not_valid_after
    return one


T = TypeVar("T")


def _sound(read: Callable[[bytes], T], ders: Sequence[bytes]) -> list[T]:
    """A damaged one, which a stranger may have put into a file, leads nowhere and stops nobody."""
    found: list[T] = []
    for der in ders:
        with suppress(*MALFORMED):
            found.append(read(der))
    return found


def _rooted(anchors: list[asn1_x509.Certificate], others: list[asn1_x509.Certificate]) -> list[asn1_x509.Certificate]:
    """Every certificate signed by an authority among those found so far."""
    left: dict[str, dict[bytes, asn1_x509.Certificate]] = {}
    for one in others:
        left.setdefault(one.issuer.hashable, {})[one.dump()] = one
    found: list[asn1_x509.Certificate] = []
    issuers = list(anchors)
    while issuers:
        issuer = issuers.pop()
        waiting = left.get(issuer.subject.hashable, {})
        for der, one in list(waiting.items()):
            if _issued(issuer, one):
                del waiting[der]
                found.append(one)
                issuers += [one] if one.ca else []
    return found


def _issued(issuer: asn1_x509.Certificate, one: asn1_x509.Certificate) -> bool:
    return _verifies(one["signature_value"].native, one["tbs_certificate"].dump(), issuer, one["signature_algorithm"])


def _signed(signer: asn1_x509.Certificate, crl: asn1_crl.CertificateList) -> bool:
    return _verifies(crl["signature"].native, crl["tbs_cert_list"].dump(), signer, crl["signature_algorithm"])


def _answered(responder: asn1_x509.Certificate, answer: Kept) -> bool:
    basic = answer.basic
    octets = basic["tbs_response_data"].dump()
    return _verifies(basic["signature"].native, octets, responder, basic["signature_algorithm"])


def _is_meant(responder: asn1_x509.Certificate, named: ocsp.ResponderId) -> bool:
    if named.name == "by_name":
        return bool(responder.subject.hashable == named.chosen.hashable)
    return named.native in (responder.public_key.sha1, responder.key_identifier)


def _key_purposes(certificate: asn1_x509.Certificate) -> list[str]:
    value = certificate.extended_key_usage_value
    return value.native if value is not None else []


def _verifies(value: bytes, octets: bytes, signer: asn1_x509.Certificate, algorithm: Any) -> bool:
    try:
        _SIGNATURES.validate_signature(value, octets, signer.public_key, algorithm)
    except (InvalidSignature, *MALFORMED):
        return False
    return True


def _crl_issuers(certificate: asn1_x509.Certificate) -> Iterator[str]:
    for point in certificate.crl_distribution_points_value or ():
        for name in point["crl_issuer"] or ():
            if name.name == "directory_name":
                yield name.chosen.hashable

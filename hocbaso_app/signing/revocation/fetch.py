"""CRLs and OCSP answers for certificates whose issuers are trusted; nobody else's addresses are ever asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from hocbaso_app.record.errors import HocBaSoError

from ..crls import covering, newest, of_issuer
from ..identity import common_name
from ..malformed import MALFORMED
from ..trust import TrustStore
from ..validation_data import ValidationData, issuers_of
from .addresses import crl_addresses, ocsp_addresses
from .checks import check_crl, check_ocsp
from .web import Web

OCSP_REQUEST = "application/ocsp-request"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave along to ask next time whether anything changed."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Of a conditional GET."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One address asked: ``data`` are octets to keep, ``code`` why there are none."""

    kind: str
    """``crl`` or ``ocsp``."""
    address: str
    about: str
    """The authority (CRL) or the holder (OCSP)."""
    data: bytes | None = None
    until: datetime | None = None
    unchanged: bool = False
    code: str | None = None
    message_vi: str = ""
    message_en: str = ""
    validators: Validators = Validators()

    @property
    def ok(self) -> bool:
        """Whether something fresh is at hand now."""
        return self.code is None


def fetch(
    certificates: Iterable[x509.Certificate],
    trust: TrustStore,
    now: datetime,
    web: Web,
    remembered: Mapping[str, Validators] = MappingProxyType({}),
) -> list[Outcome]:
    """Everything for the paths of these certificates, the department's and all authorities, each address once."""
    outcomes: list[Outcome] = []
    asked: set[tuple[str, object]] = set()
    for certificate in dict.fromkeys((*trust.intermediates, trust.department_certificate, *certificates)):
        for issuer in issuers_of(certificate, trust):
            for address in _safely(crl_addresses, certificate):
                if ("crl", address) not in asked:
                    asked.add(("crl", address))
                    outcomes.append(_crl(address, certificate, issuer, trust, now, web, remembered.get(address)))
            for address in _safely(ocsp_addresses, certificate):
                if (address, certificate) not in asked:
                    asked.add((address, certificate))
                    outcomes.append(_ocsp(address, certificate, issuer, trust, now, web))
    return outcomes


def to_data(outcomes: Iterable[Outcome]) -> ValidationData:
    """What came, without a folder."""
    found = [one for one in outcomes if one.data is not None]
    return ValidationData.of(
        crls=[one.data for one in found if one.data is not None and one.kind == "crl"],
        ocsps=[one.data for one in found if one.data is not None and one.kind == "ocsp"],
    )


def _crl(
    address: str,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    trust: TrustStore,
    now: datetime,
    web: Web,
    last: Validators | None,
) -> Outcome:
    name = common_name(issuer)
    kept = of_issuer(map(x509.load_der_x509_crl, trust.crls), issuer)
    fresh = newest(covering(kept, certificate, now))
    try:
        answer = web.get(address, web.limits.crl, last.headers if last and fresh else {})
        if answer.unchanged:
            ends = [crl.next_update_utc for crl in fresh if crl.next_update_utc]
            until = min(ends, default=None)
            return Outcome("crl", address, name, until=until, unchanged=True, validators=last or Validators())
        crl = check_crl(answer.data, issuer, now, trust.algorithms, kept)
    except HocBaSoError as error:
        return Outcome("crl", address, name, code=error.code, message_vi=error.message_vi, message_en=error.message_en)
    data = crl.public_bytes(Encoding.DER)
    validators = Validators(answer.etag, answer.last_modified)
    return Outcome("crl", address, name, data, crl.next_update_utc, data in trust.crls, validators=validators)


def _ocsp(
    address: str, certificate: x509.Certificate, issuer: x509.Certificate, trust: TrustStore, now: datetime, web: Web
) -> Outcome:
    name = common_name(certificate)
    query = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # a name: RFC 5019
    try:
        body = query.public_bytes(Encoding.DER)
        answer = web.post(address, body, OCSP_REQUEST, web.limits.ocsp)
        known = check_ocsp(answer.data, certificate, issuer, now, trust.algorithms)
    except HocBaSoError as error:
        return Outcome("ocsp", address, name, code=error.code, message_vi=error.message_vi, message_en=error.message_en)
    return Outcome("ocsp", address, name, answer.data, known.next_update_utc)


def _safely(addresses: object, certificate: x509.Certificate) -> list[str]:
    try:
        return addresses(certificate)  # type: ignore[operator,no-any-return]
    except MALFORMED:
        return []

"""Kept OCSP answers (RFC 6960), found by serial number and read as of a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core, ocsp
from pyhanko_certvalidator.policy_decl import FRESHNESS_FALLBACK_VALIDITY_DEFAULT
from pyhanko_certvalidator.revinfo.archival import OCSPContainer

from .malformed import MALFORMED


@dataclass(frozen=True)
class Answer(OCSPContainer):
    """One answer; who was revoked only after ``as_of`` was good then, as the library reads CRLs too."""

    as_of: datetime | None = None

    def extract_single_response(self) -> ocsp.SingleResponse | None:
        """The library's view."""
        single = super().extract_single_response()
        revoked = revoked_at(single) if single is not None else None
        if single is None or revoked is None or self.as_of is None or revoked <= self.as_of:
            return single
        single = single.copy()
        single["cert_status"] = ocsp.CertStatus("good", core.Null())
        return single


@dataclass(frozen=True, slots=True)
class Kept:
    """What is asked of an answer again and again."""

    der: bytes
    response: ocsp.OCSPResponse
    index: int
    single: ocsp.SingleResponse
    serial: int
    this_update: datetime
    next_update: datetime
    revoked: datetime | None
    responders: tuple[ocsp.Certificate, ...]
    """Certificates that the answer brings along."""
    basic: ocsp.BasicOCSPResponse

    @property
    def responder_id(self) -> ocsp.ResponderId:
        """Who says so."""
        return self.basic["tbs_response_data"]["responder_id"]

    def as_of(self, moment: datetime) -> Answer:
        """For the library."""
        return Answer(self.response, self.index, moment)

    @property
    def instants(self) -> Iterator[datetime]:
        """When it may begin or cease to say what it says."""
        yield self.this_update
        yield self.next_update
        if self.revoked is not None:
            yield self.revoked
        for responder in self.responders:
            yield responder.not_valid_before
            yield responder.not_valid_after

    def stands_alone(self, issuer_serial: bytes) -> bool:
        """Whether nobody has to ask in turn for the state of its signer."""
        return all(r.ocsp_no_check_value is not None or r.issuer_serial == issuer_serial for r in self.responders)


class OcspAnswers:
    """Answers by the serial number they are about; unreadable ones are none."""

    def __init__(self, ders: Iterable[bytes], signed: Callable[[Kept], bool] = lambda _: True) -> None:
        """DER OCSPResponses; those that are not ``signed`` are none either."""
        self._kept: dict[int, list[Kept]] = {}
        for der in ders:
            answers = read(der)
            if answers and signed(answers[0]):
                for kept in answers:
                    self._kept.setdefault(kept.serial, []).append(kept)

    def __bool__(self) -> bool:
        return bool(self._kept)

    def about(self, serials: Iterable[int]) -> list[Kept]:
        """Answers about these serial numbers, of whatever issuer."""
        return [kept for serial in serials for kept in self._kept.get(serial, ())]


def read(der: bytes) -> Sequence[Kept]:
    """The single answers in an OCSPResponse; none for anything else."""
    try:
        response = ocsp.OCSPResponse.load(der, strict=True)
        return [_kept(der, container) for container in OCSPContainer.load_multi(response)]
    except MALFORMED:
        return ()


def _kept(der: bytes, container: OCSPContainer) -> Kept:
    single, basic = container.extract_single_response(), container.extract_basic_ocsp_response()
    if single is None or basic is None:
        raise ValueError("no answer inside")
    start = single["this_update"].native
    kept = Kept(
        der,
        container.ocsp_response_data,
        container.index,
        single,
        single["cert_id"]["serial_number"].native,
        start,
        single["next_update"].native or start + FRESHNESS_FALLBACK_VALIDITY_DEFAULT,
        revoked_at(single),
        tuple(basic["certs"] or ()),
        basic,
    )
    for responder in kept.responders:  # all of it read that is read later
        _ = responder.serial_number, responder.issuer.hashable, responder.subject.hashable, responder.issuer_serial
        _ = responder.ocsp_no_check_value
    _ = list(kept.instants)
    return kept


def revoked_at(single: ocsp.SingleResponse) -> datetime | None:
    """When the certificate was revoked, if it was."""
    status = single["cert_status"]
    return status.chosen["revocation_time"].native if status.name == "revoked" else None

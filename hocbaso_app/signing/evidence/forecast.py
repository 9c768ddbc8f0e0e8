"""Which stored records could no longer be verified at a later date, and why, if nobody renews anything.

It looks at what is known to end: certificates and algorithms. That authorities
go on publishing revocation lists, and revoke nothing, is assumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding

from hocbaso_app.record.document import Document
from hocbaso_app.record.times import VIETNAM
from hocbaso_app.signing.identity import common_name
from hocbaso_app.signing.slots import expected_slots
from hocbaso_app.signing.timestamps import read_token
from hocbaso_app.signing.trust import TrustStore

from .bundle import Bundle, Unreadable
from .gathering import signer_of


class Reason(str, Enum):
    """Why a record would fail."""

    NO_EVIDENCE = "no-evidence"
    SIGNER_ENDS = "signer-ends"
    TSA_ENDS = "tsa-ends"
    ALGORITHM_ENDS = "algorithm-ends"
    BROKEN = "broken"


REASONS_VI = {
    Reason.NO_EVIDENCE: "Chưa có bằng chứng thời gian, chứng thư số của người ký hết hạn trước",
    Reason.SIGNER_ENDS: "Bằng chứng có sau khi chứng thư số của người ký hết hạn",
    Reason.TSA_ENDS: "Chứng thư số của đơn vị cấp dấu thời gian hết hạn mà chưa gia hạn bằng chứng",
    Reason.ALGORITHM_ENDS: "Thuật toán hết được chấp nhận mà chưa gia hạn bằng chứng",
    Reason.BROKEN: "Bằng chứng hiện không dùng được",
}


@dataclass(frozen=True, slots=True)
class End:
    """Something that ends."""

    moment: datetime
    reason: Reason
    what: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """One record. Without ``reason`` it can still be verified at the date asked for."""

    name: str
    has_evidence: bool
    ends: datetime | None
    """The first moment from which it can't be verified any more, as far as that is known."""
    reason: Reason | None = None
    message_vi: str = ""


@dataclass(frozen=True)
class Forecast:
    """The sum and every record that would fail."""

    until: datetime
    records: int
    without_evidence: int
    failing: tuple[Outlook, ...]

    @property
    def reasons(self) -> Counter[Reason]:
        """How many for each reason."""
        return Counter(one.reason for one in self.failing if one.reason is not None)


def forecast(
    items: Iterable[tuple[str, Document, Bundle | Unreadable | None]],
    trust: TrustStore,
    *,
    now: datetime,
    until: datetime,
    advised: bool = False,
) -> Forecast:
    """Over ``items``: name, file, and what lies beside it. ``advised`` counts ETSI's advice as an algorithm's end."""
    records = without = 0
    failing = []
    for name, document, evidence in items:
        one = outlook(name, document, evidence, trust, now=now, until=until, advised=advised)
        records += 1
        without += not one.has_evidence
        if one.reason is not None:
            failing.append(one)
    return Forecast(until, records, without, tuple(failing))


def outlook(
    name: str,
    document: Document,
    evidence: Bundle | Unreadable | None,
    trust: TrustStore,
    *,
    now: datetime,
    until: datetime,
    advised: bool = False,
) -> Outlook:
    """One record of a :func:`forecast`."""
    if evidence is None:
        end = min(_signatures_ends(document, trust, now, advised), key=_moment, default=None)
        return _outlook(name, False, end and replace(end, reason=Reason.NO_EVIDENCE), until)
    if isinstance(evidence, Unreadable):
        return _outlook(name, True, End(now, Reason.BROKEN, evidence.error.message_vi), until)
    verdict = evidence.check(document.data, trust, now)
    if verdict.time is None:
        return _outlook(name, True, End(now, Reason.BROKEN, verdict.message_vi), until)
    end = min(_signatures_ends(document, evidence.trust(trust), now, advised), key=_moment, default=None)
    if end is not None and end.moment < verdict.time:
        return _outlook(name, True, replace(end, reason=Reason.SIGNER_ENDS), until)
    return _outlook(name, True, next(newest_ends(evidence, trust, now, advised=advised), None), until)


def newest_ends(evidence: Bundle, trust: TrustStore, now: datetime, *, advised: bool = False) -> Iterator[End]:
    """What ends under the newest timestamp, soonest first; renewal must come before."""
    token = read_token(evidence.record.newest.token)
    ends = list(_ends(token.certificate, "timestamp", evidence.trust(trust), now, advised))
    names = (evidence.record.chains[-1].algorithm, *token.signature_algorithms)
    ends += _algorithm_ends(names, trust, advised)
    yield from sorted(ends, key=_moment)


def due(evidence: Bundle, trust: TrustStore, now: datetime, before: datetime, *, advised: bool = False) -> str | None:
    """``"tree"``, ``"timestamps"`` or nothing: which renewal must be done ``before`` then."""
    ends = [end for end in newest_ends(evidence, trust, now, advised=advised) if end.moment < before]
    digest = evidence.record.chains[-1].algorithm
    if any(end.reason is Reason.ALGORITHM_ENDS and end.what == digest for end in ends):
        return "tree"
    return "timestamps" if ends else None


def _outlook(name: str, has_evidence: bool, end: End | None, until: datetime) -> Outlook:
    if end is None or end.moment >= until:
        return Outlook(name, has_evidence, end.moment if end else None)
    day = f"{end.moment.astimezone(VIETNAM):%d/%m/%Y}"
    return Outlook(name, has_evidence, end.moment, end.reason, f"{REASONS_VI[end.reason]}: {end.what}, {day}.")


def _moment(end: End) -> datetime:
    return end.moment


def _signatures_ends(document: Document, trust: TrustStore, now: datetime, advised: bool) -> Iterator[End]:
    """What ends under each signature: where it or a later one has a timestamp, that counts and not the certificate."""
    slots = expected_slots(document.record)
    found = {slot.id: signer_of(document.slot(slot.id)) for slot in slots}
    stamped = {
        slot_id: min(_ends(stamper, "timestamp", trust, now, advised), key=_moment)
        for slot_id, (_, stamper) in found.items()
        if stamper is not None
    }
    for slot in slots:
        signer, _ = found[slot.id]
        proofs = [stamped[o.id] for o in slots if o.id in stamped and (o is slot or slot.id in o.earlier)]
        if proofs:
            yield max(proofs, key=_moment)
        elif signer is not None:
            yield from _ends(signer, "signing", trust, now, advised)


def _ends(certificate: x509.Certificate, usage: str, trust: TrustStore, now: datetime, advised: bool) -> Iterator[End]:
    path = trust.paths.check(certificate, now, "if-present", usage)
    reason = Reason.TSA_ENDS if usage == "timestamp" else Reason.SIGNER_ENDS
    yield End(certificate.not_valid_after_utc, reason, common_name(certificate))
    if not path.ok:
        return
    below_root = [x509.load_der_x509_certificate(der) for der in path.certificates[:-1]]
    for above in below_root[1:]:
        yield End(above.not_valid_after_utc, reason, common_name(above))
    names = {name for one in below_root for name in _names(one, trust)}
    names |= set(trust.algorithms.names_of(certificate.public_key()) or ()) if usage == "signing" else set()
    yield from _algorithm_ends(names, trust, advised)


def _algorithm_ends(names: Iterable[str], trust: TrustStore, advised: bool) -> list[End]:
    end_of = trust.algorithms.advised_end if advised else trust.algorithms.ends
    return [End(end, Reason.ALGORITHM_ENDS, name) for name in names if (end := end_of(name)) is not None]


def _names(certificate: x509.Certificate, trust: TrustStore) -> Iterator[str]:
    """Algorithms that a certificate leans on: its key, and its issuer's signature."""
    yield from (trust.algorithms.names_of(certificate.public_key()) or ())[:1]
    digest, parameters = certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
    kind = "ecdsa" if isinstance(parameters, ec.ECDSA) else "rsa"
    if isinstance(parameters, padding.PSS):
        kind = "rsassa_pss"
    if digest is not None:
        yield f"{digest.name}_{kind}"

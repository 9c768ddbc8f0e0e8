"""The validation data that evidence keeps, and whether they are enough without anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from hocbaso_app.record.document import Document
from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.certificate import read_certificate
from hocbaso_app.signing.ocsp_answers import OcspAnswers
from hocbaso_app.signing.ocsp_answers import read as read_ocsp
from hocbaso_app.signing.timestamps import TimestampError, read_token
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData, collect
from hocbaso_app.signing.verify import Verification, verify
from hocbaso_app.signing.xades import read_slot


def signer_of(inner: bytes) -> tuple[x509.Certificate | None, x509.Certificate | None]:
    """Whose certificate a slot shows, and whose its timestamp does; nothing of it is believed."""
    filled = read_slot(inner)
    if filled is None:
        return None, None
    known = read_certificate(filled.certificate)
    try:
        stamper = read_token(filled.timestamp).certificate if filled.timestamp is not None else None
    except TimestampError:
        stamper = None
    return known.x509 if known else None, stamper


def signers_of(document: Document) -> Iterator[x509.Certificate]:
    """Certificates of all signatures in a file and of their timestamps."""
    for inner in document.slots.values():
        yield from (one for one in signer_of(inner) if one is not None)


def unsettled(verified: Verification, data: ValidationData, had: datetime) -> datetime | None:
    """Since when the latest signature is known about whose certificate the data say nothing later: it may have been
    revoked just before, and once the authority is gone nobody will find out. ``None`` when there is no such one.

    Known since its timestamp, else since the file is there (``had``); the time that a signer claims shows nothing.
    """
    lists: dict[x509.Name, datetime] = {}
    for crl in map(x509.load_der_x509_crl, data.crls):
        lists[crl.issuer] = max(crl.last_update_utc, lists.get(crl.issuer, crl.last_update_utc))
    answers = OcspAnswers(data.ocsps)
    waiting = []
    for signature in verified.report.signatures:
        signer, _ = signer_of(verified.document.slot(signature.slot))
        if signer is None:
            continue
        proved = signature.best_signature_time
        since = min(had, read_instant(proved)) if proved else had
        said = [answer.this_update for answer in answers.about([signer.serial_number])]
        said += [lists[signer.issuer]] if signer.issuer in lists else []
        if max(said, default=since) < since:
            waiting.append(since)
    return max(waiting, default=None)


def next_due(data: ValidationData) -> datetime | None:
    """When the first of these lists and answers runs out, so that a newer one should be there."""
    ends = [crl.next_update_utc for crl in map(x509.load_der_x509_crl, data.crls)]
    ends += [answer.next_update for der in data.ocsps for answer in read_ocsp(der)]
    return min((end for end in ends if end is not None), default=None)


class Gatherer:
    """Validation data as of one moment from one trust folder; what was gathered once is kept."""

    def __init__(self, trust: TrustStore, at: datetime) -> None:
        self.trust = trust
        self.at = at
        self._anchors = replace(trust, intermediates=(), crls=(), ocsps=())
        self._known: dict[frozenset[x509.Certificate], ValidationData] = {}

    def of(self, document: Document) -> ValidationData:
        """Everything about the paths of a file's signers and time-stampers."""
        return self._collect(frozenset(signers_of(document)))

    def vouch(self, token: bytes) -> ValidationData:
        """Everything about the path of a token's authority: a :data:`~.making.Vouch`."""
        return self._collect(frozenset({read_token(token).certificate}))

    def verify(self, document: Document, data: ValidationData) -> Verification:
        """The file by these data and the anchors alone; only what is valid so is worth evidence."""
        return verify(document, self._anchors.with_data(data), at=self.at)

    def _collect(self, certificates: frozenset[x509.Certificate]) -> ValidationData:
        found = self._known.get(certificates)
        if found is None:
            found = self._known[certificates] = collect(certificates, self.trust, self.at)
        return found

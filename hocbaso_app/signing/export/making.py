"""A copy at level LT or LTA, made of the released file, the trust with its data, and a time-stamping service."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timezone

from cryptography import x509
from lxml import etree

from hocbaso_app.record.document import Document
from hocbaso_app.signing import xades
from hocbaso_app.signing.certificate import read_certificate
from hocbaso_app.signing.existence import Evidence
from hocbaso_app.signing.timestamps import Sha256Stamper, read_token
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData, collect
from hocbaso_app.signing.verify import verify

from .imprint import archive_input_to_come
from .slot import ExportError, Extension

LEVELS = ("LT", "LTA")


def make_copy(
    document: Document,
    level: str,
    trust: TrustStore,
    stamper: Sha256Stamper | None = None,
    *,
    at: datetime | None = None,
    evidence: Evidence | None = None,
) -> bytes:
    """A copy of a released record with all that a validator needs but the roots.

    ``stamper`` gives the timestamps that the original lacks, and the archive timestamps of LTA. :class:`ExportError`
    unless the record is valid at ``at`` (default now) and its certificates' revocation data are there.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {LEVELS}")
    moment = at or datetime.now(timezone.utc)
    result = verify(document, trust, at=moment, evidence=evidence)
    if not result.valid:
        raise ExportError(
            "NOT_VALID",
            "Học bạ chưa được xác thực hợp lệ nên không lập bản sao. Hãy xem báo cáo kiểm tra.",
            f"the record is {result.report.conclusion.value}",
        )
    if evidence is not None:
        trust = trust.with_data(evidence.data)
    made = {slot: _extension(slot, inner, trust, stamper) for slot, inner in document.slots.items()}
    if level == "LTA":
        made = _archived(document, made, _needed(stamper))
    return render_copy(document, made)


def render_copy(document: Document, extensions: dict[str, Extension]) -> bytes:
    """The one spelling of a copy."""
    copy = document
    for slot, extension in extensions.items():
        copy = copy.with_slot(slot, extension.put_in(slot, document.slot(slot)))
    return copy.data


def signatures_of(copy: bytes) -> dict[str, etree._Element]:
    """Slot → Signature element of a copy."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    root = etree.fromstring(copy, parser)
    found = root.iter(f"{{{xades.DS}}}Signature")
    return {str(signature.get("Id")).removesuffix("-sig"): signature for signature in found}


def _needed(stamper: Sha256Stamper | None) -> Sha256Stamper:
    if stamper is None:
        raise ExportError(
            "TSA_NEEDED",
            "Bản sao này cần dịch vụ cấp dấu thời gian. Hãy thêm địa chỉ dịch vụ (--tsa).",
            "timestamps are needed for this copy: name a time-stamping service",
        )
    return stamper


def _extension(slot: str, inner: bytes, trust: TrustStore, stamper: Sha256Stamper | None) -> Extension:
    filled, digest = xades.read_slot(inner), xades.signature_value_digest(slot, inner)
    assert filled is not None and digest is not None
    token = read_token(filled.timestamp if filled.timestamp is not None else _needed(stamper)(digest))
    signer = read_certificate(filled.certificate)
    assert signer is not None
    data = _data(signer.x509, trust, token.time, "signing")
    stamp_data = _data(token.certificate, trust, token.time, "timestamp")
    return Extension(token.der, filled.timestamp is None, data, stamp_data)


def _data(certificate: x509.Certificate, trust: TrustStore, at: datetime, usage: str) -> ValidationData:
    """What this certificate's path needs at ``at``, tried without anything else that we have."""
    data = collect([certificate], trust, at)
    alone = replace(trust, intermediates=(), crls=(), ocsps=()).with_data(data)
    path = alone.paths.check(certificate, at, "require", usage)
    if not path.ok:
        raise ExportError(
            "DATA_MISSING",
            f"Thiếu dữ liệu xác thực để lập bản sao: {path.message_vi}",
            f"{certificate.subject.rfc4514_string()} at {at}: {path.message_en}",
        )
    return data


def _archived(document: Document, made: dict[str, Extension], stamper: Sha256Stamper) -> dict[str, Extension]:
    signatures = signatures_of(render_copy(document, made))
    archived = {}
    for slot, extension in made.items():
        token = stamper(hashlib.sha256(archive_input_to_come(signatures[slot])).digest())
        archived[slot] = Extension(
            extension.token, extension.added, extension.data, extension.stamp_data, read_token(token).der
        )
    return archived

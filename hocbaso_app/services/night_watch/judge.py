"""One file verified in full, as of the moment that it is proved to have existed; what stands against it, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import get_datetime

from hocbaso_app.services import convert
from hocbaso_app.services.long_term.book import DOCTYPE as EVIDENCE
from hocbaso_app.services.long_term.book import beside
from hocbaso_app.services.night_watch.kept import KeptFile

if TYPE_CHECKING:
    from hocbaso_app.signing.report import SignatureReport
    from hocbaso_app.signing.trust import TrustStore
    from hocbaso_app.signing.verify import Verification

RIGHT, TRUST_MISSING, BROKEN = "Found right", "Trust data missing", "Broken"

AGED = frozenset(
    {
        "TRY_LATER",
        "NO_CERTIFICATE_CHAIN_FOUND",
        "OUT_OF_BOUNDS_NO_POE",
        "REVOKED_NO_POE",
        "REVOKED_CA_NO_POE",
        "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
        "CRYPTO_CONSTRAINTS_FAILURE",
    }
)
"""Sub-indications that say nothing against the signature itself: what is needed to judge it is missing or has aged."""

OF_THE_REGISTRY = frozenset({"SCHOOL_UNKNOWN", "SEAL_NOT_APPROVED"})


@dataclass(frozen=True)
class Judgement:
    """``about``: what is missing (certificate authority, registry), so that many files with one cause are told once."""

    verdict: str
    as_of: datetime | None
    explanation: str = ""
    about: str = ""


def judge(kept: KeptFile, trust: TrustStore) -> Judgement:
    """Signatures, persons, paths, revocation, approval, form; for a complete file also contents and every slot."""
    from hocbaso_app.signing.slots import Stage
    from hocbaso_app.signing.verify import verify

    if kept.changed:
        return Judgement(BROKEN, None, _("The stored bytes are not those of the hash kept beside them."))
    evidence = beside(kept.sha256) if kept.complete else None
    moment = None if evidence is not None else _moment_of(kept)
    stage = Stage.RELEASE if kept.complete else Stage.SUBJECT
    found = verify(kept.data, trust, at=moment, stage=stage, evidence=evidence)
    return _of(kept, found, _judged_as_of(found, kept.sha256 if evidence is not None else None))


def _judged_as_of(found: Verification, sha256: str | None) -> datetime:
    """With evidence: what it proves; else the moment of the verification."""
    from hocbaso_app.record.times import read_instant

    proved = frappe.db.get_value(EVIDENCE, {"sha256": sha256, "newest": 1}, "proved_at") if sha256 else None
    return get_datetime(proved) if proved else convert.desk_time(read_instant(found.report.validation_time))


def _moment_of(kept: KeptFile) -> datetime | None:
    """The release or receipt; while a file is signed, the last signature; None (now) where neither is readable."""
    from hocbaso_app.record.times import read_instant

    if kept.complete and kept.moment is not None:
        return read_instant(convert.instant(kept.moment))
    return _last_signature(kept.data)


def _last_signature(data: bytes) -> datetime | None:
    from hocbaso_app.record.document import Document
    from hocbaso_app.record.errors import HocBaSoError
    from hocbaso_app.record.times import read_instant
    from hocbaso_app.signing import xades

    try:
        slots = [xades.read_slot(inner) for inner in Document.parse(data).slots.values() if inner]
        return max((read_instant(slot.signing_time) for slot in slots if slot), default=None)
    except (HocBaSoError, ValueError):
        return None


def _of(kept: KeptFile, found: Verification, as_of: datetime) -> Judgement:
    from hocbaso_app.signing.report import Check, Indication

    report = found.report
    beside = () if kept.complete else (Check.PRESENCE, Check.CONTENT)
    findings = [f for f in report.findings if f.check not in beside]
    entitled = {f.where for f in findings if f.check is Check.ENTITLEMENT}
    bad = [s for s in report.signatures if s.indication is not Indication.PASSED and s.slot not in entitled]
    for signature in bad:
        if signature.sub_indication not in AGED:
            return Judgement(BROKEN, as_of, _sentence(signature.slot, signature.message_vi))
    for finding in findings:
        if finding.code not in (*OF_THE_REGISTRY, *AGED):
            return Judgement(BROKEN, as_of, _sentence(finding.where, finding.message_vi))
    if bad:
        return Judgement(TRUST_MISSING, as_of, f"{bad[0].message_vi} {next_step(bad[0])}", _issuer(bad[0]))
    if findings and findings[0].code in OF_THE_REGISTRY:
        return Judgement(TRUST_MISSING, as_of, f"{findings[0].message_vi} {_of_registry()}", findings[0].code)
    if findings:
        return Judgement(TRUST_MISSING, as_of, f"{findings[0].message_vi} {_of_evidence()}", findings[0].code)
    return Judgement(RIGHT, as_of)


def _sentence(where: str | None, message: str) -> str:
    return f"{where}: {message}" if where else message


def _issuer(signature: SignatureReport) -> str:
    return signature.certificate.issuer if signature.certificate else ""


def _of_registry() -> str:
    return _("Fetch the department's registry again; if it never approved this seal, the file is not genuine.")


def _of_evidence() -> str:
    return _("Fetch what the time-stamping authority needs into the trust folder, or have the evidence renewed.")


def next_step(signature: SignatureReport) -> str:
    """What to do about a signature that can't be judged any more."""
    steps = {
        "TRY_LATER": _("Fetch the revocation list of this certificate authority into the trust folder."),
        "NO_CERTIFICATE_CHAIN_FOUND": _(
            "Put the certificate authority's certificate back into the trust folder; if nobody knows this authority,"
            " the file is not genuine."
        ),
        "OUT_OF_BOUNDS_NO_POE": _("Look for its evidence or receipt, which prove when it existed."),
    }
    proof = _("Only evidence or a receipt from before that day keeps it valid; without one, recall it and sign anew.")
    return steps.get(signature.sub_indication or "", proof)

"""Strict verification of one HBS file against the exact-reference policy of this format.

Order: form → content rules → every slot (octets, digests, value, person,
path) → environment. What is shown, printed or sent afterwards must come from
:attr:`Verification.record`, which exists only for a valid file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from hocbaso_app.record.document import Document
from hocbaso_app.record.errors import FormatError, HocBaSoError
from hocbaso_app.record.model import Record
from hocbaso_app.record.rules import check as check_rules
from hocbaso_app.record.times import VIETNAM, read_instant, write_instant

from .existence import Evidence, NoProofError, Proof
from .report import Check, Finding, Indication, RecordReport, SignatureReport
from .slots import Stage, expected_slots
from .trust import TrustStore
from .verify_slot import SlotContext, verify_slot
from .xades import timestamp_id

UNREADABLE = frozenset({"XML_MALFORMED", "FILE_TOO_LARGE", "NOT_HBS"})
EXIT_UNREADABLE = 3


class NotVerifiedError(HocBaSoError):
    """Values were asked from bytes that did not pass verification."""


@dataclass(frozen=True)
class Verification:
    """A report, and the verified values when there are any."""

    report: RecordReport
    parsed: Document | None
    unreadable: bool = False

    @property
    def valid(self) -> bool:
        """Whether the file is a valid HBS up to the asked stage."""
        return self.report.conclusion is Indication.PASSED

    @property
    def document(self) -> Document:
        """The verified file; :class:`NotVerifiedError` unless :attr:`valid`."""
        if not self.valid or self.parsed is None:
            raise NotVerifiedError(
                "NOT_VERIFIED",
                "Tệp chưa được xác thực hợp lệ nên không dùng được giá trị trong tệp. Hãy xem báo cáo kiểm tra.",
                "the file did not pass verification",
            )
        return self.parsed

    @property
    def record(self) -> Record:
        """The verified values; :class:`NotVerifiedError` unless :attr:`valid`."""
        return self.document.record

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 indeterminate, 3 unreadable."""
        return EXIT_UNREADABLE if self.unreadable else self.report.conclusion.exit_code


def verify(
    data: bytes | Document,
    trust: TrustStore,
    *,
    at: datetime | None = None,
    stage: Stage = Stage.RELEASE,
    revocation: str = "require",
    evidence: Evidence | None = None,
) -> Verification:
    """Verify a file as of ``at`` (default now): every slot up to ``stage`` must be signed, every filled slot valid.

    ``evidence`` lies beside the file and shows how long it has been there, with the data of that time.
    """
    moment = at or datetime.now(timezone.utc)
    octets = data.data if isinstance(data, Document) else data
    base = RecordReport(hashlib.sha256(octets).hexdigest(), write_instant(moment), stage.value)
    try:
        document = data if isinstance(data, Document) else Document.parse(data)
    except FormatError as error:
        finding = Finding(Check.FORM, error.code, error.message_vi, error.message_en)
        report = RecordReport(base.sha256, base.validation_time, base.stage, findings=(finding,))
        return Verification(report, None, error.code in UNREADABLE)
    context = SlotContext(document, trust, moment, revocation)
    if evidence is None:
        return Verification(_report(context, stage, base), document)
    try:
        known = trust.with_data(evidence.data)
        proofs = evidence.proofs(document.data, known, moment, revocation=revocation)
    except HocBaSoError as error:
        report = _report(context, stage, base)
        if not isinstance(error, NoProofError) or not report.check_passed(Check.VALIDITY):
            report = replace(report, findings=(_about_evidence(error), *report.findings))
        return Verification(report, document)
    return Verification(_report(replace(context, trust=known, proofs=proofs), stage, base), document)


def _about_evidence(error: HocBaSoError) -> Finding:
    return Finding(Check.VALIDITY, error.code, error.message_vi, error.message_en, indication=Indication.INDETERMINATE)


def _slots(context: SlotContext) -> dict[str, tuple[SignatureReport, list[Finding]]]:
    """Every filled slot, later stages first: a valid timestamped signature proves the signatures that it covers, but
    not their timestamps."""
    seen: dict[str, tuple[SignatureReport, list[Finding]]] = {}
    covered: dict[str, Proof] = {}
    for slot in reversed(expected_slots(context.document.record)):
        if not context.document.slot(slot.id):
            continue
        known = (covered[slot.id],) if slot.id in covered else ()
        signature, _ = seen[slot.id] = verify_slot(slot, replace(context, covered=known))
        if signature.indication is Indication.PASSED and signature.level == "T" and signature.timestamp is not None:
            proof = Proof(read_instant(signature.timestamp.time), timestamp_id(slot.id))
            for earlier in slot.earlier:
                covered[earlier] = min(covered.get(earlier, proof), proof, key=lambda one: one.time)
    return seen


def _report(context: SlotContext, stage: Stage, base: RecordReport) -> RecordReport:
    document, trust, moment = context.document, context.trust, context.moment
    record = document.record
    general = record.general
    findings = _content_findings(record, moment, stage)
    signatures: list[SignatureReport] = []
    verified = _slots(context)
    for slot in expected_slots(record):
        if slot.id in verified:
            signature, found = verified[slot.id]
            signatures.append(signature)
            findings.extend(found)
        elif slot.stage.order <= stage.order:
            findings.append(
                Finding(
                    Check.PRESENCE,
                    "MISSING_SIGNATURE",
                    f"Thiếu chữ ký của {slot.role} ({slot.signer_name}).",
                    f"{slot.id} of {slot.signer_name} is not signed",
                    slot.id,
                )
            )
    findings.extend(_environment_findings(record, trust))
    findings.extend(_order_findings(signatures))
    return RecordReport(
        base.sha256,
        base.validation_time,
        base.stage,
        general.record_code,
        general.issue_number,
        general.full_name,
        trust.registry.environment,
        tuple(signatures),
        tuple(findings),
    )


def _content_findings(record: Record, moment: datetime, stage: Stage) -> list[Finding]:
    faults = check_rules(record, today=moment.astimezone(VIETNAM).date())
    return [
        Finding(Check.CONTENT, fault.code, f"{fault.message_vi} ({fault.clause})", fault.message_en, fault.field)
        for fault in faults
        if fault.blocks != "release" or stage is Stage.RELEASE
    ]


def _environment_findings(record: Record, trust: TrustStore) -> list[Finding]:
    practice = record.general.practice == "1"
    if practice == (trust.registry.environment == "practice"):
        return []
    return [
        Finding(
            Check.ENVIRONMENT,
            "WRONG_ENVIRONMENT",
            "Học bạ thử nghiệm không có giá trị với danh sách tin cậy thật, và ngược lại.",
            "practice records and production trust (or the reverse) do not go together",
            "DU_LIEU_THU_NGHIEM",
        )
    ]


def _order_findings(signatures: list[SignatureReport]) -> list[Finding]:
    latest: dict[str, datetime] = {}
    for signature in signatures:
        if signature.claimed_time:
            moment = read_instant(signature.claimed_time)
            latest[signature.stage] = max(moment, latest.get(signature.stage, moment))
    findings = []
    for signature in signatures:
        if not signature.claimed_time:
            continue
        order = Stage(signature.stage).order
        before = [moment for stage, moment in latest.items() if Stage(stage).order < order]
        if before and read_instant(signature.claimed_time) < max(before):
            findings.append(
                Finding(
                    Check.VALIDITY,
                    "TIME_ORDER",
                    f"Thời điểm ký ở {signature.slot} sớm hơn chữ ký của bước trước.",
                    f"{signature.slot} claims a time before an earlier stage",
                    signature.slot,
                )
            )
    return findings

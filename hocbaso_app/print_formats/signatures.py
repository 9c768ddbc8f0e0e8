"""Who signed what, as the verification found it; without one nothing is called valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hocbaso_app.record.document import Document
from hocbaso_app.signing.report import VERDICTS_VI
from hocbaso_app.signing.slots import Slot, Stage, expected_slots

from . import words
from .view import CertificateRow, Line, SignatureRow, Signed

if TYPE_CHECKING:
    from hocbaso_app.signing.report import CertificateInfo, SignatureReport
    from hocbaso_app.signing.verify import Verification


def signed(document: Document, verification: Verification | None, slot: str, name: str) -> Signed:
    """The block under a title: signed by whom and when, as far as the verification says so."""
    report = _report_of(verification, document, slot)
    state = _state(document, report, slot)
    return Signed(state, name, words.moment(report.claimed_time) if report and state == "ok" else None)


def certificates_of(document: Document, verification: Verification | None) -> list[CertificateInfo]:
    """Certificates of the signatures in signing order, each once."""
    found: dict[str, CertificateInfo] = {}
    for slot in expected_slots(document.record):
        report = _report_of(verification, document, slot.id)
        if report and report.certificate:
            found.setdefault(report.certificate.sha256, report.certificate)
    return list(found.values())


def signature_rows(
    document: Document, verification: Verification | None, certificates: list[CertificateInfo]
) -> tuple[SignatureRow, ...]:
    """One row for each signature that the record must carry."""
    return tuple(
        _signature_row(document, slot, _report_of(verification, document, slot.id), certificates)
        for slot in expected_slots(document.record)
    )


def checks(document: Document, verification: Verification | None) -> tuple[Line, ...]:
    """Digest, conclusion, and everything that is not as it should be."""
    lines = [Line("SHA-256 của tệp XML", document.sha256)]
    if verification is None or verification.report.sha256 != document.sha256:
        return (*lines, Line("Kết luận", "Chưa kiểm tra chữ ký số"))
    report = verification.report
    return (
        *lines,
        Line("Kết luận", VERDICTS_VI[report.conclusion]),
        Line("Thời điểm kiểm tra", words.moment(report.validation_time)),
        *(
            Line("Điểm cần lưu ý", f"{signature.expected_signer}: {signature.message_vi}")
            for signature in report.signatures
            if signature.indication.value != "TOTAL-PASSED"
        ),
        *(Line("Điểm cần lưu ý", finding.message_vi) for finding in report.findings),
    )


def certificate_row(certificate: CertificateInfo) -> CertificateRow:
    """Holder, serial number, end of validity."""
    return CertificateRow(_common_name(certificate.subject), certificate.serial, words.date(certificate.not_after))


def issuers(certificates: list[CertificateInfo]) -> tuple[Line, ...]:
    """Each issuer once, with the numbers of its certificates as label."""
    found: dict[str, list[int]] = {}
    for number, certificate in enumerate(certificates, 1):
        found.setdefault(_common_name(certificate.issuer), []).append(number)
    return tuple(Line(", ".join(f"[{number}]" for number in numbers), name) for name, numbers in found.items())


def _common_name(subject: str) -> str:
    names = [part[3:] for part in subject.split(",") if part.startswith("CN=")]
    return names[0] if names else subject


def _signature_row(
    document: Document, slot: Slot, report: SignatureReport | None, certificates: list[CertificateInfo]
) -> SignatureRow:
    state = _state(document, report, slot.id)
    if report is None:
        verdict = "Chưa kiểm tra" if state == "doubt" else "Chưa ký"
        return SignatureRow(
            slot.signer_name,
            slot.signer_citizen_id,
            _role_words(slot.role, slot),
            _part_words(slot),
            None,
            None,
            state,
            verdict,
        )
    return SignatureRow(
        report.signer or slot.signer_name,
        report.citizen_id or slot.signer_citizen_id,
        _role_words(report.role, slot),
        _part_words(slot),
        words.moment(report.claimed_time),
        certificates.index(report.certificate) + 1 if report.certificate else None,
        state,
        VERDICTS_VI[report.indication].capitalize(),
    )


def _role_words(role: str, slot: Slot) -> str:
    short = role.replace(Stage.SUBJECT.title, "GVBM")
    return f"{short}\u00a0–\u00a0{slot.subject_code}" if slot.subject_code else short


def _part_words(slot: Slot) -> str:
    if slot.stage is Stage.SUBJECT:
        return slot.subject_name or slot.part
    return {
        Stage.HOMEROOM: "Toàn bộ thông tin học bạ và các chữ ký trên",
        Stage.MANAGER: "Toàn bộ dữ liệu học bạ và các chữ ký trên",
        Stage.RELEASE: "Toàn bộ dữ liệu học bạ và các chữ ký trên",
    }[slot.stage]


def _state(document: Document, report: SignatureReport | None, slot: str) -> str:
    if report is None:
        return "doubt" if document.slot(slot) else "none"
    return "ok" if report.indication.value == "TOTAL-PASSED" else "doubt"


def _report_of(verification: Verification | None, document: Document, slot: str) -> SignatureReport | None:
    if verification is None or verification.report.sha256 != document.sha256:
        return None
    return next((s for s in verification.report.signatures if s.slot == slot), None)

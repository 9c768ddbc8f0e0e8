"""The official form as plain view data: pages, rows in the official order, words, dates; templates only lay it out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hocbaso_app.record.document import HOMEROOM_SLOT, MANAGER_SLOT, SEAL_SLOT, Document
from hocbaso_app.record.model import General, HistoryEntry, Record, SubjectResult, Substitution, Summary
from hocbaso_app.signing.report import VERDICTS_VI
from hocbaso_app.signing.slots import Slot, Stage, expected_slots

from . import marks, words

if TYPE_CHECKING:
    from hocbaso_app.signing.report import CertificateInfo, SignatureReport
    from hocbaso_app.signing.verify import Verification

FORMS = ("tt27-1",)
ROOMY_RESULTS, ROOMY_QUALITIES = 38, 5
"""Lines of remarks that pages 4 and 5 hold in the normal size; more of them are set smaller, to stay on one sheet."""
LINE = 48


@dataclass(frozen=True, slots=True)
class Line:
    """One label with its value; ``None`` prints as a dotted line."""

    label: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the paper form (QĐ Đ2.k7); ``number`` is TRANG in the file."""

    number: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A row of section 1; level, score and remark stay empty for a subject that is not studied."""

    name: str
    level: str | None = None
    score: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class LevelGroup:
    """One table of sections 2 and 3 with its single remark."""

    heading: str | None
    subheading: str | None
    column: str
    rows: tuple[Line, ...]
    remark: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of the learning history."""

    school_year: str
    class_name: str
    school: str
    register_number: str | None
    arrived: str | None
    left: str | None
    mid_year_page: str | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature block: ``state`` is "ok", "doubt" (there is a signature, not verified) or "none"."""

    state: str
    signer: str
    time: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A row of page 6: who signed what, when, with which of :attr:`Form.certificates` (from 1), and the verdict."""

    signer: str
    citizen_id: str | None
    role: str
    part: str
    time: str | None
    certificate: int | None
    state: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Form:
    """Everything the templates need."""

    pages: tuple[Page, ...]
    form_title: str
    general: General
    mid_year: bool
    watermarks: tuple[str, ...]
    verified: bool
    kind: str
    kind_text: str
    confirmation: marks.Confirmation | None
    confirmation_date: str | None
    confirmation_place: str | None
    not_a_replacement: str
    school_year: str
    cover: tuple[Line, ...]
    pupil: tuple[Line, ...]
    issue: tuple[Line, ...]
    history: tuple[HistoryRow, ...]
    measures: tuple[Line, ...]
    period: str
    subjects: tuple[SubjectRow, ...]
    subject_legend: str
    groups: tuple[LevelGroup, ...]
    quality_legend: str
    homeroom_remark: str
    overall_result: str | None
    rewards: str | None
    extraordinary_rewards: str | None
    completion: str | None
    promotion_decision: str | None
    place_and_date: str
    homeroom: Signed
    principal: Signed
    seal: Signed
    signatures: tuple[SignatureRow, ...]
    certificates: tuple[str, ...]
    checks: tuple[Line, ...]
    technical: tuple[Line, ...]
    receipt: tuple[Line, ...]
    dense: frozenset[str]


@cache
def load_form(identifier: str = "tt27-1") -> Mapping[str, Any]:
    """A form version as data: pages, rows, headings, start date."""
    text = (resources.files(__package__) / "forms" / f"{identifier}.json").read_text("utf-8")
    form: dict[str, Any] = json.loads(text)
    return form


def form_for(record: Record) -> Mapping[str, Any]:
    """The newest form version in force on the first day of the record's period."""
    started = [load_form(f) for f in FORMS if load_form(f)["valid_from"] <= record.general.from_date]
    return max(started, key=lambda form: str(form["valid_from"])) if started else load_form(FORMS[0])


def pages(record: Record) -> tuple[Page, ...]:
    """The page list of the record, equal to the paper form's."""
    return tuple(Page(**page) for page in form_for(record)["pages"])


def make_form(
    document: Document,
    *,
    verification: Verification | None = None,
    mark: str | None = None,
    kind: marks.PrintKind = marks.PrintKind.INFORMATION,
    confirmation: marks.Confirmation | None = None,
    receipt: Mapping[str, str] | None = None,
) -> Form:
    """View data of one file; values come from ``document``, which carries the unverified mark unless it passed."""
    record, layout = document.record, form_for(document.record)
    general, summary = record.general, record.summary
    certificates = _certificates(document, verification)
    return Form(
        pages=pages(record),
        form_title=layout["title"],
        general=general,
        mid_year=general.page_kind == "GIUA_NAM",
        watermarks=marks.watermarks(document, verification, mark),
        verified=marks.is_verified(document, verification),
        kind=kind.value,
        kind_text=marks.KIND_TEXTS[kind],
        confirmation=confirmation,
        confirmation_date=words.date(confirmation.date) if confirmation else None,
        confirmation_place=f"{general.release_place}, {words.long_date(confirmation.date)}" if confirmation else None,
        not_a_replacement=marks.NOT_A_REPLACEMENT,
        school_year=words.school_year(general.school_year),
        cover=_cover(general),
        pupil=_pupil(general),
        issue=_issue(general),
        history=tuple(_history_row(general, entry) for entry in record.history),
        measures=_measures(general),
        period=f"{words.date(general.from_date)} – {words.date(general.to_date)}",
        subjects=_subject_rows(record, layout["subjects"]),
        subject_legend=_subject_legend(record),
        groups=tuple(_group(record, group) for group in layout["level_groups"]),
        quality_legend=words.QUALITY_LEGEND,
        homeroom_remark=record.remarks.homeroom_remark,
        overall_result=summary.overall_result,
        rewards=summary.rewards,
        extraordinary_rewards=summary.extraordinary_rewards,
        completion=_completion(general, summary),
        promotion_decision=summary.promotion_decision,
        place_and_date=f"{general.release_place}, {words.long_date(general.released_at)}",
        homeroom=_signed(document, verification, HOMEROOM_SLOT, general.homeroom_name),
        principal=_signed(document, verification, MANAGER_SLOT, general.principal_name),
        seal=_signed(document, verification, SEAL_SLOT, general.school_name),
        signatures=_signature_rows(document, verification, certificates),
        certificates=tuple(_certificate_words(certificate) for certificate in certificates),
        checks=_checks(document, verification),
        technical=_technical(record),
        receipt=tuple(Line(name, value) for name, value in (receipt or {}).items()),
        dense=_dense_pages(record),
    )


def _dense_pages(record: Record) -> frozenset[str]:
    results = sum(max(2, _lines(subject.remark)) for subject in record.subjects)
    summary, qualities = record.summary, record.qualities
    wide = (record.remarks.homeroom_remark, summary.rewards, summary.extraordinary_rewards, summary.completion_text)
    narrow = (
        max(0, _lines(qualities.qualities_remark) - 5)
        + max(0, _lines(qualities.general_remark) - 3)
        + max(0, _lines(qualities.specific_remark) - 7)
    )
    others = sum(_lines(text) for text in wide) // 2 + narrow
    return frozenset(
        key
        for key, lines, room in (("results", results, ROOMY_RESULTS), ("qualities", others, ROOMY_QUALITIES))
        if lines > room
    )


def _lines(text: str | None) -> int:
    return -(-len(text or "") // LINE)


def _cover(general: General) -> tuple[Line, ...]:
    lines = [
        Line("Họ và tên học sinh", general.full_name),
        Line("Lớp", general.class_name),
        Line("Trường", _without_prefix(general.school_name)),
        Line("Năm học", words.school_year(general.school_year)),
        Line("Xã (Phường, Đặc khu)", general.commune_name),
        Line("Huyện (Quận, Thị xã)", general.district_name) if general.district_name else None,
        Line("Tỉnh (Thành phố)", general.province_name),
    ]
    return tuple(line for line in lines if line)


def _without_prefix(school: str) -> str:
    return school.removeprefix("Trường ")


def _pupil(general: General) -> tuple[Line, ...]:
    lines = [
        Line("Họ và tên học sinh", general.full_name),
        Line("Giới tính", words.label("genders", general.gender)),
        Line("Ngày, tháng, năm sinh", words.date(general.birth_date)),
        Line("Dân tộc", words.label("ethnic_groups", general.ethnic_group)),
        Line("Quốc tịch", words.label("nationalities", general.nationality)),
        Line("Mã số định danh cá nhân", general.citizen_id),
        Line("Mã học sinh", general.pupil_code),
        Line("Nơi sinh", general.birth_place),
        Line("Quê quán", general.home_town),
        Line("Nơi ở hiện nay", general.residence),
        Line("Họ và tên cha", general.father_name),
        Line("Họ và tên mẹ", general.mother_name),
        Line("Người giám hộ (nếu có)", general.guardian_name),
    ]
    if general.priority_group:
        lines.append(Line("Đối tượng chính sách", general.priority_group))
    return tuple(lines)


def _issue(general: General) -> tuple[Line, ...]:
    return (
        Line("Mã số tra cứu học bạ (UUID)", general.record_code),
        Line("Người ký học bạ", general.principal_name),
        Line("Chức vụ của người ký học bạ", general.principal_title),
        Line("Ngày ký học bạ", words.moment(general.released_at)),
    )


def _history_row(general: General, entry: HistoryEntry) -> HistoryRow:
    here = entry.school_code in (None, general.school_code)
    place = f"{entry.school_name}, {entry.province_name}" if entry.province_name else entry.school_name
    cited = entry.mid_year_page
    return HistoryRow(
        words.school_year(entry.school_year),
        entry.class_name,
        f"{place} (mã trường {entry.school_code})" if entry.school_code and not here else place,
        general.register_number if here else None,
        words.moment(entry.arrived_at),
        words.moment(entry.left_at),
        f"Kèm trang giữa năm mã số {cited.record_code}, SHA-256 {cited.sha256}" if cited else None,
    )


def _measures(general: General) -> tuple[Line, ...]:
    height, weight = words.number(general.height_cm), words.number(general.weight_kg)
    return (
        Line("Chiều cao", f"{height} cm" if height else None),
        Line("Cân nặng", f"{weight} kg" if weight else None),
        Line("Số buổi nghỉ có phép", general.excused_absences),
        Line("Không phép", general.unexcused_absences),
    )


def _subject_rows(record: Record, official: list[list[str]]) -> tuple[SubjectRow, ...]:
    left = {subject.subject_code: subject for subject in record.subjects}
    rows = [_subject_row(left.pop(code)) if code in left else SubjectRow(name) for code, name in official]
    return (*rows, *(_subject_row(subject) for subject in left.values()))


def _subject_row(subject: SubjectResult) -> SubjectRow:
    return SubjectRow(subject.subject_name, subject.level, words.number(subject.score), subject.remark)


def _subject_legend(record: Record) -> str:
    exempt = any("M" in (s.level, s.score) for s in record.subjects)
    return "; ".join([words.LEVEL_LEGEND, *([words.EXEMPT_LEGEND] if exempt else [])])


def _group(record: Record, group: Mapping[str, Any]) -> LevelGroup:
    return LevelGroup(
        group["heading"],
        group["subheading"],
        group["column"],
        tuple(Line(name, getattr(record.qualities, field)) for field, name in group["rows"]),
        getattr(record.qualities, group["remark"]),
    )


def _completion(general: General, summary: Summary) -> str | None:
    if summary.completion_text or summary.grade_completed is None:
        return summary.completion_text
    verb = "Hoàn thành" if summary.grade_completed == "1" else "Chưa hoàn thành"
    if general.grade == "05":
        return f"{verb} chương trình tiểu học."
    grade = int(words.grade(general.grade))
    promoted = f"Được lên lớp {grade + 1}." if summary.promoted == "1" else "Chưa được lên lớp."
    return f"{verb} chương trình lớp {grade}; {promoted}"


def _report_of(verification: Verification | None, document: Document, slot: str) -> SignatureReport | None:
    if verification is None or verification.report.sha256 != document.sha256:
        return None
    return next((s for s in verification.report.signatures if s.slot == slot), None)


def _state(document: Document, report: SignatureReport | None, slot: str) -> str:
    if report is None:
        return "doubt" if document.slot(slot) else "none"
    return "ok" if report.indication.value == "TOTAL-PASSED" else "doubt"


def _signed(document: Document, verification: Verification | None, slot: str, name: str) -> Signed:
    report = _report_of(verification, document, slot)
    state = _state(document, report, slot)
    return Signed(state, name, words.moment(report.claimed_time) if report and state == "ok" else None)


def _certificates(document: Document, verification: Verification | None) -> list[CertificateInfo]:
    found: dict[str, CertificateInfo] = {}
    for slot in expected_slots(document.record):
        report = _report_of(verification, document, slot.id)
        if report and report.certificate:
            found.setdefault(report.certificate.sha256, report.certificate)
    return list(found.values())


def _signature_rows(
    document: Document, verification: Verification | None, certificates: list[CertificateInfo]
) -> tuple[SignatureRow, ...]:
    return tuple(
        _signature_row(document, slot, _report_of(verification, document, slot.id), certificates)
        for slot in expected_slots(document.record)
    )


def _signature_row(
    document: Document, slot: Slot, report: SignatureReport | None, certificates: list[CertificateInfo]
) -> SignatureRow:
    state = _state(document, report, slot.id)
    if report is None:
        verdict = "Chưa kiểm tra" if state == "doubt" else "Chưa ký"
        return SignatureRow(
            slot.signer_name, slot.signer_citizen_id, _short(slot.role), _part_words(slot), None, None, state, verdict
        )
    return SignatureRow(
        report.signer or slot.signer_name,
        report.citizen_id or slot.signer_citizen_id,
        _short(report.role),
        _part_words(slot),
        words.moment(report.claimed_time),
        certificates.index(report.certificate) + 1 if report.certificate else None,
        state,
        VERDICTS_VI[report.indication].capitalize(),
    )


def _short(role: str) -> str:
    return role.replace(Stage.SUBJECT.title, "GVBM")


def _part_words(slot: Slot) -> str:
    if slot.stage is Stage.SUBJECT:
        return slot.subject_name or slot.part
    return {
        Stage.HOMEROOM: "Toàn bộ thông tin học bạ và các chữ ký trên",
        Stage.MANAGER: "Toàn bộ dữ liệu học bạ và các chữ ký trên",
        Stage.RELEASE: "Toàn bộ dữ liệu học bạ và các chữ ký trên",
    }[slot.stage]


def _certificate_words(certificate: CertificateInfo) -> str:
    return (
        f"{_common_name(certificate.subject)}: số hiệu {certificate.serial}, "
        f"cấp bởi {_common_name(certificate.issuer)}, hiệu lực đến {words.date(certificate.not_after)}"
    )


def _common_name(subject: str) -> str:
    names = [part[3:] for part in subject.split(",") if part.startswith("CN=")]
    return names[0] if names else subject


def _checks(document: Document, verification: Verification | None) -> tuple[Line, ...]:
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


def _technical(record: Record) -> tuple[Line, ...]:
    general, summary = record.general, record.summary
    lines = [
        Line("Cơ quan quản lý", f"{general.department_name} (mã {general.department_code})"),
        Line("Trường", f"{general.school_name} (mã {general.school_code})"),
        Line("Cấp học", f"{words.label('levels', general.level_code)} (mã {general.level_code})"),
        Line("Khối", words.grade(general.grade)),
        Line("Năm học (bắt đầu)", general.start_year),
        Line("Số sổ đăng bộ", general.register_number),
        Line("Loại trang", words.label("page_kinds", general.page_kind)),
        Line("Thời gian học", f"{words.date(general.from_date)} – {words.date(general.to_date)}"),
        Line("Ngày tạo", words.moment(general.created_at)),
        Line("Lần phát hành", general.issue_number),
        Line("Thay thế mã số", general.replaces_code) if general.replaces_code else None,
        Line("Được lên lớp", words.yes(summary.promoted)),
        Line("Hoàn thành chương trình lớp học", words.yes(summary.grade_completed)),
        Line("Hoàn thành chương trình tiểu học", words.yes(summary.primary_completed)),
        Line("Khuyết tật không đánh giá", words.yes(general.disability_not_assessed)),
        Line("CCCD Hiệu trưởng", general.principal_citizen_id),
        Line("CCCD giáo viên chủ nhiệm", general.homeroom_citizen_id),
        Line("Thông tư", general.circular),
        Line("Quy chế", general.regulation),
        Line("Định dạng; bộ quy tắc", f"{general.format_version}; {general.rule_pack}"),
        _revisions(record),
        *_substitutions(record),
    ]
    return tuple(line for line in lines if line and line.value is not None)


def _revisions(record: Record) -> Line:
    names = {s.subject_code: s.subject_name for s in record.subjects}
    changed = [f"{names.get(p.subject_code, p.subject_code)} {p.revision}" for p in record.general.part_revisions]
    again = {p.revision for p in record.general.part_revisions}
    return Line("Lần ghi của từng môn", f"{again.pop()} (tất cả các môn)" if len(again) == 1 else "; ".join(changed))


def _substitutions(record: Record) -> list[Line]:
    general = record.general
    found: list[tuple[str, Substitution | None]] = [
        ("Ký thay giáo viên chủ nhiệm", general.homeroom_substitution),
        ("Ký thay Hiệu trưởng", general.principal_substitution),
        *((f"Ký thay ({s.subject_name})", s.substitution) for s in record.subjects),
    ]
    return [
        Line(
            name,
            f"thay {s.absent_name}, Quyết định số {s.decision_number}, từ {words.date(s.from_date)} "
            f"đến {words.date(s.to_date)}",
        )
        for name, s in found
        if s
    ]

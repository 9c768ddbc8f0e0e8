"""Group 4: subjects of the grade, levels T/H/C, marks only where the circular has tests (TT 27 Đ7.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..model import Record, SubjectResult
from .fault import Fault
from .pack import RulePack

TESTS = "TT 27/2020 Đ7.1"


def subject_faults(record: Record, pack: RulePack) -> Iterator[Fault]:
    """Faults of the subject parts."""
    grade = record.general.grade.lstrip("0")
    codes = Counter(s.subject_code for s in record.subjects)
    for code, count in codes.items():
        if count > 1:
            yield Fault("SUBJECT_TWICE", "MA_MON_HOC", f"Môn {code} có {count} lần.", f"subject {code} repeats", TESTS)
        if code not in pack.obligatory_subjects[grade] + pack.elective_subjects[grade]:
            yield Fault(
                "SUBJECT_NOT_OF_GRADE",
                "MA_MON_HOC",
                f"Môn {code} không có trong chương trình lớp {grade}.",
                f"subject {code} is not taught in grade {grade}",
                "TT 32/2018",
            )
    for code in pack.obligatory_subjects[grade]:
        if code not in codes:
            yield Fault(
                "SUBJECT_MISSING",
                "BANG_DIEM",
                f"Thiếu môn bắt buộc {code} của lớp {grade}.",
                f"obligatory subject {code} is missing",
                "TT 32/2018",
            )
    for subject in record.subjects:
        yield from _binding(subject, record)
        yield from _level(subject, record)
        yield from _score(subject, record, subject.subject_code in pack.tested_subjects[grade])
    yield from _revisions(record)


def _binding(subject: SubjectResult, record: Record) -> Iterator[Fault]:
    g = record.general
    for name, tag in (
        ("pupil_code", "MA_HOC_SINH"),
        ("school_code", "MA_TRUONG"),
        ("school_year", "TEN_NAM_HOC"),
        ("page_kind", "LOAI_TRANG"),
        ("from_date", "TU_NGAY"),
        ("to_date", "DEN_NGAY"),
    ):
        if getattr(subject, name) != getattr(g, name):
            yield Fault(
                "PART_OF_ANOTHER_RECORD",
                tag,
                f"Phần môn {subject.subject_name} là của học sinh, trường, năm học hoặc loại trang khác ({tag}).",
                f"{tag} of subject {subject.subject_code} is not the record's",
                "QĐ Đ2.k7",
            )


def _level(subject: SubjectResult, record: Record) -> Iterator[Fault]:
    if subject.level is None and record.general.disability_not_assessed == "0":
        yield Fault(
            "LEVEL_MISSING",
            "MUC_DAT_DUOC",
            f"Môn {subject.subject_name} chưa có mức đạt được.",
            f"subject {subject.subject_code} has no level",
            TESTS,
        )


def _score(subject: SubjectResult, record: Record, tested: bool) -> Iterator[Fault]:
    exempt = subject.level == "M"
    if exempt != (subject.score == "M") and (tested or subject.score == "M"):
        yield Fault(
            "EXEMPTION_HALF",
            "DIEM_KIEM_TRA_DINH_KY",
            f"Môn {subject.subject_name}: miễn (M) phải ghi ở cả mức đạt được và điểm.",
            "M must stand in both level and score",
            "Từ điển dữ liệu 2025",
        )
    elif not tested and subject.score is not None and not exempt:
        yield Fault(
            "SCORE_NOT_ALLOWED",
            "DIEM_KIEM_TRA_DINH_KY",
            f"Môn {subject.subject_name} không có bài kiểm tra định kỳ ở lớp này; hãy xóa điểm.",
            f"subject {subject.subject_code} has no test in this grade",
            TESTS,
        )
    elif (
        tested
        and subject.score is None
        and record.general.disability_not_assessed == "0"
        and record.general.page_kind == "CA_NAM"
    ):
        yield Fault(
            "SCORE_MISSING",
            "DIEM_KIEM_TRA_DINH_KY",
            f"Môn {subject.subject_name} thiếu điểm kiểm tra cuối năm.",
            f"subject {subject.subject_code} has no end-of-year mark",
            TESTS,
        )


def _revisions(record: Record) -> Iterator[Fault]:
    listed = [(r.subject_code, r.revision) for r in record.general.part_revisions]
    if listed != [(s.subject_code, s.revision) for s in record.subjects]:
        yield Fault(
            "REVISION_MISMATCH",
            "DANH_SACH_LAN_MON",
            "Danh sách lần của các phần môn học không khớp với các phần trong tệp.",
            "DANH_SACH_LAN_MON is not that of the parts",
            "DESIGN 3",
        )

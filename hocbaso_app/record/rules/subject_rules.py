"""Group 4: subjects of the grade, levels T/H/C or M, marks only where the circular has tests (TT 27 Đ7.1)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from .. import code_tables
from ..model import Record, SubjectResult
from .fault import Fault
from .pack import RulePack

TESTS = "TT 27/2020 Đ7.1"
CURRICULUM = "TT 32/2018"
EXEMPT = "M"
_WHOLE = re.compile(r"0|[1-9][0-9]*")


def whole_mark(score: str, pack: RulePack) -> bool:
    """Whether a mark is a whole number on the pack's scale, written without leading zeros."""
    lowest, highest = pack.score_range
    return _WHOLE.fullmatch(score) is not None and lowest <= int(score) <= highest


def subject_faults(record: Record, pack: RulePack) -> Iterator[Fault]:
    """Faults of the list of subjects, their levels and marks."""
    grade = record.general.grade.lstrip("0")
    yield from _curriculum(record, pack, grade)
    for subject in record.subjects:
        tested = subject.subject_code in pack.tested_subjects[grade]
        for fault in (*_level(subject, record, pack), *_score(subject, record, pack, tested=tested)):
            yield replace(fault, subject=subject.subject_code)
    if record.subjects and all(s.level == EXEMPT for s in record.subjects):
        yield Fault(
            "ALL_EXEMPT",
            "MUC_DAT_DUOC",
            "Không thể miễn tất cả các môn; hãy đánh giá ít nhất một môn hoặc đánh dấu khuyết tật không đánh giá.",
            "every subject is exempt, nothing is assessed",
            TESTS,
        )


def _curriculum(record: Record, pack: RulePack, grade: str) -> Iterator[Fault]:
    title = code_tables.table("subjects").label
    codes = Counter(s.subject_code for s in record.subjects)
    for code, count in codes.items():
        if count > 1:
            yield Fault(
                "SUBJECT_TWICE",
                "MA_MON_HOC",
                f"Môn {title(code)} có {count} lần; hãy chỉ giữ một.",
                f"subject {code} stands {count} times",
                TESTS,
            )
        if code not in pack.obligatory_subjects[grade] + pack.elective_subjects[grade]:
            yield Fault(
                "SUBJECT_NOT_OF_GRADE",
                "MA_MON_HOC",
                f"Môn {title(code)} (mã {code}) không có trong chương trình lớp {grade}; hãy bỏ môn này.",
                f"subject {code} is not taught in grade {grade}",
                CURRICULUM,
            )
    for code in pack.obligatory_subjects[grade]:
        if code not in codes:
            yield Fault(
                "SUBJECT_MISSING",
                "BANG_DIEM",
                f"Thiếu môn bắt buộc {title(code)} của lớp {grade}; hãy bổ sung kết quả môn này.",
                f"obligatory subject {code} is missing",
                CURRICULUM,
            )


def _level(subject: SubjectResult, record: Record, pack: RulePack) -> Iterator[Fault]:
    if subject.level is None:
        if record.general.disability_not_assessed == "0":
            yield Fault(
                "LEVEL_MISSING",
                "MUC_DAT_DUOC",
                f"Môn {subject.subject_name} chưa có mức đạt được; hãy ghi T, H hoặc C.",
                f"subject {subject.subject_code} has no level",
                TESTS,
            )
    elif subject.level not in pack.subject_levels:
        yield Fault(
            "LEVEL_INVALID",
            "MUC_DAT_DUOC",
            f"Môn {subject.subject_name}: mức “{subject.level}” không có; hãy ghi T, H, C hoặc M (miễn).",
            f"level {subject.level} of subject {subject.subject_code} is not on the scale",
            TESTS,
        )


def _score(subject: SubjectResult, record: Record, pack: RulePack, *, tested: bool) -> Iterator[Fault]:
    score, exempt = subject.score, subject.level == EXEMPT
    if (score == EXEMPT and not exempt) or (exempt and tested and score != EXEMPT):
        yield Fault(
            "EXEMPTION_HALF",
            "DIEM_KIEM_TRA_DINH_KY",
            f"Môn {subject.subject_name}: miễn thì ghi M ở cả mức đạt được và điểm kiểm tra; hãy sửa cho khớp.",
            f"M stands in only one of level and score of subject {subject.subject_code}",
            "Từ điển dữ liệu 2025",
        )
    elif score is None:
        if tested and _test_due(record):
            yield Fault(
                "SCORE_MISSING",
                "DIEM_KIEM_TRA_DINH_KY",
                f"Môn {subject.subject_name} thiếu điểm kiểm tra cuối năm; hãy ghi điểm.",
                f"subject {subject.subject_code} has no end-of-year mark",
                TESTS,
            )
    elif score == EXEMPT:
        return
    elif not tested:
        yield Fault(
            "SCORE_NOT_ALLOWED",
            "DIEM_KIEM_TRA_DINH_KY",
            f"Môn {subject.subject_name} không có bài kiểm tra định kỳ ở lớp này; hãy xóa điểm.",
            f"subject {subject.subject_code} has no test in this grade",
            TESTS,
        )
    elif not whole_mark(score, pack):
        lowest, highest = pack.score_range
        yield Fault(
            "SCORE_INVALID",
            "DIEM_KIEM_TRA_DINH_KY",
            f"Môn {subject.subject_name}: điểm “{score}” không hợp lệ; hãy ghi số nguyên từ {lowest} đến {highest}.",
            f"mark {score} of subject {subject.subject_code} is not a whole number from {lowest} to {highest}",
            "TT 27/2020 Đ7.1.d",
        )


def _test_due(record: Record) -> bool:
    """The mark in the học bạ is the end-of-year test's (TT 27 PL1), so a mid-year page need not have one."""
    return record.general.disability_not_assessed == "0" and record.general.page_kind == "CA_NAM"

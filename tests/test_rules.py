"""Every rule with a record that keeps it and one that breaks only it."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_records import PRINCIPAL, SUBJECTS, TEACHERS, in_year, mid_year, sample_record, with_common

from hocbaso_app.record import model, rules
from hocbaso_app.record.document import build
from hocbaso_app.record.model import Record, Substitution
from hocbaso_app.record.rules import Fault, check, load_pack, overall_result
from hocbaso_app.record.rules.overall import QUALITY_FIELDS

TODAY = date(2026, 6, 1)
GRADES = (1, 2, 3, 4, 5)
Change = Callable[[Record], Record]


# --- small changes to a right record ----------------------------------------------------------------------------------


def general(**changes: Any) -> Change:
    return lambda r: replace(r, general=replace(r.general, **changes))


def common(**changes: str) -> Change:
    return lambda r: with_common(r, **changes)


def subject(code: str, **changes: Any) -> Change:
    return lambda r: replace(
        r, subjects=tuple(replace(s, **changes) if s.subject_code == code else s for s in r.subjects)
    )


def all_subjects(**changes: Any) -> Change:
    return lambda r: replace(r, subjects=tuple(replace(s, **changes) for s in r.subjects))


def summary(**changes: Any) -> Change:
    return lambda r: replace(r, summary=replace(r.summary, **changes))


def qualities(**changes: Any) -> Change:
    return lambda r: replace(r, qualities=replace(r.qualities, **changes))


def last_entry(**changes: Any) -> Change:
    return lambda r: replace(r, history=(*r.history[:-1], replace(r.history[-1], **changes)))


def taught(*codes: str) -> Change:
    """Exactly these subjects, revisions listed accordingly; new ones are copies of Đạo đức."""

    def change(r: Record) -> Record:
        known = {s.subject_code: s for s in r.subjects}
        names = {**{code: values[0] for code, values in SUBJECTS.items()}, "14": "Tiếng dân tộc", "77": "Cờ vua"}
        chosen = tuple(known.get(c) or replace(known["03"], subject_code=c, subject_name=names[c]) for c in codes)
        revisions = tuple(model.PartRevision(subject_code=code, revision="1") for code in codes)
        return replace(r, subjects=chosen, general=replace(r.general, part_revisions=revisions))

    return change


def codes_of(grade: int) -> list[str]:
    return [s.subject_code for s in sample_record(grade).subjects]


def many(*changes: Change) -> Change:
    def change(r: Record) -> Record:
        for one in changes:
            r = one(r)
        return r

    return change


FAILED = many(
    subject("01", level="C", score="4"),
    summary(
        overall_result="Chưa hoàn thành",
        promoted="0",
        grade_completed="0",
        primary_completed="0",
        completion_text="Chưa hoàn thành chương trình lớp 3; Chưa được lên lớp.",
        rewards=None,
    ),
)
BY_DECISION = many(
    FAILED,
    summary(
        promoted="1",
        promotion_decision="12/QĐ-THHP",
        completion_text="Chưa hoàn thành chương trình lớp 3; Được lên lớp 4 theo Quyết định số 12/QĐ-THHP.",
    ),
)
NOT_ASSESSED = many(
    general(disability_not_assessed="1"),
    all_subjects(level=None, score=None),
    lambda r: replace(r, qualities=model.Qualities()),
    BY_DECISION,
    subject("01", level=None, score=None),
    summary(overall_result=None),
)
EARLIER = model.HistoryEntry(
    school_year="2025-2026",
    class_name="3B",
    school_name="Trường Tiểu học Sông Cấm",
    arrived_at="2025-08-20T00:00:00+07:00",
    left_at="2025-09-03T00:00:00+07:00",
)
DEPUTY = Substitution(
    absent_name="Trần Thị Bích Ngọc", decision_number="5/QĐ", from_date="2026-05-01", to_date="2026-06-30"
)


def check_of(change: Change, grade: int) -> list[Fault]:
    return check(change(sample_record(grade)), today=TODAY)


# --- right records ----------------------------------------------------------------------------------------------------

GOOD: dict[str, tuple[int, Change]] = {
    **{f"grade {grade}": (grade, many()) for grade in GRADES},
    **{f"mid-year page of grade {grade}": (grade, mid_year) for grade in GRADES},
    "mid-year page with a mark of the first term": (4, many(mid_year, subject("01", score="8"))),
    "not completed, stays": (3, FAILED),
    "not completed, promoted by the principal's decision": (3, BY_DECISION),
    "grade 5 not completed": (
        5,
        many(FAILED, summary(completion_text="Chưa hoàn thành chương trình tiểu học; Chưa được lên lớp.")),
    ),
    "disability not assessed": (3, NOT_ASSESSED),
    "disability not assessed, completed by own plan": (
        3,
        many(
            NOT_ASSESSED,
            summary(grade_completed="1", completion_text="Hoàn thành chương trình lớp 3; Được lên lớp 4."),
        ),
    ),
    "exempt from a subject with a test": (4, subject("12", level="M", score="M")),
    "exempt from a subject without a test": (4, subject("88", level="M")),
    "elective subjects of grade 1": (1, taught(*codes_of(1), "11", "14")),
    "elective subject of grade 5": (5, taught(*codes_of(5), "14")),
    "guardian, no parents": (2, general(father_name=None, mother_name=None, guardian_name="Ngô Thị Lan")),
    "district, weight and height are not needed": (2, general(weight_kg=None, height_cm=None, district_name=None)),
    "second version": (5, general(issue_number="2", replaces_code="0b7f2a52-94ee-4c52-8f45-1d0f6a1b2c3d")),
    "moved in from another school": (3, lambda r: replace(r, history=(EARLIER, *r.history))),
    "deputy signs for the principal": (
        5,
        general(principal_name="Bùi Thị Hà", principal_citizen_id="999178000010", principal_substitution=DEPUTY),
    ),
    "earlier substitution stands in a part that was signed then": (
        5,
        subject("01", substitution=replace(DEPUTY, from_date="2025-11-01", to_date="2025-12-01")),
    ),
    "Hoàn thành tốt with its own title": (
        4,
        many(
            subject("01", score="7"),
            summary(
                overall_result="Hoàn thành tốt",
                rewards="Học sinh Tiêu biểu hoàn thành tốt trong học tập và rèn luyện",
            ),
        ),
    ),
    "a title named inside another prize": (
        4,
        many(
            subject("01", level="H", score="6"),
            summary(overall_result="Hoàn thành", rewards="Giải Nhì hội thi học sinh xuất sắc môn Bơi"),
        ),
    ),
    "remark of two lines": (1, lambda r: replace(r, remarks=model.Remarks(homeroom_remark="Chăm.\nNgoan."))),
    "first grade-5 year": (5, lambda r: in_year(r, 2024)),
    "first year of the regulation": (4, lambda r: in_year(r, 2023)),
}


@pytest.mark.parametrize(("grade", "change"), GOOD.values(), ids=GOOD)
def test_right_record_has_no_fault(grade: int, change: Change) -> None:
    record = change(sample_record(grade))
    assert check(record, today=TODAY) == []
    assert build(record).record == record, "what the rules accept, the format can hold"


# --- one broken rule each ---------------------------------------------------------------------------------------------

BAD: list[tuple[str, str, int, Change]] = [
    ("RULE_PACK_UNKNOWN", "BO_QUY_TAC", 5, general(rule_pack="tt99-1")),
    ("RULE_PACK_UNKNOWN", "BO_QUY_TAC", 5, general(rule_pack="../packs/tt27-1")),
    ("GRADE_OUT_OF_SCOPE", "MA_KHOI", 5, general(grade="06")),
    ("GRADE_OUT_OF_SCOPE", "MA_KHOI", 5, general(grade="00")),
    ("GRADE_OUT_OF_SCOPE", "MA_KHOI", 5, general(level_code="03")),
    ("SCHOOL_YEAR_WRONG", "NAM_HOC", 5, general(start_year="2026")),
    ("SCHOOL_YEAR_WRONG", "NAM_HOC", 5, common(school_year="2025-2027")),
    ("SCHOOL_YEAR_WRONG", "NAM_HOC", 5, common(school_year="2025")),
    ("SCHOOL_YEAR_TOO_EARLY", "TEN_NAM_HOC", 4, lambda r: in_year(r, 2022)),
    ("SCHOOL_YEAR_TOO_EARLY", "TEN_NAM_HOC", 1, lambda r: in_year(r, 2022)),
    ("GRADE_TOO_EARLY", "TEN_NAM_HOC", 5, lambda r: in_year(r, 2023)),
    ("RULE_SET_MISMATCH", "THONG_TU", 5, general(circular="22/2021")),
    ("RULE_SET_MISMATCH", "THONG_TU", 5, general(regulation="Quy chế khác")),
    ("PERIOD_WRONG", "DEN_NGAY", 5, common(to_date="2026-09-05")),
    ("PERIOD_WRONG", "DEN_NGAY", 5, common(from_date="2025-07-31")),
    ("PERIOD_WRONG", "DEN_NGAY", 5, many(mid_year, common(to_date="2025-09-05"))),
    ("WHOLE_YEAR_WRONG", "DEN_NGAY", 5, common(to_date="2026-01-16")),
    ("WHOLE_YEAR_WRONG", "DEN_NGAY", 5, common(from_date="2026-01-19")),
    ("RELEASE_BEFORE_CREATION", "NGAY_KY_PHAT_HANH_HOC_BA", 5, general(released_at="2026-05-24T23:59:59+07:00")),
    ("CREATED_BEFORE_YEAR", "NGAY_TAO_HOC_BA", 5, general(created_at="2025-09-04T23:00:00+07:00")),
    ("BIRTH_DATE_WRONG", "NGAY_SINH", 5, general(birth_date="2025-09-05")),
    ("VERSION_CHAIN", "MA_BI_THAY_THE", 5, general(issue_number="2")),
    ("VERSION_CHAIN", "MA_BI_THAY_THE", 5, general(replaces_code="0b7f2a52-94ee-4c52-8f45-1d0f6a1b2c3d")),
    (
        "CODE_REUSED",
        "MA_TRA_CUU_UUID",
        5,
        general(issue_number="2", replaces_code="123e4567-e89b-42d3-a456-556642440000"),
    ),
    ("HISTORY_EMPTY", "QUA_TRINH_HOC_TAP", 3, lambda r: replace(r, history=())),
    (
        "HISTORY_ORDER",
        "QUA_TRINH_HOC_TAP",
        3,
        lambda r: replace(r, history=(replace(EARLIER, left_at="2025-10-01T00:00:00+07:00"), *r.history)),
    ),
    ("HISTORY_ORDER", "QUA_TRINH_HOC_TAP", 3, last_entry(left_at="2025-09-01T00:00:00+07:00")),
    ("HISTORY_LAST", "QUA_TRINH_HOC_TAP", 3, last_entry(class_name="3A2")),
    ("HISTORY_LAST", "QUA_TRINH_HOC_TAP", 3, last_entry(school_code="31999902")),
    ("HISTORY_LAST", "QUA_TRINH_HOC_TAP", 3, last_entry(school_year="2024-2025")),
    ("CCCD_MISSING", "SO_CCCD", 5, general(citizen_id=None)),
    ("PARENT_MISSING", "HO_VA_TEN_ME", 5, general(mother_name=None)),
    ("CODE_UNKNOWN", "DAN_TOC", 5, general(ethnic_group="55")),
    ("CODE_UNKNOWN", "QUOC_TICH", 5, general(nationality="XX")),
    ("CODE_UNKNOWN", "GIOI_TINH", 5, general(gender="3")),
    ("CODE_UNKNOWN", "LOAI_TRANG", 5, common(page_kind="HOC_KY")),
    (
        "PRINCIPAL_TEACHES",
        "SO_CCCD_GIAM_HIEU_KY_HOC_BA",
        5,
        subject("01", teacher_name=PRINCIPAL[0], teacher_citizen_id=PRINCIPAL[1]),
    ),
    (
        "PRINCIPAL_TEACHES",
        "SO_CCCD_GIAM_HIEU_KY_HOC_BA",
        5,
        general(homeroom_name=PRINCIPAL[0], homeroom_citizen_id=PRINCIPAL[1]),
    ),
    ("SUBSTITUTION_WRONG", "SO_QUYET_DINH", 5, general(principal_substitution=DEPUTY)),
    (
        "SUBSTITUTION_WRONG",
        "SO_QUYET_DINH",
        5,
        general(homeroom_substitution=replace(DEPUTY, from_date="2026-05-30", to_date="2026-06-30")),
    ),
    ("SUBSTITUTION_WRONG", "SO_QUYET_DINH", 5, subject("01", substitution=replace(DEPUTY, to_date="2026-04-30"))),
    ("PART_OF_ANOTHER_RECORD", "MA_HOC_SINH", 5, subject("01", pupil_code="9900000002")),
    ("PART_OF_ANOTHER_RECORD", "MA_TRUONG", 5, subject("01", school_code="31999902")),
    ("PART_OF_ANOTHER_RECORD", "TEN_NAM_HOC", 5, subject("01", school_year="2024-2025")),
    ("PART_OF_ANOTHER_RECORD", "LOAI_TRANG", 5, subject("01", page_kind="GIUA_NAM")),
    ("PART_OF_ANOTHER_RECORD", "TU_NGAY", 5, subject("01", from_date="2025-09-06")),
    ("PART_OF_ANOTHER_RECORD", "DEN_NGAY", 5, subject("01", to_date="2026-05-30")),
    ("REVISION_MISMATCH", "DANH_SACH_LAN_MON", 5, subject("01", revision="2")),
    ("REVISION_MISMATCH", "DANH_SACH_LAN_MON", 5, general(part_revisions=())),
    (
        "REVISION_MISMATCH",
        "DANH_SACH_LAN_MON",
        5,
        lambda r: replace(r, general=replace(r.general, part_revisions=r.general.part_revisions[::-1])),
    ),
    ("SUBJECT_NAME_WRONG", "TEN_MON_HOC", 5, subject("01", subject_name="Tiếng Việt")),
    ("SUBJECT_TWICE", "MA_MON_HOC", 5, taught(*codes_of(5), "01")),
    ("SUBJECT_NOT_OF_GRADE", "MA_MON_HOC", 5, taught(*codes_of(5), "04")),
    ("SUBJECT_NOT_OF_GRADE", "MA_MON_HOC", 1, taught(*codes_of(1), "87")),
    ("SUBJECT_NOT_OF_GRADE", "MA_MON_HOC", 3, taught(*codes_of(3), "77")),
    ("SUBJECT_MISSING", "BANG_DIEM", 4, taught(*(c for c in codes_of(4) if c != "13"))),
    ("LEVEL_MISSING", "MUC_DAT_DUOC", 5, subject("03", level=None)),
    ("LEVEL_INVALID", "MUC_DAT_DUOC", 5, subject("03", level="Đ")),
    ("LEVEL_INVALID", "MUC_DAT_DUOC", 5, subject("03", level="t")),
    ("SCORE_MISSING", "DIEM_KIEM_TRA_DINH_KY", 3, subject("11", score=None)),
    ("SCORE_NOT_ALLOWED", "DIEM_KIEM_TRA_DINH_KY", 5, subject("03", score="9")),
    ("SCORE_NOT_ALLOWED", "DIEM_KIEM_TRA_DINH_KY", 1, many(taught(*codes_of(1), "11"), subject("11", score="9"))),
    *[
        ("SCORE_INVALID", "DIEM_KIEM_TRA_DINH_KY", 5, subject("01", score=score))
        for score in ("9.5", "9,5", "11", "-1", "09", "mười", "９", "1e1")
    ],
    ("EXEMPTION_HALF", "DIEM_KIEM_TRA_DINH_KY", 5, subject("12", level="M")),
    ("EXEMPTION_HALF", "DIEM_KIEM_TRA_DINH_KY", 5, subject("12", level="M", score=None)),
    ("EXEMPTION_HALF", "DIEM_KIEM_TRA_DINH_KY", 5, subject("12", score="M")),
    ("EXEMPTION_HALF", "DIEM_KIEM_TRA_DINH_KY", 5, subject("03", score="M")),
    ("ALL_EXEMPT", "MUC_DAT_DUOC", 5, all_subjects(level="M", score="M")),
    *[("QUALITY_MISSING", tag, 5, qualities(**{name: None})) for name, tag in QUALITY_FIELDS],
    ("QUALITY_NOT_OF_GRADE", "NANG_LUC_TIN_HOC", 2, qualities(informatics="T")),
    ("QUALITY_INVALID", "PHAM_CHAT_NHAN_AI", 5, qualities(kindness="H")),
    ("QUALITY_INVALID", "PHAM_CHAT_NHAN_AI", 5, qualities(kindness="D")),
    ("REMARK_MISSING", "NHAN_XET_PHAM_CHAT", 5, qualities(qualities_remark=None)),
    ("REMARK_MISSING", "NHAN_XET_NANG_LUC_CHUNG", 5, qualities(general_remark=None)),
    ("REMARK_MISSING", "NHAN_XET_NANG_LUC_DAC_THU", 5, qualities(specific_remark=None)),
    *[
        ("MID_YEAR_RESULT", tag, 3, many(mid_year, summary(**{name: value})))
        for name, tag, value in (
            ("overall_result", "KET_QUA_XEP_LOAI", "Hoàn thành"),
            ("promoted", "DUOC_LEN_LOP", "0"),
            ("promotion_decision", "SO_QUYET_DINH_LEN_LOP", "1/QĐ"),
            ("completion_text", "NOI_DUNG_HOAN_THANH_CHUONG_TRINH", "Hoàn thành chương trình lớp 3."),
            ("grade_completed", "DA_HOAN_THANH_CHUONG_TRINH_LOP_HOC", "0"),
            ("primary_completed", "DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC", "0"),
        )
    ],
    ("RESULT_NOT_ASSESSED", "KET_QUA_XEP_LOAI", 3, many(NOT_ASSESSED, summary(overall_result="Chưa hoàn thành"))),
    ("RESULT_WRONG", "KET_QUA_XEP_LOAI", 5, many(subject("01", score="8"), summary(rewards=None))),
    ("RESULT_WRONG", "KET_QUA_XEP_LOAI", 5, many(subject("03", level="H"), summary(rewards=None))),
    ("RESULT_WRONG", "KET_QUA_XEP_LOAI", 5, qualities(honesty="Đ")),
    ("RESULT_WRONG", "KET_QUA_XEP_LOAI", 5, summary(overall_result="Hoàn thành tốt", rewards=None)),
    ("PROMOTION_MISSING", "DUOC_LEN_LOP", 3, many(FAILED, summary(promoted=None))),
    ("PROMOTION_MISSING", "DA_HOAN_THANH_CHUONG_TRINH_LOP_HOC", 3, many(FAILED, summary(grade_completed=None))),
    (
        "PROMOTION_WRONG",
        "DUOC_LEN_LOP",
        3,
        summary(promoted="0", completion_text="Hoàn thành chương trình lớp 3; Chưa được lên lớp."),
    ),
    ("PROMOTION_WITHOUT_DECISION", "SO_QUYET_DINH_LEN_LOP", 3, many(BY_DECISION, summary(promotion_decision=None))),
    (
        "GRADE_COMPLETED_WRONG",
        "DA_HOAN_THANH_CHUONG_TRINH_LOP_HOC",
        3,
        many(
            BY_DECISION,
            summary(grade_completed="1", completion_text="Hoàn thành chương trình lớp 3; Được lên lớp 4."),
        ),
    ),
    ("PRIMARY_COMPLETED_WRONG", "DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC", 4, summary(primary_completed="1")),
    ("PRIMARY_COMPLETED_WRONG", "DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC", 5, summary(primary_completed="0")),
    ("PRIMARY_COMPLETED_WRONG", "DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC", 5, summary(primary_completed=None)),
    ("COMPLETION_TEXT_MISSING", "NOI_DUNG_HOAN_THANH_CHUONG_TRINH", 3, summary(completion_text=None)),
    *[
        ("COMPLETION_TEXT_WRONG", "NOI_DUNG_HOAN_THANH_CHUONG_TRINH", grade, summary(completion_text=text))
        for grade, text in (
            (3, "Học tốt."),
            (3, "Hoàn thành chương trình lớp 3."),
            (3, "Chưa hoàn thành chương trình lớp 3; Được lên lớp 4."),
            (3, "Hoàn thành chương trình lớp 2; Được lên lớp 4."),
            (3, "Hoàn thành chương trình lớp 3; Được lên lớp 5."),
            (3, "Hoàn thành chương trình lớp 3; Chưa được lên lớp 4."),
            (3, "Hoàn thành chương trình tiểu học; Được lên lớp 4."),
            (5, "Hoàn thành chương trình lớp 5."),
        )
    ],
    *[
        (
            "REWARD_WRONG",
            "NOI_DUNG_KHEN_THUONG",
            4,
            many(subject("01", score="7"), summary(overall_result="Hoàn thành tốt", rewards=text)),
        )
        for text in (
            "Học sinh Xuất sắc",
            "Đạt danh hiệu Học sinh Xuất sắc",
            "Giải Nhất bơi; được khen thưởng danh hiệu “học sinh xuất sắc”",
        )
    ],
    ("REWARD_WRONG", "NOI_DUNG_KHEN_THUONG", 4, summary(rewards="Học sinh Tiêu biểu hoàn thành tốt trong học tập")),
    ("REWARD_WRONG", "NOI_DUNG_KHEN_THUONG", 4, many(mid_year, summary(rewards="Học sinh Xuất sắc"))),
    ("VALUE_MISSING", "NHAN_XET_GVCN", 5, lambda r: replace(r, remarks=model.Remarks(homeroom_remark=""))),
    ("VALUE_MISSING", "HO_VA_TEN_CHA", 5, general(father_name="")),
    ("NOT_NFC", "HO_VA_TEN", 5, general(full_name="Nguyê\u0303n Ngọc Ánh Dương")),
    ("CONTROL_CHARACTER", "HO_VA_TEN", 5, general(full_name="Nguyễn\x07 Dương")),
    ("CONTROL_CHARACTER", "HO_VA_TEN", 5, general(full_name="Nguyễn\ufeff Dương")),
    ("BLANK_ENDS", "HO_VA_TEN", 5, general(full_name="Nguyễn Dương ")),
    ("BLANK_ENDS", "HO_VA_TEN", 5, general(full_name="\u00a0Nguyễn Dương")),
    ("DATE_INVALID", "NGAY_SINH", 5, general(birth_date="2015-02-30")),
    ("DATE_INVALID", "NGAY_SINH", 5, general(birth_date="15/03/2015")),
    ("CITIZEN_ID_INVALID", "SO_CCCD", 5, general(citizen_id="99931500000")),
    ("CITIZEN_ID_INVALID", "SO_CCCD", 5, general(citizen_id="99931500000A")),
    ("CITIZEN_ID_INVALID", "SO_CCCD", 5, general(citizen_id="９９９３１５０００００１")),
    ("CITIZEN_ID_INVALID", "SO_CCCD_GIAO_VIEN_BO_MON", 5, subject("01", teacher_citizen_id="1")),
]


@pytest.mark.parametrize(("code", "field", "grade", "change"), BAD, ids=[f"{b[0]}-{i}" for i, b in enumerate(BAD)])
def test_broken_rule_is_named_and_nothing_else(code: str, field: str, grade: int, change: Change) -> None:
    faults = check_of(change, grade)
    assert {(f.code, f.field) for f in faults} == {(code, field)}


@pytest.mark.parametrize(("code", "field", "grade", "change"), BAD, ids=[f"{b[0]}-{i}" for i, b in enumerate(BAD)])
def test_fault_says_what_to_do_and_by_which_clause(code: str, field: str, grade: int, change: Change) -> None:
    for fault in check_of(change, grade):
        assert "hãy " in fault.message_vi.lower()
        assert fault.message_vi.endswith(".")
        assert fault.message_en
        assert fault.clause
        assert "None" not in fault.message_vi


def test_every_code_of_the_rules_is_tried_here() -> None:
    written: set[str] = set()
    for file in Path(rules.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault":
                assert isinstance(node.args[0], ast.Constant)
                written.add(str(node.args[0].value))
    assert written == {code for code, *_ in BAD} | {"RULE_PACK_NOT_IN_FORCE"}


def test_what_each_fault_blocks() -> None:
    blocks = {f.code: f.blocks for _, _, grade, change in BAD for f in check_of(change, grade)}
    assert {code for code, step in blocks.items() if step == "release"} == {"CCCD_MISSING"}
    assert {code for code, step in blocks.items() if step == "initialise"} == {
        "RULE_PACK_UNKNOWN",
        "GRADE_OUT_OF_SCOPE",
        "SCHOOL_YEAR_WRONG",
        "SCHOOL_YEAR_TOO_EARLY",
        "GRADE_TOO_EARLY",
        "RULE_SET_MISMATCH",
    }


def test_several_faults_stand_side_by_side() -> None:
    change = many(subject("03", score="9"), qualities(kindness=None), general(mother_name=None))
    found = [f.code for f in check_of(change, 5)]
    assert found == ["PARENT_MISSING", "SCORE_NOT_ALLOWED", "QUALITY_MISSING"]


# --- rows of requirements.csv -----------------------------------------------------------------------------------------


@pytest.mark.requirement("Y001")
def test_school_years_from_2023_2024_on_and_the_rule_set_is_stored() -> None:
    refused = check(in_year(sample_record(4), 2022), today=TODAY)
    assert [(f.code, f.clause, f.blocks) for f in refused] == [("SCHOOL_YEAR_TOO_EARLY", "QĐ Điều 1", "initialise")]
    assert "2023-2024" in refused[0].message_vi
    accepted = in_year(sample_record(4), 2023)
    assert check(accepted, today=TODAY) == []
    assert "<QUY_CHE>Quy chế tạm thời, 6/2024</QUY_CHE>" in build(accepted).data.decode()


@pytest.mark.requirement("Y002")
def test_rule_set_applies_from_its_start_date_on() -> None:
    pack = load_pack("tt27-1")
    assert pack is not None
    tomorrow = TODAY + timedelta(days=1)
    coming = replace(pack, valid_from=tomorrow.isoformat(), valid_to=(TODAY + timedelta(days=9)).isoformat())
    early = check(sample_record(), today=TODAY, pack=coming)
    assert [(f.code, f.blocks) for f in early] == [("RULE_PACK_NOT_IN_FORCE", "initialise")]
    assert tomorrow.isoformat() in early[0].message_vi
    assert check(sample_record(), today=tomorrow, pack=coming) == []
    assert check(sample_record(), today=TODAY + timedelta(days=9), pack=coming) == []
    expired = check(sample_record(), today=TODAY + timedelta(days=10), pack=coming)
    assert [f.code for f in expired] == ["RULE_PACK_NOT_IN_FORCE"]


def test_start_date_of_the_shipped_pack_is_data() -> None:
    text = (Path(rules.__file__).parent / "packs" / "tt27-1.json").read_text(encoding="utf-8")
    start = date.fromisoformat(json.loads(text)["valid_from"])
    codes = [f.code for f in check(sample_record(), today=start - timedelta(days=1))]
    assert codes == ["RULE_PACK_NOT_IN_FORCE"]
    assert check(sample_record(), today=start) == []


@pytest.mark.requirement("Y004")
@pytest.mark.parametrize("grade", ["06", "07", "09", "00", "10", "6"])
def test_pupil_of_class_6_in_a_two_level_school_cannot_be_initialised(grade: str) -> None:
    faults = check(general(grade=grade, class_name="6A1")(sample_record()), today=TODAY)
    assert [(f.code, f.clause, f.blocks) for f in faults] == [("GRADE_OUT_OF_SCOPE", "QĐ Đ1.k1", "initialise")]


@pytest.mark.requirement("Y022")
@pytest.mark.parametrize("grade", GRADES)
def test_marks_only_where_the_circular_has_tests_and_all_qualities(grade: int) -> None:
    tested = {
        1: {"01", "02"},
        2: {"01", "02"},
        3: {"01", "02", "11", "12", "87"},
        4: {"01", "02", "05", "11", "12", "13", "87"},
        5: {"01", "02", "05", "11", "12", "13", "87"},
    }[grade]
    for code in codes_of(grade):
        given = {f.code for f in check_of(subject(code, score="10"), grade)}
        left_out = {f.code for f in check_of(subject(code, score=None), grade)}
        assert (given, left_out) == ((set(), {"SCORE_MISSING"}) if code in tested else ({"SCORE_NOT_ALLOWED"}, set()))
    for name, tag in QUALITY_FIELDS:
        found = [(f.code, f.field) for f in check_of(qualities(**{name: None}), grade)]
        optional = grade < 3 and name in ("technology", "informatics")
        assert found == ([] if optional else [("QUALITY_MISSING", tag)])


def required_places(record: Record) -> Iterator[tuple[str, Change]]:
    """(element, change that empties it) of every required value of all groups."""

    def required(value: Any) -> list[tuple[str, str]]:
        known = [f for f in fields(value) if f.default is MISSING and "item" not in f.metadata]
        return [(f.name, f.metadata["element"]) for f in known]

    for name, tag in required(record.general):
        yield tag, general(**{name: ""})
    for name, tag in required(record.history[-1]):
        yield tag, last_entry(**{name: ""})
    for name, tag in required(record.subjects[0]):
        yield tag, lambda r, name=name: replace(r, subjects=(replace(r.subjects[0], **{name: ""}), *r.subjects[1:]))
    for name, tag in required(record.remarks):
        yield tag, lambda r, name=name: replace(r, remarks=replace(r.remarks, **{name: ""}))


@pytest.mark.requirement("Y031")
def test_record_with_one_empty_required_field_cannot_be_released() -> None:
    record = sample_record(5)
    places = list(required_places(record))
    assert len(places) > 50
    for tag, change in places:
        faults = check(change(record), today=TODAY)
        assert tag in {f.field for f in faults}, tag
        assert {f.code for f in faults} <= {"VALUE_MISSING", "RULE_PACK_UNKNOWN"}, tag


# --- the overall result against the words of Đ9.2 ---------------------------------------------------------------------


def stated_result(levels: list[str], quality: list[str], marks: list[int]) -> str:
    """Đ9.2.a said once more, the other way round: by the worst of everything."""
    worst_level = max(levels, key="THC".index)
    worst_quality = max(quality, key="TĐC".index)
    lowest = min(marks, default=10)
    if worst_level == "C" or worst_quality == "C" or lowest < 5:
        return "Chưa hoàn thành"
    if worst_level == "H" or worst_quality == "Đ" or lowest < 7:
        return "Hoàn thành"
    return "Hoàn thành tốt" if lowest < 9 else "Hoàn thành xuất sắc"


PROFILES = (
    ("T", (9, 10), "T"),
    ("T", (7, 10), "T"),
    ("TTTH", (5, 10), "TTTĐ"),
    ("TTTHC", (0, 10), "TTTĐC"),
)
"""Levels, marks and qualities to draw from, one line per result; mixed lines are drawn too."""


@st.composite
def assessed(draw: st.DrawFn) -> Record:
    """A record with drawn levels, marks, exemptions and qualities."""
    grade = draw(st.integers(1, 5))
    record = sample_record(grade)
    weakest, scale, of = draw(st.sampled_from(PROFILES) | st.tuples(*map(st.sampled_from, zip(*PROFILES, strict=True))))
    subjects = []
    for number, one in enumerate(record.subjects):
        exempt = number > 0 and draw(st.integers(0, 9)) == 0
        level = "M" if exempt else draw(st.sampled_from(weakest))
        score = None if one.score is None else "M" if exempt else str(draw(st.integers(*scale)))
        subjects.append(replace(one, level=level, score=score))
    drawn = {
        name: draw(st.sampled_from(of)) for name, _ in QUALITY_FIELDS if getattr(record.qualities, name) is not None
    }
    return replace(record, subjects=tuple(subjects), qualities=replace(record.qualities, **drawn))


@given(assessed())
def test_overall_result_is_that_of_the_circular(record: Record) -> None:
    expected = stated_result(
        [s.level for s in record.subjects if s.level and s.level != "M"],
        [level for name, _ in QUALITY_FIELDS if (level := getattr(record.qualities, name))],
        [int(s.score) for s in record.subjects if s.score and s.score != "M"],
    )
    assert overall_result(record) == expected
    wrong = {"RESULT_WRONG"} if expected != record.summary.overall_result else set()
    codes = {f.code for f in check(record, today=TODAY)}
    assert codes - {"REWARD_WRONG"} == wrong


@pytest.mark.parametrize(
    ("mark", "result"),
    [
        ("10", "Hoàn thành xuất sắc"),
        ("9", "Hoàn thành xuất sắc"),
        ("8", "Hoàn thành tốt"),
        ("7", "Hoàn thành tốt"),
        ("6", "Hoàn thành"),
        ("5", "Hoàn thành"),
        ("4", "Chưa hoàn thành"),
        ("0", "Chưa hoàn thành"),
    ],
)
def test_thresholds_of_one_mark(mark: str, result: str) -> None:
    assert overall_result(subject("01", score=mark)(sample_record(5))) == result


def test_one_h_or_one_dat_is_enough_to_miss_the_upper_two_results() -> None:
    assert overall_result(subject("91", level="H")(sample_record(2))) == "Hoàn thành"
    assert overall_result(qualities(physical="Đ")(sample_record(2))) == "Hoàn thành"
    assert overall_result(qualities(physical="C")(sample_record(2))) == "Chưa hoàn thành"


def test_overall_result_needs_a_known_pack() -> None:
    with pytest.raises(ValueError, match="unknown rule pack"):
        overall_result(general(rule_pack="tt99-1")(sample_record()))


def test_sample_teachers_are_made_up() -> None:
    """Province code 999 does not exist, so no number belongs to anybody."""
    assert all(number.startswith("999") for _, number in (*TEACHERS.values(), PRINCIPAL))


@pytest.mark.parametrize(
    "change", [subject("11", score=None), subject("11", remark=" thừa khoảng trắng "), subject("11", teacher_name="")]
)
def test_a_fault_of_a_subject_part_names_the_subject(change: Change) -> None:
    faults = check(change(sample_record(3)), today=TODAY)
    assert [fault.subject for fault in faults] == ["11"]


def test_a_fault_outside_the_parts_names_none() -> None:
    faults = check(qualities(self_study=None)(sample_record(3)), today=TODAY)
    assert {fault.subject for fault in faults} == {None}

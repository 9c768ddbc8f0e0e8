"""Remark help: what it must find, and above all what it must leave alone. Lengths by the XSD. Rules of one sheet."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_records import sample_record

from hocbaso_app.demo.material import material
from hocbaso_app.demo.school import make_school, record_for
from hocbaso_app.record import model
from hocbaso_app.record.document import build
from hocbaso_app.record.errors import FormatError
from hocbaso_app.record.lengths import length, limits, tidy
from hocbaso_app.record.remarks import (
    Remark,
    check_remark,
    completion_texts,
    copied_remarks,
    load_words,
    suggestions,
)
from hocbaso_app.record.remarks.library import with_name
from hocbaso_app.record.rules import check, sheet_faults
from hocbaso_app.record.rules.completion import completion_problem

PUPIL = "Nguyễn Ngọc Ánh Dương"
CLASS = (
    PUPIL,
    "Trần Gia Bảo",
    "Lê Thanh Bình",
    "Phạm Thị Lan",
    "Vũ Đức Minh",
    "Đỗ Hải Nam",
    "Bùi Tuấn Anh",
    "Đào Thu An",
    "Phan Thị Thảo",
    "Ngô Hạnh",
    "Hoàng Bảo Ngọc",
    "Mai Thành Đạt",
    "Lưu Mạnh Tiến",
    "Phạm Minh Khoa",
    "Cao Công Thành",
    "Tô Minh Hiếu",
    "Trịnh Anh Đức",
    "Ngô Thùy Trang",
    "Trịnh Văn Học",
)


def codes(text: str, pupil: str = PUPIL, **more: Any) -> list[str]:
    remark = Remark(text=text, field="remark", pupil=pupil, classmates=CLASS, **more)
    return [hint.code for hint in check_remark(remark)]


@pytest.mark.parametrize(
    "text",
    [
        "Em Minh chăm học, tính nhanh.",
        "Minh rất chăm học.",
        "Đức Minh tính nhanh và cẩn thận.",
        "Chăm ngoan, em Bảo cần đọc to hơn.",
        "Tính nhanh. Bạn Lan cần cẩn thận hơn khi trình bày.",
        "Cô khen Gia Bảo có nhiều tiến bộ.",
        "Bài viết của em Lan giàu hình ảnh.",
        "Con Nam đọc to, rõ.",
        "Bảo Ngọc hát hay, tự tin.",
        "Em An đọc trôi chảy.",
        "Anh chưa thuộc bảng nhân; cần ôn lại.",
        "Khoa rất chăm học.",
        "Thành đọc còn nhỏ.",
    ],
)
def test_name_of_a_classmate_is_found(text: str) -> None:
    assert codes(text) == ["REMARK_NAME_OTHER"]


@pytest.mark.parametrize(
    "text",
    [
        "Em Dương chăm học.",
        "Ánh Dương rất chăm học.",
        "Ngọc Ánh Dương đọc trôi chảy.",
        "Dương có nhiều tiến bộ; em cần đọc to hơn.",
        "Bình tĩnh, tự tin khi trình bày.",
        "An toàn khi tham gia giao thông.",
        "Thảo luận nhóm sôi nổi, biết chia sẻ.",
        "Hạnh kiểm tốt, lễ phép.",
        "Đạt yêu cầu về đọc hiểu; cần luyện viết.",
        "Tiến bộ rõ về chữ viết.",
        "Thông minh, nhanh nhẹn.",
        "Học tốt môn Tiếng Anh, phát âm rõ.",
        "Nghe hiểu tiếng Anh tốt.",
        "Yêu đất nước Việt Nam, biết nhiều địa danh ở Hải Phòng, Hà Nội, miền Nam.",
        "Kể được chuyện về Quang Trung và Bác Hồ.",
        "Biết giúp bạn Lan học bài, hòa đồng với Minh và Nam.",
        "Thường cùng em Bảo trực nhật.",
        "Cô Lan đánh giá cao sự chăm chỉ của em.",
        "Cô giáo và thầy Minh thấy em tiến bộ.",
        "em minh họa bài học bằng tranh đẹp",
        "EM TÍNH NHANH, MINH BẠCH, BẢO VỆ CỦA CÔNG.",
        "Em Chăm Ngoan, Đọc Tốt, Viết Đẹp, Minh Mẫn.",
        "Bảo quản sách vở cẩn thận; Lan tỏa việc tốt.",
        "Nam sinh chăm chỉ.",
        "Khoa học trong cách trình bày.",
        "Thành tích tốt, có nhiều cố gắng.",
        "Hiếu học, chăm ngoan.",
        "Đức tính thật thà, khiêm tốn.",
        "Học rất chăm; học có tiến bộ.",
        "Trang trí sản phẩm đẹp.",
        "Biết ơn Bác Hồ, Hai Bà Trưng; kể chuyện Trần Quốc Toản.",
        "",
    ],
)
def test_no_name_is_seen_where_there_is_none(text: str) -> None:
    assert codes(text) == []


def test_namesakes_are_told_apart_by_the_middle_name() -> None:
    assert codes("Em Minh đọc tốt.", pupil="Trần Ngọc Minh") == []
    assert codes("Em Đức Minh đọc tốt.", pupil="Trần Ngọc Minh") == ["REMARK_NAME_OTHER"]


def test_name_of_nobody_in_the_class_is_found_after_em_only() -> None:
    assert codes("Em Khôi đọc tốt.") == ["REMARK_NAME_UNKNOWN"]
    assert codes("Đọc tốt bài Khôi phục rừng; em Toán tốt.") == []


@pytest.mark.parametrize(
    ("scale", "levels", "text"),
    [
        ("subjects", ["T"], "Chưa hoàn thành nội dung môn học."),
        ("subjects", ["T"], "Chăm ngoan. Tiếp thu bài còn chậm."),
        ("subjects", ["T"], "Chưa nắm vững bảng nhân."),
        ("subjects", ["H"], "Hoàn thành xuất sắc nội dung môn học."),
        ("subjects", ["C"], "Hoàn thành tốt nội dung môn học."),
        ("subjects", ["C"], "Nắm chắc kiến thức, tính nhanh."),
        ("qualities", ["T", "T", "T"], "Còn lười, hay nói chuyện."),
        ("qualities", ["C", "C"], "Luôn gương mẫu."),
        ("results", ["Hoàn thành xuất sắc"], "Em học yếu, tiếp thu chậm."),
        ("results", ["Chưa hoàn thành"], "Hoàn thành tốt chương trình lớp học."),
    ],
)
def test_contradiction_is_found(scale: str, levels: list[str], text: str) -> None:
    assert codes(text, scale=scale, levels=levels) == ["REMARK_CONTRADICTS_LEVEL"]


@pytest.mark.parametrize(
    ("scale", "levels", "text"),
    [
        ("subjects", ["T"], "Biết giúp đỡ bạn còn yếu, bạn chưa hoàn thành bài."),
        ("subjects", ["T"], "Đầu năm đọc còn yếu, nay đọc trôi chảy."),
        ("subjects", ["T"], "Nắm chắc bài; cần trình bày sạch hơn, chữ viết còn chậm."),
        ("subjects", ["H"], "Nắm được bài; cần cố gắng để hoàn thành tốt nội dung môn học."),
        ("subjects", ["H"], "Hoàn thành tốt các bài đọc; đôi khi chưa hoàn thành bài viết."),
        ("subjects", ["C"], "Chưa nắm chắc kiến thức; chưa hoàn thành nội dung môn học."),
        ("subjects", ["C"], "Có cố gắng nhưng chưa thành thạo phép chia."),
        ("subjects", ["C"], "Cần luyện thêm để nắm vững bảng nhân."),
        ("subjects", ["M"], "Được miễn học thực hành, hoàn thành tốt phần lí thuyết."),
        ("qualities", ["T", "Đ"], "Còn lười đọc sách."),
        ("qualities", ["T", "T"], "Đầu năm chưa tự giác, em đã tiến bộ rõ."),
        ("qualities", ["T", "T"], "Chăm ngoan, cần cố gắng hơn khi làm việc nhóm."),
        ("qualities", ["C", "C"], "Ngoan nhưng chưa chăm học; cần được nhắc nhở."),
        ("results", ["Chưa hoàn thành"], "Cần rèn luyện trong hè để hoàn thành chương trình lớp học."),
        ("subjects", [], "Chưa hoàn thành."),
    ],
)
def test_no_contradiction_is_seen_where_there_is_none(scale: str, levels: list[str], text: str) -> None:
    assert codes(text, scale=scale, levels=levels) == []


@pytest.mark.parametrize(
    "text",
    [
        "Em {name} chăm học.",
        "Cần rèn thêm [kĩ năng].",
        "Em ____ đọc tốt.",
        "Em ..... đọc tốt.",
        "#N/A",
        "#REF!",
        "xxx",
        "Em <tên> chăm",
    ],
)
def test_places_left_open_are_found(text: str) -> None:
    assert codes(text) == ["REMARK_PLACEHOLDER"]


@pytest.mark.parametrize(
    "text", ["Biết vẽ, hát, múa…", "Đọc tốt...", "Viết đúng chính tả (nghe – viết).", "Đạt 9/10 điểm; 3 < 5."]
)
def test_ordinary_marks_are_no_places_left_open(text: str) -> None:
    assert codes(text) == []


def test_length_counts_vietnamese_letters_once() -> None:
    exact = "ế" * 500
    assert codes(exact, limit=500) == []
    assert codes(unicodedata.normalize("NFD", exact), limit=500) == []
    assert codes(exact + "ế", limit=500) == ["REMARK_TOO_LONG"]


def test_same_remark_for_many_is_found_even_with_each_name_in_it() -> None:
    names = {str(n): f"Trần Văn {name}" for n, name in enumerate(["Bảo", "Bình", "Lan", "Minh", "Nam", "An", "Đạt"])}
    remarks = {key: f"Em {name.split()[-1]} chăm học, tính nhanh." for key, name in names.items()}
    found = copied_remarks(remarks, names, "remark")
    assert set(found) == set(names)
    assert "7 trong 7" in found["0"].message_vi


def test_a_remark_that_a_few_share_is_no_copy() -> None:
    names = {str(n): f"Trần Văn {n}" for n in range(35)}
    remarks = {key: f"Tính nhanh {int(key) // 5}." for key in names}
    assert copied_remarks(remarks, names, "remark") == {}
    assert copied_remarks(dict.fromkeys(names, ""), names, "remark") == {}


def test_copies_are_found_while_the_class_is_half_written() -> None:
    names = {str(n): f"Trần Văn {n}" for n in range(35)}
    remarks = {key: "Chăm ngoan." if int(key) < 8 else "" for key in names}
    assert len(copied_remarks(remarks, names, "remark")) == 8
    assert copied_remarks({**remarks, **{str(n): "" for n in range(3)}}, names, "remark") == {}


def test_remarks_of_the_demo_school_give_hardly_a_hint() -> None:
    """1,600 remarks as teachers write them: not one false alarm but copies."""
    from datetime import datetime, timedelta, timezone

    now = datetime(2026, 5, 25, 8, tzinfo=timezone(timedelta(hours=7)))
    school = make_school(pupils_per_class=35)
    for school_class in school.classes:
        records = [record_for(school, school_class, p, created_at=now, released_at=now) for p in school_class.pupils]
        classmates = [p.name for p in school_class.pupils]
        for record in records:
            name = record.general.full_name
            for s in record.subjects:
                remark = Remark(s.remark or "", "remark", name, classmates, "subjects", [s.level] if s.level else [])
                assert check_remark(remark) == []
            result = [record.summary.overall_result] if record.summary.overall_result else []
            assert check_remark(Remark(record.remarks.homeroom_remark, "r", name, classmates, "results", result)) == []


def test_every_teachers_sentence_fits_its_own_level() -> None:
    for shelf in material("remarks")["subjects"].values():
        for level, texts in shelf.items():
            for text in texts:
                assert codes(text, scale="subjects", levels=[level]) == []
    for scale, key in (("qualities", "qualities"), ("qualities", "general"), ("results", "homeroom")):
        for level, texts in material("remarks")[key].items():
            for text in texts:
                assert codes(text, scale=scale, levels=[level]) == []


LIBRARY = Path(__file__).resolve().parents[1] / "hocbaso_app/record/remarks/words/library-1.json"


def library() -> list[tuple[str, str, str, str]]:
    content = json.loads(LIBRARY.read_text(encoding="utf-8"))["remarks"]
    return [
        (scale, key, level, text)
        for scale, shelves in content.items()
        for key, shelf in shelves.items()
        for level, texts in shelf.items()
        for text in texts
    ]


@pytest.mark.parametrize(("scale", "key", "level", "text"), library())
def test_suggestion_must_be_edited_and_fits_its_level(scale: str, key: str, level: str, text: str) -> None:
    assert text in suggestions(scale, level, key)
    named = with_name(text, PUPIL)
    assert codes(named, scale=scale, levels=[level]) == ["REMARK_PLACEHOLDER"]
    finished = re.sub(r"\[[^\]]*\]", "đọc sách", named)
    assert codes(finished, scale=scale, levels=[level], limit=500) == []


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_sentences_on_completion_keep_the_rule(grade: int) -> None:
    for answer, texts in completion_texts(grade).items():
        for text in texts:
            done = answer == "Yes"
            assert completion_problem(text, grade=grade, completed=done, promoted=done) is None
            assert completion_problem(text, grade=grade, completed=not done, promoted=not done)


def test_word_list_is_whole_and_an_unknown_pack_falls_back() -> None:
    words = load_words("tt27-1")
    assert load_words("không có") is not None and load_words("tt27-99") == words
    for scale, rules in words.contradictions.items():
        for level, rule in rules.items():
            assert level in words.level_words[scale] or not words.level_words[scale]
            for pattern in rule["phrases"]:
                re.compile(pattern)
    for patterns in (words.placeholders, *words.criticism.values(), *words.praise.values()):
        assert patterns and all(re.compile(pattern) for pattern in patterns)


# --- lengths ----------------------------------------------------------------------------------------------------------


def test_limits_are_those_of_the_xsd() -> None:
    assert limits(model.SubjectResult)["remark"] == 500
    assert limits(model.Remarks) == {"homeroom_remark": 2000}
    assert "level" not in limits(model.SubjectResult)


@pytest.mark.parametrize("name", sorted(limits(model.Qualities)))
def test_limit_is_where_the_file_begins_to_refuse(name: str) -> None:
    most = limits(model.Qualities)[name]
    record = sample_record(4)
    build(replace(record, qualities=replace(record.qualities, **{name: "ạ" * most})))
    with pytest.raises(FormatError):
        build(replace(record, qualities=replace(record.qualities, **{name: "ạ" * (most + 1)})))


def test_tidy_text_is_as_a_file_has_it() -> None:
    assert tidy(unicodedata.normalize("NFD", "  Tiếng\tViệt\r\nđọc\u00a0tốt \n")) == "Tiếng Việt\nđọc tốt"
    assert length(unicodedata.normalize("NFD", "Tiếng Việt")) == 10


# --- rules of one sheet -----------------------------------------------------------------------------------------------

SUBJECT = ("MUC_DAT_DUOC", "DIEM_KIEM_TRA_DINH_KY", "NHAN_XET_MON_HOC")
QUALITIES = tuple(tag for _name, tag, _item in model.elements_of(model.Qualities))
SUMMARY = (*(tag for _name, tag, _item in model.elements_of(model.Summary)), "NHAN_XET_GVCN")


def empty(grade: int = 4) -> model.Record:
    record = sample_record(grade)
    return replace(
        record,
        subjects=tuple(replace(s, level=None, score=None, remark=None) for s in record.subjects),
        qualities=model.Qualities(),
        summary=model.Summary(),
        remarks=model.Remarks(homeroom_remark=""),
    )


def with_subject(record: model.Record, code: str, **values: Any) -> model.Record:
    subjects = tuple(replace(s, **values) if s.subject_code == code else s for s in record.subjects)
    return replace(record, subjects=subjects)


def sheet_codes(record: model.Record, elements: tuple[str, ...], subject: str | None = None) -> list[str]:
    return [f.code for f in sheet_faults(record, elements, subject=subject)]


def test_subject_sheet_speaks_while_the_rest_is_empty() -> None:
    record = empty()
    assert [f.code for f in check(record)] == ["VALUE_MISSING"]
    assert sheet_codes(record, SUBJECT, "01") == ["LEVEL_MISSING", "SCORE_MISSING"]
    assert sheet_codes(with_subject(record, "01", level="T"), SUBJECT, "01") == ["SCORE_MISSING"]
    assert sheet_codes(with_subject(record, "01", level="T", score="9"), SUBJECT, "01") == []
    assert sheet_codes(with_subject(record, "88", level="T", score="9"), SUBJECT, "88") == ["SCORE_NOT_ALLOWED"]
    assert sheet_codes(with_subject(record, "88", level="T", score="9"), SUBJECT, "89") == ["LEVEL_MISSING"]


def test_qualities_sheet_lists_what_is_missing_and_nothing_of_the_subjects() -> None:
    found = sheet_codes(empty(), QUALITIES)
    assert found.count("QUALITY_MISSING") == 15
    assert found.count("REMARK_MISSING") == 3
    assert len(found) == 18
    assert sheet_codes(empty(1), QUALITIES).count("QUALITY_MISSING") == 13


def test_summary_sheet_waits_for_what_others_enter() -> None:
    record = empty()
    completed = model.Summary(
        grade_completed="1",
        completion_text="Hoàn thành chương trình lớp 4; được lên lớp 5.",
        rewards="Học sinh Xuất sắc",
    )
    record = replace(record, summary=completed, remarks=model.Remarks(homeroom_remark="Chăm ngoan."))
    assert sheet_codes(record, SUMMARY) == ["PROMOTION_MISSING"]
    assert sheet_codes(replace(record, remarks=model.Remarks(homeroom_remark="")), SUMMARY) == [
        "VALUE_MISSING",
        "PROMOTION_MISSING",
    ]


def test_summary_sheet_compares_once_both_sides_are_there() -> None:
    record = sample_record(4)
    assert sheet_codes(record, SUMMARY) == []
    wrong = replace(record, summary=replace(record.summary, promoted="0"))
    assert "PROMOTION_WRONG" in sheet_codes(wrong, SUMMARY)
    assert {f.code for f in check(wrong)} == set(sheet_codes(wrong, SUMMARY))

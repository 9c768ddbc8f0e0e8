"""What differs between two versions, field by field, and which signed parts it touches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_records import sample_record

from hocbaso_app.record.diff import VERSION_ELEMENTS, WHOLE, diff, label, touched_parts, values


def test_changes_carry_path_label_values_and_part() -> None:
    old = sample_record(full_name="Nguyễn Ngọc Anh Dương")
    subjects = tuple(replace(s, score="8") if s.subject_code == "01" else s for s in old.subjects)
    new = replace(sample_record(), subjects=subjects, summary=replace(old.summary, extraordinary_rewards="Thư khen"))
    changes = diff(old, new)
    assert [(c.element, c.old, c.new, c.part) for c in changes] == [
        ("HO_VA_TEN", "Nguyễn Ngọc Anh Dương", "Nguyễn Ngọc Ánh Dương", "thongtinhocba"),
        ("DIEM_KIEM_TRA_DINH_KY", "10", "8", "mon-01"),
        ("NOI_DUNG_KHEN_THUONG_DOT_XUAT", None, "Thư khen", "thongtinhocba"),
    ]
    assert changes[1].path == "BANG_DIEM/DIEM_TONG_KET[01]/DIEM_KIEM_TRA_DINH_KY"
    assert [c.label for c in changes][:2] == ["Họ và tên", "Điểm kiểm tra định kỳ"]
    assert touched_parts(changes) == {"mon-01"}


def test_elements_that_only_number_the_version_are_no_change() -> None:
    old, new = sample_record(), sample_record(issue_number="2", replaces_code=sample_record().general.record_code)
    assert diff(old, new) == []
    assert {c.element for c in diff(old, new, with_version_elements=True)} == {"LAN_PHAT_HANH", "MA_BI_THAY_THE"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("MA_TRA_CUU_UUID", "Mã số tra cứu học bạ"), ("SO_CCCD", "Số CCCD"), ("KHONG_CO", "KHONG_CO")],
)
def test_labels(name: str, text: str) -> None:
    assert label(name) == text


def test_values_are_everything_a_record_says_with_the_part_it_lies_in() -> None:
    record = sample_record(4)
    found = {value.path: value for value in values(record)}
    maths = found["BANG_DIEM/DIEM_TONG_KET[01]/DIEM_KIEM_TRA_DINH_KY"]
    assert (maths.label, maths.part) == ("Điểm kiểm tra định kỳ", "mon-01")
    assert maths.value == next(s.score for s in record.subjects if s.subject_code == "01")
    assert found["THONG_TIN_CHUNG/HO_VA_TEN"].part == WHOLE
    assert not [value for value in found.values() if value.element in VERSION_ELEMENTS]
    changed = replace(record, general=replace(record.general, full_name="Tên khác"))
    (change,) = diff(record, changed)
    assert (found[change.path].value, change.new) == (change.old, "Tên khác")

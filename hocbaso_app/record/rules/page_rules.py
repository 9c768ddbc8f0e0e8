"""Scope and dates: which grade and year get an HBS, whole-year and mid-year pages, versions, learning history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..model import Record
from .fault import Fault
from .pack import RulePack

MID_YEAR = "GIUA_NAM"
_SCHOOL_YEAR = re.compile(r"([0-9]{4})-([0-9]{4})")


def scope_faults(record: Record, pack: RulePack) -> Iterator[Fault]:
    """Why no HBS of this pack may be initialised for this grade and school year; the other rules need none of these."""
    g = record.general
    grade = g.grade.removeprefix("0")
    if grade not in pack.first_year_of_grade or g.level_code != pack.level_code:
        yield Fault(
            "GRADE_OUT_OF_SCOPE",
            "MA_KHOI",
            f"Khối {g.grade}, cấp {g.level_code} không thuộc cấp Tiểu học. Hãy chỉ khởi tạo cho lớp 1 đến lớp 5.",
            f"grade {g.grade} of level {g.level_code} is not primary",
            "QĐ Đ1.k1",
            "initialise",
        )
        return
    years = _SCHOOL_YEAR.fullmatch(g.school_year)
    if years is None or int(years[2]) != int(years[1]) + 1 or g.start_year != years[1]:
        yield Fault(
            "SCHOOL_YEAR_WRONG",
            "NAM_HOC",
            f"Năm học “{g.school_year}” và NAM_HOC “{g.start_year}” không khớp; hãy ghi dạng 2025-2026 và 2025.",
            "school year and start year do not agree",
            "CV 2088 PL 1.1",
            "initialise",
        )
        return
    yield from _first_years(int(years[1]), grade, pack)
    if g.circular != pack.circular or g.regulation not in pack.regulations:
        yield Fault(
            "RULE_SET_MISMATCH",
            "THONG_TU",
            f"Thông tư {g.circular} hoặc quy chế “{g.regulation}” không thuộc bộ quy tắc {pack.name}."
            " Hãy chọn lại bộ quy tắc.",
            "circular or regulation is not the pack's",
            "QĐ Điều 1",
            "initialise",
        )


def page_faults(record: Record, pack: RulePack) -> Iterator[Fault]:
    """Faults of the dates, of the chain of versions and of the learning history."""
    yield from _period(record, pack)
    yield from _dates(record)
    yield from _versions(record)
    yield from _history(record)


def _first_years(year: int, grade: str, pack: RulePack) -> Iterator[Fault]:
    first, first_of_grade = pack.first_school_year, pack.first_year_of_grade[grade]
    if year < first:
        yield Fault(
            "SCHOOL_YEAR_TOO_EARLY",
            "TEN_NAM_HOC",
            f"Học bạ số chỉ áp dụng từ năm học {first}-{first + 1}. Hãy dùng học bạ giấy cho năm {year}-{year + 1}.",
            f"school year {year}-{year + 1} is before the regulation's first",
            "QĐ Điều 1",
            "initialise",
        )
    elif year < first_of_grade:
        yield Fault(
            "GRADE_TOO_EARLY",
            "TEN_NAM_HOC",
            f"TT 27/2020 chỉ áp dụng cho lớp {grade} từ năm học {first_of_grade}-{first_of_grade + 1}."
            " Hãy dùng học bạ giấy cho năm học này.",
            f"grade {grade} is not yet under the circular in {year}-{year + 1}",
            "TT 27/2020 Điều 2",
            "initialise",
        )


def _period(record: Record, pack: RulePack) -> Iterator[Fault]:
    g = record.general
    first, last = g.school_year.split("-")
    if not f"{first}-{pack.year_begins}" <= g.from_date < g.to_date <= f"{last}-{pack.year_ends}":
        yield Fault(
            "PERIOD_WRONG",
            "DEN_NGAY",
            f"Khoảng ngày {g.from_date} – {g.to_date} không nằm trong năm học {g.school_year}; hãy sửa ngày.",
            "period outside the school year",
            "QĐ Đ8.k3",
        )
    elif g.page_kind != MID_YEAR and (g.from_date >= f"{last}-01-01" or g.to_date < f"{last}-{pack.whole_year_ends}"):
        yield Fault(
            "WHOLE_YEAR_WRONG",
            "DEN_NGAY",
            f"Trang cả năm phải từ đầu đến cuối năm học {g.school_year}; hãy sửa ngày, hoặc chọn trang giữa năm.",
            "a whole-year page covers the school year from beginning to end",
            "QĐ Đ8.k3",
        )


def _dates(record: Record) -> Iterator[Fault]:
    g = record.general
    if g.created_at[:10] > g.released_at[:10]:
        yield Fault(
            "RELEASE_BEFORE_CREATION",
            "NGAY_KY_PHAT_HANH_HOC_BA",
            "Ngày phát hành sớm hơn ngày tạo học bạ; hãy sửa ngày phát hành.",
            "release date before creation",
            "CV 2088 PL 1.1",
        )
    if g.created_at[:10] < g.from_date:
        yield Fault(
            "CREATED_BEFORE_YEAR",
            "NGAY_TAO_HOC_BA",
            "Ngày tạo học bạ sớm hơn ngày bắt đầu của trang này; hãy sửa ngày tạo hoặc từ ngày.",
            "created before its period begins",
            "CV 2088 PL 1.1",
        )
    if g.birth_date >= g.from_date:
        yield Fault(
            "BIRTH_DATE_WRONG",
            "NGAY_SINH",
            "Ngày sinh không trước ngày vào học; hãy kiểm tra theo giấy khai sinh.",
            "birth date is not before the school year",
            "TT 27/2020 PL1",
        )


def _versions(record: Record) -> Iterator[Fault]:
    g = record.general
    if (g.replaces_code is None) != (g.issue_number == "1"):
        yield Fault(
            "VERSION_CHAIN",
            "MA_BI_THAY_THE",
            "Từ lần phát hành 2 phải ghi mã học bạ bị thay thế, lần 1 thì không; hãy sửa cho khớp.",
            "issue number and replaced code do not agree",
            "CV 2088 II.1.4",
        )
    elif g.replaces_code == g.record_code:
        yield Fault(
            "CODE_REUSED",
            "MA_TRA_CUU_UUID",
            "Học bạ thay thế không được dùng lại mã của học bạ bị thu hồi; hãy tạo mã mới.",
            "the replaced record's code is used again",
            "CV 2088 II.1.4",
        )


def _history(record: Record) -> Iterator[Fault]:
    g = record.general
    if not record.history:
        yield Fault(
            "HISTORY_EMPTY",
            "QUA_TRINH_HOC_TAP",
            "Chưa có quá trình học tập; hãy ghi ít nhất lớp và trường của năm học này.",
            "history is empty",
            "QĐ Đ3.k2",
        )
        return
    days = [(e.arrived_at[:10], (e.left_at or e.arrived_at)[:10]) for e in record.history]
    if any(left < arrived for arrived, left in days) or any(after[0] < before[1] for before, after in pairwise(days)):
        yield Fault(
            "HISTORY_ORDER",
            "QUA_TRINH_HOC_TAP",
            "Quá trình học tập chưa theo thứ tự thời gian; hãy sửa ngày chuyển đến, chuyển đi.",
            "history is not in time order",
            "TT 27/2020 PL1",
        )
    last = record.history[-1]
    here = (last.school_year, last.class_name, last.school_name, last.school_code or g.school_code)
    if here != (g.school_year, g.class_name, g.school_name, g.school_code):
        yield Fault(
            "HISTORY_LAST",
            "QUA_TRINH_HOC_TAP",
            "Dòng cuối của quá trình học tập phải là năm học, lớp và trường của học bạ này; hãy sửa hoặc thêm dòng.",
            "the last history entry is not this class",
            "TT 27/2020 PL1",
        )

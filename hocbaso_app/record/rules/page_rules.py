"""Scope and dates: which grade and year get an HBS, whole-year and mid-year pages, learning history."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Record
from .fault import Fault
from .pack import RulePack


def page_faults(record: Record, pack: RulePack) -> Iterator[Fault]:
    """Faults of group 1's frame and of group 2."""
    yield from _scope(record, pack)
    yield from _dates(record)
    yield from _history(record)


def _scope(record: Record, pack: RulePack) -> Iterator[Fault]:
    g = record.general
    grade = g.grade.lstrip("0")
    first, last = (int(part) for part in g.school_year.split("-"))
    if grade not in pack.first_year_of_grade or g.level_code != "02":
        yield Fault(
            "GRADE_OUT_OF_SCOPE",
            "MA_KHOI",
            f"Khối {g.grade} không thuộc cấp Tiểu học; học bạ số tiểu học chỉ có lớp 1 đến lớp 5.",
            f"grade {g.grade} is not primary",
            "QĐ Đ1.k1",
            "initialise",
        )
        return
    if last != first + 1 or g.start_year != str(first):
        yield Fault(
            "SCHOOL_YEAR_WRONG",
            "NAM_HOC",
            f"Năm học {g.school_year} và NAM_HOC {g.start_year} không khớp; hãy ghi dạng 2025-2026 và 2025.",
            "school year and start year do not agree",
            "CV 2088 PL 1.1",
            "initialise",
        )
    if first < pack.first_school_year:
        yield Fault(
            "SCHOOL_YEAR_TOO_EARLY",
            "TEN_NAM_HOC",
            f"Học bạ số chỉ áp dụng từ năm học {pack.first_school_year}-{pack.first_school_year + 1}.",
            "school year before the regulation",
            "QĐ Điều 1",
            "initialise",
        )
    elif first < pack.first_year_of_grade[grade]:
        start = pack.first_year_of_grade[grade]
        yield Fault(
            "GRADE_TOO_EARLY",
            "TEN_NAM_HOC",
            f"TT 27/2020 chỉ áp dụng cho lớp {grade} từ năm học {start}-{start + 1}.",
            "grade not yet under the circular in that year",
            "TT 27/2020 Điều 2",
            "initialise",
        )
    if g.circular != pack.circular or g.regulation not in pack.regulations:
        yield Fault(
            "RULE_SET_MISMATCH",
            "THONG_TU",
            f"Thông tư {g.circular} hoặc quy chế “{g.regulation}” không thuộc bộ quy tắc {pack.name}.",
            "circular or regulation is not the pack's",
            "QĐ Điều 1",
            "initialise",
        )


def _dates(record: Record) -> Iterator[Fault]:
    g = record.general
    first, last = g.school_year.split("-")
    if not f"{first}-08-01" <= g.from_date < g.to_date <= f"{last}-08-31":
        yield Fault(
            "PERIOD_WRONG",
            "DEN_NGAY",
            f"Khoảng ngày {g.from_date} – {g.to_date} không nằm trong năm học {g.school_year}.",
            "period outside the school year",
            "QĐ Đ8.k3",
        )
    if g.created_at > g.released_at and g.created_at[:10] != g.released_at[:10]:
        yield Fault(
            "RELEASE_BEFORE_CREATION",
            "NGAY_KY_PHAT_HANH_HOC_BA",
            "Ngày phát hành sớm hơn ngày tạo học bạ; hãy sửa ngày phát hành.",
            "release date before creation",
            "CV 2088 PL 1.1",
        )
    if g.birth_date >= g.from_date:
        yield Fault("BIRTH_DATE_WRONG", "NGAY_SINH", "Ngày sinh sau ngày vào học; hãy kiểm tra.", "born after", "TT 27 PL1")
    if (g.replaces_code is None) != (g.issue_number == "1"):
        yield Fault(
            "VERSION_CHAIN",
            "MA_BI_THAY_THE",
            "Lần phát hành từ 2 trở đi phải ghi mã học bạ bị thay thế; lần 1 thì không.",
            "issue number and replaced code do not agree",
            "CV 2088 II.1.4",
        )
    elif g.replaces_code == g.record_code:
        yield Fault(
            "CODE_REUSED", "MA_TRA_CUU_UUID", "Học bạ thay thế phải có mã mới.", "code reused", "CV 2088 II.1.4"
        )


def _history(record: Record) -> Iterator[Fault]:
    g = record.general
    last = record.history[-1]
    arrivals = [entry.arrived_at for entry in record.history]
    if arrivals != sorted(arrivals):
        yield Fault(
            "HISTORY_ORDER",
            "QUA_TRINH_HOC_TAP",
            "Quá trình học tập phải xếp theo ngày chuyển đến.",
            "history is not in time order",
            "TT 27 PL1",
        )
    if (last.school_year, last.class_name, last.school_name) != (g.school_year, g.class_name, g.school_name):
        yield Fault(
            "HISTORY_LAST",
            "QUA_TRINH_HOC_TAP",
            "Dòng cuối của quá trình học tập phải là lớp và trường của học bạ này.",
            "the last history entry is not this class",
            "TT 27 PL1",
        )

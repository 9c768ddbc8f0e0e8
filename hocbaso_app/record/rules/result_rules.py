"""Groups 3 and 5: qualities, overall result (TT 27 Đ9.2), promotion (Đ11), rewards (Đ13)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .. import code_tables
from ..diff import label
from ..model import Record
from .completion import completion_problem
from .fault import Fault
from .overall import QUALITY_FIELDS, overall_result
from .pack import RulePack
from .page_rules import MID_YEAR

_REMARKS = (
    ("qualities_remark", "NHAN_XET_PHAM_CHAT"),
    ("general_remark", "NHAN_XET_NANG_LUC_CHUNG"),
    ("specific_remark", "NHAN_XET_NANG_LUC_DAC_THU"),
)
_REWARD = r"(?:^|[;,.\n])[\s\-+–]*(?:(?:được |khen thưởng |khen |tặng |giấy khen |đạt |danh hiệu )*)[“\"']?{title}"


def quality_faults(record: Record, pack: RulePack) -> Iterator[Fault]:
    """Faults of the fifteen levels; all are optional where a disability is not assessed (TT 27 Điều 8)."""
    assessed, grade = record.general.disability_not_assessed == "0", int(record.general.grade)
    for name, tag in QUALITY_FIELDS:
        title = code_tables.table("qualities").label(tag)
        level, first = getattr(record.qualities, name), pack.qualities_from_grade.get(tag, 1)
        if level is None:
            if assessed and grade >= first:
                yield Fault(
                    "QUALITY_MISSING",
                    tag,
                    f"Chưa đánh giá “{title}”; hãy ghi T, Đ hoặc C.",
                    f"{tag} is missing",
                    "TT 27/2020 Đ7.2",
                )
        elif grade < first:
            yield Fault(
                "QUALITY_NOT_OF_GRADE",
                tag,
                f"“{title}” chỉ đánh giá từ lớp {first}; hãy bỏ mục này.",
                f"{tag} is assessed from grade {first} on",
                "TT 32/2018",
            )
        elif level not in pack.quality_levels:
            yield Fault(
                "QUALITY_INVALID",
                tag,
                f"“{title}”: mức “{level}” không có; hãy ghi T, Đ hoặc C.",
                f"level {level} of {tag} is not on the scale",
                "TT 27/2020 Đ7.2",
            )


def summary_faults(record: Record, pack: RulePack, *, comparable: bool) -> Iterator[Fault]:
    """Faults of comments and summary; the result is compared when levels and marks are right (``comparable``)."""
    yield from _remarks(record)
    if record.general.page_kind == MID_YEAR:
        yield from _mid_year(record)
    else:
        if comparable:
            yield from _overall(record, pack)
        yield from _promotion(record, pack)
        yield from _completion(record)
    yield from _rewards(record, pack)


def _remarks(record: Record) -> Iterator[Fault]:
    if record.general.disability_not_assessed == "1":
        return
    for name, tag in _REMARKS:
        if getattr(record.qualities, name) is None:
            yield Fault(
                "REMARK_MISSING", tag, f"Thiếu {label(tag)}; hãy ghi nhận xét.", f"{tag} is missing", "CV 2088 PL 1.1"
            )


def _mid_year(record: Record) -> Iterator[Fault]:
    s = record.summary
    for tag, value in (
        ("KET_QUA_XEP_LOAI", s.overall_result),
        ("DUOC_LEN_LOP", s.promoted),
        ("SO_QUYET_DINH_LEN_LOP", s.promotion_decision),
        ("NOI_DUNG_HOAN_THANH_CHUONG_TRINH", s.completion_text),
        ("DA_HOAN_THANH_CHUONG_TRINH_LOP_HOC", s.grade_completed),
        ("DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC", s.primary_completed),
    ):
        if value is not None:
            yield Fault(
                "MID_YEAR_RESULT",
                tag,
                f"Trang giữa năm chưa có xếp loại và lên lớp; hãy để trống {label(tag)}.",
                f"a mid-year page has no {tag}",
                "TT 27/2020 Đ9.2",
            )


def _overall(record: Record, pack: RulePack) -> Iterator[Fault]:
    given = record.summary.overall_result
    if record.general.disability_not_assessed == "1":
        if given is not None:
            yield Fault(
                "RESULT_NOT_ASSESSED",
                "KET_QUA_XEP_LOAI",
                "Học sinh khuyết tật không đánh giá thì không xếp loại; hãy để trống kết quả.",
                "no result where a disability is not assessed",
                "TT 27/2020 Điều 8",
            )
        return
    computed = overall_result(record, pack)
    if given != computed:
        yield Fault(
            "RESULT_WRONG",
            "KET_QUA_XEP_LOAI",
            f"Theo mức đạt được và điểm, kết quả là “{computed}” nhưng đang ghi “{given or 'trống'}”; hãy sửa.",
            f"overall result is {given}, computed {computed}",
            "TT 27/2020 Đ9.2",
        )


def _promotion(record: Record, pack: RulePack) -> Iterator[Fault]:
    s = record.summary
    for tag, value in (("DUOC_LEN_LOP", s.promoted), ("DA_HOAN_THANH_CHUONG_TRINH_LOP_HOC", s.grade_completed)):
        if value not in ("0", "1"):
            yield Fault(
                "PROMOTION_MISSING",
                tag,
                f"Chưa ghi {label(tag)}; hãy chọn có hoặc không.",
                f"{tag} is missing",
                "TT 27/2020 Đ11",
            )
    passed = s.overall_result in pack.passing_results
    if passed and (s.promoted == "0" or s.grade_completed == "0"):
        yield Fault(
            "PROMOTION_WRONG",
            "DUOC_LEN_LOP",
            f"Kết quả “{s.overall_result}” thì hoàn thành chương trình lớp học và được lên lớp; hãy sửa cho khớp.",
            "a passing result means completed and promoted",
            "TT 27/2020 Đ11",
        )
    if not passed and s.promoted == "1" and s.promotion_decision is None:
        yield Fault(
            "PROMOTION_WITHOUT_DECISION",
            "SO_QUYET_DINH_LEN_LOP",
            "Được lên lớp khi chưa hoàn thành thì phải có quyết định của Hiệu trưởng; hãy ghi số quyết định.",
            "promotion without a passing result needs the principal's decision",
            "TT 27/2020 Đ11",
        )
    if not passed and s.grade_completed == "1" and not _completed_by_decision(record):
        yield Fault(
            "GRADE_COMPLETED_WRONG",
            "DA_HOAN_THANH_CHUONG_TRINH_LOP_HOC",
            "Chưa đạt mức Hoàn thành thì chưa hoàn thành chương trình lớp học; hãy sửa, hoặc đánh giá bổ sung trước.",
            "the grade is completed only with a passing result",
            "TT 27/2020 Đ11",
        )
    if (s.primary_completed == "1") != (record.general.grade == "05" and s.grade_completed == "1"):
        yield Fault(
            "PRIMARY_COMPLETED_WRONG",
            "DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC",
            "Hoàn thành chương trình tiểu học chỉ và luôn ghi khi hoàn thành lớp 5; hãy sửa cho khớp.",
            "primary school is completed with grade 5 only",
            "TT 27/2020 Đ11",
        )


def _completed_by_decision(record: Record) -> bool:
    """A disabled pupil outside the scale may complete the grade by his own plan (Điều 8), if the principal decides."""
    return record.general.disability_not_assessed == "1" and record.summary.promotion_decision is not None


def _completion(record: Record) -> Iterator[Fault]:
    s = record.summary
    if s.completion_text is None:
        yield Fault(
            "COMPLETION_TEXT_MISSING",
            "NOI_DUNG_HOAN_THANH_CHUONG_TRINH",
            "Thiếu nội dung mục 6; hãy ghi hoàn thành hay chưa hoàn thành chương trình lớp học.",
            "completion text is missing",
            "TT 27/2020 PL1",
        )
        return
    problem = completion_problem(
        s.completion_text,
        grade=int(record.general.grade),
        completed=s.grade_completed == "1",
        promoted=s.promoted == "1",
    )
    if problem:
        yield Fault(
            "COMPLETION_TEXT_WRONG",
            "NOI_DUNG_HOAN_THANH_CHUONG_TRINH",
            f"Nội dung mục 6 {problem[0]}; hãy sửa cho khớp với kết quả.",
            f"completion text {problem[1]}",
            "TT 27/2020 PL1",
        )


def _rewards(record: Record, pack: RulePack) -> Iterator[Fault]:
    text = (record.summary.rewards or "").casefold()
    for title, result in pack.rewards.items():
        given = re.search(_REWARD.format(title=re.escape(title.casefold())), text)
        if given and record.summary.overall_result != result:
            yield Fault(
                "REWARD_WRONG",
                "NOI_DUNG_KHEN_THUONG",
                f"Danh hiệu “{title}” chỉ dành cho kết quả “{result}”; hãy bỏ danh hiệu này.",
                f"reward {title} needs {result}",
                "TT 27/2020 Đ13",
            )

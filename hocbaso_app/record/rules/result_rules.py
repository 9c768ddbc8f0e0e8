"""Groups 3 and 5: qualities, overall result (TT 27 Đ9.2), promotion (Đ11), rewards (Đ13)."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Record
from .fault import Fault
from .overall import QUALITY_FIELDS, overall_result
from .pack import RulePack


def result_faults(record: Record, pack: RulePack) -> Iterator[Fault]:
    """Faults of qualities and summary."""
    yield from _qualities(record, pack)
    if record.general.page_kind == "GIUA_NAM":
        yield from _mid_year(record)
    else:
        yield from _overall(record, pack)
        yield from _promotion(record, pack)
        yield from _rewards(record, pack)


def _qualities(record: Record, pack: RulePack) -> Iterator[Fault]:
    if record.general.disability_not_assessed == "1":
        return
    grade = int(record.general.grade)
    for name, tag in QUALITY_FIELDS:
        level, first = getattr(record.qualities, name), pack.qualities_from_grade.get(tag, 1)
        if level is None and grade >= first:
            yield Fault("QUALITY_MISSING", tag, f"Chưa đánh giá {tag}.", f"{tag} is missing", "TT 27/2020 Đ7.2")
        elif level is not None and grade < first:
            yield Fault("QUALITY_NOT_OF_GRADE", tag, f"Lớp {grade} không đánh giá {tag}.", f"{tag} too early", "TT 32/2018")
    for name in ("qualities_remark", "general_remark", "specific_remark"):
        if getattr(record.qualities, name) is None:
            yield Fault(
                "REMARK_MISSING",
                {"qualities_remark": "NHAN_XET_PHAM_CHAT", "general_remark": "NHAN_XET_NANG_LUC_CHUNG"}.get(
                    name, "NHAN_XET_NANG_LUC_DAC_THU"
                ),
                "Thiếu nhận xét về phẩm chất hoặc năng lực.",
                f"{name} is missing",
                "CV 2088 PL 1.1",
            )


def _mid_year(record: Record) -> Iterator[Fault]:
    s = record.summary
    if any(v is not None for v in (s.overall_result, s.promoted, s.grade_completed, s.primary_completed, s.promotion_decision)):
        yield Fault(
            "MID_YEAR_RESULT",
            "KET_QUA_XEP_LOAI",
            "Trang giữa năm không có kết quả xếp loại và lên lớp; hãy để trống.",
            "a mid-year page has no overall result or promotion",
            "QĐ Đ8.k2, k3",
        )


def _overall(record: Record, pack: RulePack) -> Iterator[Fault]:
    given = record.summary.overall_result
    if record.general.disability_not_assessed == "1":
        if given is not None:
            yield Fault(
                "RESULT_NOT_ASSESSED",
                "KET_QUA_XEP_LOAI",
                "Học sinh khuyết tật không đánh giá thì không ghi xếp loại.",
                "no result where a disability is not assessed",
                "TT 27/2020 Điều 8",
            )
        return
    computed = overall_result(record, pack)
    if given != computed:
        yield Fault(
            "RESULT_WRONG",
            "KET_QUA_XEP_LOAI",
            f"Kết quả xếp loại phải là “{computed}” theo mức đạt được và điểm; đang ghi “{given or 'trống'}”.",
            f"overall result is {given}, computed {computed}",
            "TT 27/2020 Đ9.2",
        )


def _promotion(record: Record, pack: RulePack) -> Iterator[Fault]:
    s, grade = record.summary, int(record.general.grade)
    if s.promoted is None or s.grade_completed is None:
        yield Fault("PROMOTION_MISSING", "DUOC_LEN_LOP", "Chưa ghi xét lên lớp.", "promotion is missing", "TT 27/2020 Đ11")
        return
    passed = s.overall_result in pack.passing_results
    if passed and (s.promoted, s.grade_completed) != ("1", "1"):
        yield Fault(
            "PROMOTION_WRONG",
            "DUOC_LEN_LOP",
            f"Kết quả “{s.overall_result}” thì hoàn thành chương trình lớp học và được lên lớp.",
            "a passing result means completed and promoted",
            "TT 27/2020 Đ11",
        )
    elif not passed and s.promoted == "1" and s.promotion_decision is None:
        yield Fault(
            "PROMOTION_WITHOUT_DECISION",
            "SO_QUYET_DINH_LEN_LOP",
            "Được lên lớp khi chưa hoàn thành thì phải có quyết định của Hiệu trưởng; hãy ghi số quyết định.",
            "promotion without a passing result needs the principal's decision",
            "TT 27/2020 Đ11",
        )
    if (s.primary_completed == "1") != (grade == 5 and s.grade_completed == "1"):
        yield Fault(
            "PRIMARY_COMPLETED_WRONG",
            "DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC",
            "Hoàn thành chương trình tiểu học chỉ và luôn ghi khi hoàn thành lớp 5.",
            "primary school is completed with grade 5 only",
            "TT 27/2020 Đ11",
        )
    if s.completion_text is None:
        yield Fault(
            "COMPLETION_TEXT_MISSING",
            "NOI_DUNG_HOAN_THANH_CHUONG_TRINH",
            "Thiếu nội dung mục 6 (hoàn thành chương trình lớp học).",
            "completion text is missing",
            "TT 27/2020 PL1",
        )
    elif s.completion_text.startswith("Chưa hoàn thành") == (s.grade_completed == "1"):
        yield Fault(
            "COMPLETION_TEXT_WRONG",
            "NOI_DUNG_HOAN_THANH_CHUONG_TRINH",
            "Nội dung mục 6 trái với kết quả hoàn thành chương trình lớp học.",
            "completion text contradicts the result",
            "TT 27/2020 PL1",
        )


def _rewards(record: Record, pack: RulePack) -> Iterator[Fault]:
    for title, result in pack.rewards.items():
        if title in (record.summary.rewards or "") and record.summary.overall_result != result:
            yield Fault(
                "REWARD_WRONG",
                "NOI_DUNG_KHEN_THUONG",
                f"Danh hiệu “{title}” chỉ dành cho kết quả “{result}”.",
                f"reward {title} needs {result}",
                "TT 27/2020 Đ13",
            )

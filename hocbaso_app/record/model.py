"""The eight groups of one HBS as plain immutable values.

Each field names the CV 2088 v1.0 element that carries it (or ours, see
``docs/format.md``); types, lengths and obligation are in the XSD of the format
version, never repeated here. Order of fields = order of elements.

Values are NFC text as it stands in the file: dates ``YYYY-MM-DD``, times
``YYYY-MM-DDThh:mm:ss+07:00``, booleans ``"0"``/``"1"``, numbers with a dot.
``None`` means the element is absent (CV 2088 II.1.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


def once_per_class(function: Callable[[type[Any]], T]) -> Callable[[type[Any]], T]:
    """:func:`functools.cache` for a function of a class, its types kept."""
    return cast("Callable[[type[Any]], T]", cache(function))


def element(name: str, *, required: bool = True) -> Any:
    """A field stored as the single element ``name``."""
    metadata = {"element": name}
    return field(metadata=metadata) if required else field(default=None, metadata=metadata)


def part(name: str, *, required: bool = True) -> Any:
    """A field stored as one nested element."""
    return element(name, required=required)


def sequence(wrapper: str, item: str) -> Any:
    """A tuple field stored as ``wrapper`` holding one ``item`` element per entry; absent when empty."""
    return field(default=(), metadata={"element": wrapper, "item": item})


@once_per_class
def elements_of(kind: type[Any]) -> tuple[tuple[str, str, str | None], ...]:
    """(field name, element name, item element name or None) of a model class, in file order."""
    return tuple(
        (f.name, f.metadata["element"], f.metadata.get("item")) for f in fields(kind) if "element" in f.metadata
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """A deputy signs by decision (QĐ Đ9: nobody signs for another without one)."""

    absent_name: str = element("HO_VA_TEN_NGUOI_DUOC_THAY")
    decision_number: str = element("SO_QUYET_DINH")
    from_date: str = element("TU_NGAY")
    to_date: str = element("DEN_NGAY")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRevision:
    """Which revision (LAN) of a subject part belongs to this record."""

    subject_code: str = element("MA_MON_HOC")
    revision: str = element("LAN")


@dataclass(frozen=True, slots=True, kw_only=True)
class General:
    """Group 1, THONG_TIN_CHUNG."""

    format_version: str = element("PHIEN_BAN")
    circular: str = element("THONG_TU")
    record_code: str = element("MA_TRA_CUU_UUID")
    school_year: str = element("TEN_NAM_HOC")
    department_code: str = element("MA_SO_GIAO_DUC")
    department_name: str = element("TEN_SO_GD")
    school_code: str = element("MA_TRUONG")
    school_name: str = element("TEN_TRUONG")
    district_name: str | None = element("TEN_QUAN_HUYEN", required=False)
    commune_name: str = element("TEN_XA_PHUONG")
    province_name: str = element("TEN_TINH_THANH_PHO")
    level_code: str = element("MA_CAP_HOC")
    register_number: str | None = element("SO_SO_DANG_BO", required=False)
    full_name: str = element("HO_VA_TEN")
    citizen_id: str | None = element("SO_CCCD", required=False)
    pupil_code: str = element("MA_HOC_SINH")
    gender: str = element("GIOI_TINH")
    birth_date: str = element("NGAY_SINH")
    weight_kg: str | None = element("CAN_NANG", required=False)
    height_cm: str | None = element("CHIEU_CAO", required=False)
    excused_absences: str = element("TONG_SO_BUOI_NGHI_CO_PHEP")
    unexcused_absences: str = element("THONG_SO_BUOI_NGHI_KHONG_PHEP")
    birth_place: str = element("NOI_SINH")
    home_town: str = element("QUE_QUAN")
    residence: str = element("CHO_O_HIEN_NAY")
    ethnic_group: str = element("DAN_TOC")
    nationality: str = element("QUOC_TICH")
    father_name: str | None = element("HO_VA_TEN_CHA", required=False)
    mother_name: str | None = element("HO_VA_TEN_ME", required=False)
    guardian_name: str | None = element("HO_VA_TEN_NGUOI_GIAM_HO", required=False)
    principal_name: str = element("TEN_GIAM_HIEU_KY_HOC_BA")
    principal_citizen_id: str = element("SO_CCCD_GIAM_HIEU_KY_HOC_BA")
    release_place: str = element("DIA_DANH_PHAT_HANH_HOC_BA")
    created_at: str = element("NGAY_TAO_HOC_BA")
    released_at: str = element("NGAY_KY_PHAT_HANH_HOC_BA")
    principal_title: str = element("CHUC_VU_GIAM_HIEU_KY_HOC_BA")
    homeroom_name: str = element("TEN_GIAO_VIEN_CHU_NHIEM")
    homeroom_citizen_id: str = element("SO_CCCD_GIAO_VIEN_CHU_NHIEM")
    grade: str = element("MA_KHOI")
    class_name: str = element("TEN_LOP")
    start_year: str = element("NAM_HOC")
    # Ours from here on (docs/format.md).
    regulation: str = element("QUY_CHE")
    rule_pack: str = element("BO_QUY_TAC")
    page_kind: str = element("LOAI_TRANG")
    from_date: str = element("TU_NGAY")
    to_date: str = element("DEN_NGAY")
    issue_number: str = element("LAN_PHAT_HANH")
    replaces_code: str | None = element("MA_BI_THAY_THE", required=False)
    disability_not_assessed: str = element("CO_KHUYET_TAT_KHONG_DANH_GIA")
    priority_group: str | None = element("DOI_TUONG_CHINH_SACH", required=False)
    homeroom_substitution: Substitution | None = part("KY_THAY_GVCN", required=False)
    principal_substitution: Substitution | None = part("KY_THAY_CBQL", required=False)
    practice: str | None = element("DU_LIEU_THU_NGHIEM", required=False)
    part_revisions: tuple[PartRevision, ...] = sequence("DANH_SACH_LAN_MON", "LAN_MON")


@dataclass(frozen=True, slots=True, kw_only=True)
class MidYearCitation:
    """A released mid-year page of the former school, by code and SHA-256 (hex) of its bytes."""

    record_code: str = element("MA_TRA_CUU_UUID")
    sha256: str = element("SHA256")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """Group 2, one QUA_TRINH: a class the pupil was in, and since when."""

    school_year: str = element("TEN_NAM_HOC")
    class_name: str = element("TEN_LOP")
    school_code: str | None = element("MA_TRUONG", required=False)
    school_name: str = element("TEN_TRUONG")
    province_name: str | None = element("TEN_TINH_THANH_PHO", required=False)
    arrived_at: str = element("NGAY_TRANG_THAI_CHUYEN_DEN")
    left_at: str | None = element("NGAY_CHUYEN_DI", required=False)
    mid_year_page: MidYearCitation | None = part("TRANG_GIUA_NAM", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Group 3, TONG_KET."""

    overall_result: str | None = element("KET_QUA_XEP_LOAI", required=False)
    promoted: str | None = element("DUOC_LEN_LOP", required=False)
    promotion_decision: str | None = element("SO_QUYET_DINH_LEN_LOP", required=False)
    completion_text: str | None = element("NOI_DUNG_HOAN_THANH_CHUONG_TRINH", required=False)
    grade_completed: str | None = element("DA_HOAN_THANH_CHUONG_TRINH_LOP_HOC", required=False)
    primary_completed: str | None = element("DA_HOAN_THANH_CHUONG_TRINH_TIEU_HOC", required=False)
    rewards: str | None = element("NOI_DUNG_KHEN_THUONG", required=False)
    extraordinary_rewards: str | None = element("NOI_DUNG_KHEN_THUONG_DOT_XUAT", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectResult:
    """Group 4, one DIEM_TONG_KET: the part a subject teacher signs, bound to pupil, school, year and dates."""

    subject_code: str = element("MA_MON_HOC")
    subject_name: str = element("TEN_MON_HOC")
    level: str | None = element("MUC_DAT_DUOC", required=False)
    score: str | None = element("DIEM_KIEM_TRA_DINH_KY", required=False)
    remark: str | None = element("NHAN_XET_MON_HOC", required=False)
    pupil_code: str = element("MA_HOC_SINH")
    school_code: str = element("MA_TRUONG")
    school_year: str = element("TEN_NAM_HOC")
    page_kind: str = element("LOAI_TRANG")
    from_date: str = element("TU_NGAY")
    to_date: str = element("DEN_NGAY")
    revision: str = element("LAN")
    teacher_name: str = element("TEN_GIAO_VIEN_BO_MON")
    teacher_citizen_id: str = element("SO_CCCD_GIAO_VIEN_BO_MON")
    substitution: Substitution | None = part("KY_THAY", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualities:
    """Group 5, DANH_GIA_NANG_LUC_PHAM_CHAT: levels T/Đ/C of TT 27 Đ7.2 and three comments."""

    self_study: str | None = element("NANG_LUC_TU_CHU_TU_HOC", required=False)
    communication: str | None = element("NANG_LUC_GIAO_TIEP_HOC_TAC", required=False)
    problem_solving: str | None = element("NANG_LUC_GIAI_QUYET_VAN_DE_SANG_TAO", required=False)
    language: str | None = element("NANG_LUC_NGON_NGU", required=False)
    calculation: str | None = element("NANG_LUC_TINH_TOAN", required=False)
    science: str | None = element("NANG_LUC_KHOA_HOC", required=False)
    technology: str | None = element("NANG_LUC_CONG_NGHE", required=False)
    informatics: str | None = element("NANG_LUC_TIN_HOC", required=False)
    aesthetics: str | None = element("NANG_LUC_THAM_MI", required=False)
    physical: str | None = element("NANG_LUC_THE_CHAT", required=False)
    patriotism: str | None = element("PHAM_CHAT_YEU_NUOC", required=False)
    kindness: str | None = element("PHAM_CHAT_NHAN_AI", required=False)
    diligence: str | None = element("PHAM_CHAT_CHAM_CHI", required=False)
    honesty: str | None = element("PHAM_CHAT_TRUNG_THUC", required=False)
    responsibility: str | None = element("PHAM_CHAT_TRACH_NHIEM", required=False)
    qualities_remark: str | None = element("NHAN_XET_PHAM_CHAT", required=False)
    general_remark: str | None = element("NHAN_XET_NANG_LUC_CHUNG", required=False)
    specific_remark: str | None = element("NHAN_XET_NANG_LUC_DAC_THU", required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """Group 6, NHAN_XET_CHUNG."""

    homeroom_remark: str = element("NHAN_XET_GVCN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Groups 1 to 6: everything that is signed. Groups 7 and 8 (slots and signatures) stand beside it in the file."""

    general: General = part("THONG_TIN_CHUNG")
    history: tuple[HistoryEntry, ...] = sequence("QUA_TRINH_HOC_TAP", "QUA_TRINH")
    summary: Summary = part("TONG_KET")
    subjects: tuple[SubjectResult, ...] = sequence("BANG_DIEM", "DIEM_TONG_KET")
    qualities: Qualities = part("DANH_GIA_NANG_LUC_PHAM_CHAT")
    remarks: Remarks = part("NHAN_XET_CHUNG")

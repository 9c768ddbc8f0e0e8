"""Every subject part belongs to this pupil, school, year, page and revision: an older or foreign part can't slip in."""

from __future__ import annotations

from collections.abc import Iterator

from .. import code_tables
from ..diff import label
from ..model import Record, SubjectResult
from .fault import Fault

_COMMON = (
    ("pupil_code", "MA_HOC_SINH"),
    ("school_code", "MA_TRUONG"),
    ("school_year", "TEN_NAM_HOC"),
    ("page_kind", "LOAI_TRANG"),
    ("from_date", "TU_NGAY"),
    ("to_date", "DEN_NGAY"),
)


def binding_faults(record: Record) -> Iterator[Fault]:
    """Faults of what ties the parts of group 4 to group 1."""
    for subject in record.subjects:
        yield from _same_page(subject, record)
        yield from _name(subject)
    listed = [(r.subject_code, r.revision) for r in record.general.part_revisions]
    if listed != [(s.subject_code, s.revision) for s in record.subjects]:
        yield Fault(
            "REVISION_MISMATCH",
            "DANH_SACH_LAN_MON",
            "Danh sách lần sửa của các môn không khớp với các phần môn học. Hãy khởi tạo lại học bạ.",
            "DANH_SACH_LAN_MON is not that of the parts",
            "QĐ Đ2.k7",
        )


def _same_page(subject: SubjectResult, record: Record) -> Iterator[Fault]:
    for name, tag in _COMMON:
        if getattr(subject, name) != getattr(record.general, name):
            yield Fault(
                "PART_OF_ANOTHER_RECORD",
                tag,
                f"Môn {subject.subject_name}: {label(tag)} khác với học bạ này. Hãy lấy lại kết quả rồi ký lại.",
                f"{tag} of subject {subject.subject_code} is not the record's",
                "QĐ Đ2.k7",
            )


def _name(subject: SubjectResult) -> Iterator[Fault]:
    """The printed name says the subject of the code; a language may follow in brackets."""
    table = code_tables.table("subjects")
    expected = table.label(subject.subject_code)
    if (
        subject.subject_code in table
        and subject.subject_name != expected
        and not subject.subject_name.startswith(f"{expected} (")
    ):
        yield Fault(
            "SUBJECT_NAME_WRONG",
            "TEN_MON_HOC",
            f"Mã môn {subject.subject_code} là “{expected}” nhưng đang ghi “{subject.subject_name}”; hãy sửa tên môn.",
            f"subject {subject.subject_code} is named {subject.subject_name}",
            "QĐ 2904/QĐ-BGDĐT",
        )

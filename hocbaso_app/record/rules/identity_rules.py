"""The pupil and the persons who sign."""

from __future__ import annotations

from collections.abc import Iterator

from .. import code_tables
from ..model import Record
from .fault import Fault

CLAUSE = "CV 2088 PL 1.1"


def identity_faults(record: Record) -> Iterator[Fault]:
    """Faults of personal values and of who is to sign."""
    g = record.general
    if g.citizen_id is None:
        yield Fault(
            "CCCD_MISSING",
            "SO_CCCD",
            f"{g.full_name} chưa có số định danh cá nhân; học bạ chưa được phát hành cho đến khi bổ sung.",
            "pupil has no citizen number yet",
            CLAUSE,
            "release",
        )
    if g.mother_name is None and g.guardian_name is None:
        yield Fault(
            "PARENT_MISSING",
            "HO_VA_TEN_ME",
            "Phải ghi họ tên mẹ, hoặc họ tên người giám hộ.",
            "mother or guardian is required",
            CLAUSE,
        )
    for tag, table, code in (
        ("DAN_TOC", "ethnic_groups", g.ethnic_group),
        ("QUOC_TICH", "nationalities", g.nationality),
    ):
        if code not in code_tables.table(table):
            title = code_tables.table(table).title
            yield Fault("CODE_UNKNOWN", tag, f"{title}: mã {code} không có trong danh mục.", "code not in table", CLAUSE)
    teachers = {s.teacher_citizen_id for s in record.subjects} | {g.homeroom_citizen_id}
    if g.principal_citizen_id in teachers:
        yield Fault(
            "PRINCIPAL_TEACHES",
            "SO_CCCD_GIAM_HIEU_KY_HOC_BA",
            "Người ký với tư cách cán bộ quản lý không được đồng thời là giáo viên ký trong học bạ này.",
            "the manager also signs as a teacher",
            "QĐ Đ12.k1",
        )

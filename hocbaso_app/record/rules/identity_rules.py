"""The pupil and the persons who sign."""

from __future__ import annotations

from collections.abc import Iterator

from .. import code_tables
from ..model import Record, Substitution
from .fault import Fault

CLAUSE = "CV 2088 PL 1.1"


def identity_faults(record: Record) -> Iterator[Fault]:
    """Faults of personal values and of who is to sign."""
    yield from _pupil(record)
    yield from _codes(record)
    yield from _signers(record)


def _pupil(record: Record) -> Iterator[Fault]:
    g = record.general
    if g.citizen_id is None:
        yield Fault(
            "CCCD_MISSING",
            "SO_CCCD",
            f"{g.full_name} chưa có số định danh cá nhân; hãy bổ sung thì học bạ mới được phát hành.",
            "pupil has no citizen number yet",
            CLAUSE,
            "release",
        )
    if g.mother_name is None and g.guardian_name is None:
        yield Fault(
            "PARENT_MISSING",
            "HO_VA_TEN_ME",
            "Chưa có họ tên mẹ; hãy ghi họ tên mẹ, hoặc họ tên người giám hộ.",
            "mother or guardian is required",
            CLAUSE,
        )


def _codes(record: Record) -> Iterator[Fault]:
    g = record.general
    for tag, name, code in (
        ("GIOI_TINH", "genders", g.gender),
        ("DAN_TOC", "ethnic_groups", g.ethnic_group),
        ("QUOC_TICH", "nationalities", g.nationality),
        ("LOAI_TRANG", "page_kinds", g.page_kind),
    ):
        table = code_tables.table(name)
        if code not in table:
            yield Fault(
                "CODE_UNKNOWN",
                tag,
                f"{table.title}: mã “{code}” không có trong danh mục; hãy chọn lại.",
                f"{code} is not in code table {name}",
                CLAUSE,
            )


def _signers(record: Record) -> Iterator[Fault]:
    g = record.general
    teachers = {s.teacher_citizen_id for s in record.subjects} | {g.homeroom_citizen_id}
    if g.principal_citizen_id in teachers:
        yield Fault(
            "PRINCIPAL_TEACHES",
            "SO_CCCD_GIAM_HIEU_KY_HOC_BA",
            "Cán bộ quản lý ký học bạ đồng thời là giáo viên ký trong học bạ này; hãy giao phó hiệu trưởng ký thay.",
            "the manager also signs as a teacher",
            "QĐ Đ12.k1",
        )
    for part, signer in ((g.homeroom_substitution, g.homeroom_name), (g.principal_substitution, g.principal_name)):
        if part is not None:
            yield from _substitution(part, signer)
            if part.from_date > g.released_at[:10] or part.to_date < g.created_at[:10]:
                yield _substitution_fault("không còn hoặc chưa có hiệu lực khi ký", "is not in force when signing")
    for subject in record.subjects:
        if subject.substitution is not None:
            yield from _substitution(subject.substitution, subject.teacher_name)


def _substitution(part: Substitution, signer: str) -> Iterator[Fault]:
    if part.from_date > part.to_date:
        yield _substitution_fault("có ngày kết thúc trước ngày bắt đầu", "ends before it begins")
    if part.absent_name == signer:
        yield _substitution_fault("ghi người được thay chính là người ký", "replaces the signer by himself")


def _substitution_fault(what_vi: str, what_en: str) -> Fault:
    return Fault(
        "SUBSTITUTION_WRONG",
        "SO_QUYET_DINH",
        f"Quyết định ký thay {what_vi}; hãy sửa người ký hoặc quyết định.",
        f"the decision on signing for another {what_en}",
        "QĐ Điều 9",
    )

"""A record for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hocbaso_app.record.code_tables import table
from hocbaso_app.record.diff import label
from hocbaso_app.record.document import Document
from hocbaso_app.record.model import Record, elements_of
from hocbaso_app.signing.slots import expected_slots
from hocbaso_app.signing.xades import read_slot

_GENERAL = (
    "record_code", "school_year", "school_name", "class_name", "full_name", "pupil_code", "citizen_id", "gender",
    "birth_date", "birth_place", "home_town", "residence", "ethnic_group", "nationality", "father_name",
    "mother_name", "guardian_name", "height_cm", "weight_kg", "excused_absences", "unexcused_absences",
    "homeroom_name", "principal_name", "created_at", "released_at", "issue_number", "replaces_code",
)  # fmt: skip
_TABLES = {"gender": "genders", "ethnic_group": "ethnic_groups", "nationality": "nationalities"}


def picture(document: Document, verdict: str | None) -> RenderableType:
    """All groups as tables; ``verdict`` is the line of a verification, ``None`` when nobody verified."""
    warning = verdict or "CHƯA XÁC THỰC CHỮ KÝ – chạy lại với --trust để kiểm tra"
    record = document.record
    return Group(
        Panel(Text(warning), style="green" if verdict and verdict.startswith("HỢP LỆ") else "bold red"),
        _pairs("Thông tin chung", _general(record)),
        _history(record),
        _subjects(record),
        _pairs("Phẩm chất, năng lực", _group(record.qualities, "quality_levels")),
        _pairs("Tổng kết", [*_group(record.summary), *_group(record.remarks)]),
        _signatures(document),
    )


def _pairs(title: str, rows: list[tuple[str, str]]) -> Table:
    made = Table(title=title, title_justify="left", show_header=False)
    for name, value in rows:
        made.add_row(name, value)
    return made


def _general(record: Record) -> list[tuple[str, str]]:
    tags = {name: tag for name, tag, _ in elements_of(_kind(record.general))}
    rows = []
    for name in _GENERAL:
        value = getattr(record.general, name)
        if value is not None:
            shown = table(_TABLES[name]).label(value) if name in _TABLES else value
            rows.append(("Mã tra cứu học bạ" if name == "record_code" else label(tags[name]), shown))
    return rows


def _group(group: Any, code_table: str | None = None) -> list[tuple[str, str]]:
    return [(label(tag), _shown(value, code_table)) for tag, value in _values(group)]


def _values(group: Any) -> Iterator[tuple[str, str]]:
    for name, tag, _ in elements_of(_kind(group)):
        value = getattr(group, name)
        if value is not None:
            yield tag, value


def _kind(group: Any) -> Any:
    return type(group)


def _shown(value: str, code_table: str | None) -> str:
    return table(code_table).label(value) if code_table and len(value) == 1 else value


def _history(record: Record) -> Table:
    made = Table("Năm học", "Lớp", "Trường", "Đến", "Đi", title="Quá trình học tập", title_justify="left")
    for e in record.history:
        made.add_row(e.school_year, e.class_name, e.school_name, e.arrived_at[:10], (e.left_at or "")[:10])
    return made


def _subjects(record: Record) -> Table:
    made = Table("Mã", "Môn học", "Mức", "Điểm", "Nhận xét", title="Kết quả học tập", title_justify="left")
    for s in record.subjects:
        made.add_row(s.subject_code, s.subject_name, s.level or "", s.score or "", s.remark or "")
    return made


def _signatures(document: Document) -> Table:
    made = Table("Ô ký", "Vai trò", "Người ký theo dữ liệu", "Chữ ký", title="Ký số", title_justify="left")
    for slot in expected_slots(document.record):
        made.add_row(slot.id, slot.role, slot.signer_name, _signed(document.slot(slot.id)))
    return made


def _signed(inner: bytes) -> str:
    """Claimed time and level; the word of the file, whether it is verified says the line above."""
    if not inner:
        return "chưa"
    filled = read_slot(inner)
    if filled is None:
        return "sai thể thức"
    level = "XAdES-B" if filled.timestamp is None else "XAdES-T"
    return f"{filled.signing_time} ({level})"

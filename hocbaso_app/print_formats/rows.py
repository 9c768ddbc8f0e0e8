"""Rows of the form's tables, in the official order, and the sentence of section 6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hocbaso_app.record.model import General, HistoryEntry, Record, SubjectResult, Summary
from hocbaso_app.record.xml_codec import part_id

from . import words
from .view import HistoryRow, LevelGroup, Line, SubjectRow


def history_row(general: General, entry: HistoryEntry) -> HistoryRow:
    """One year at one school; the register number is this school's own."""
    here = entry.school_code in (None, general.school_code)
    place = f"{entry.school_name}, {entry.province_name}" if entry.province_name else entry.school_name
    cited = entry.mid_year_page
    return HistoryRow(
        words.school_year(entry.school_year),
        entry.class_name,
        f"{place} (mã\u00a0trường\u00a0{entry.school_code})" if entry.school_code and not here else place,
        general.register_number if here else None,
        words.moment(entry.arrived_at),
        words.moment(entry.left_at),
        f"Kèm trang giữa năm mã số {cited.record_code}, SHA-256 {cited.sha256}" if cited else None,
    )


def subject_rows(record: Record, official: list[list[str]]) -> tuple[SubjectRow, ...]:
    """Section 1: every official row, then subjects that the form does not list."""
    left = {subject.subject_code: subject for subject in record.subjects}
    rows = [_subject_row(left.pop(code)) if code in left else SubjectRow(name) for code, name in official]
    return (*rows, *(_subject_row(subject) for subject in left.values()))


def _subject_row(subject: SubjectResult) -> SubjectRow:
    score, part = words.number(subject.score), part_id(subject.subject_code)
    return SubjectRow(subject.subject_name, subject.level, score, subject.remark, part)


def subject_legend(record: Record) -> str:
    """What the letters of section 1 mean."""
    exempt = any("M" in (s.level, s.score) for s in record.subjects)
    return "; ".join([words.LEVEL_LEGEND, *([words.EXEMPT_LEGEND] if exempt else [])])


def level_group(record: Record, group: Mapping[str, Any]) -> LevelGroup:
    """One table of sections 2 and 3, as the form version describes it."""
    return LevelGroup(
        group["heading"],
        group["subheading"],
        group["column"],
        tuple(Line(name, getattr(record.qualities, field)) for field, name in group["rows"]),
        getattr(record.qualities, group["remark"]),
    )


def completion(general: General, summary: Summary) -> str | None:
    """Section 6: the file's own sentence, else one made of its yes and no."""
    if summary.completion_text or summary.grade_completed is None:
        return summary.completion_text
    verb = "Hoàn thành" if summary.grade_completed == "1" else "Chưa hoàn thành"
    if general.grade == "05":
        return f"{verb} chương trình tiểu học."
    grade = int(words.grade(general.grade))
    promoted = f"Được lên lớp {grade + 1}." if summary.promoted == "1" else "Chưa được lên lớp."
    return f"{verb} chương trình lớp {grade}; {promoted}"

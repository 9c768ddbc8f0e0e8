"""What is counted, and by what."""

from __future__ import annotations

from dataclasses import dataclass

from frappe import _

SUBJECTS, QUALITIES, RESULTS, PROMOTION, REWARDS = "Subjects", "Qualities", "Results", "Promotion", "Rewards"
KINDS = (SUBJECTS, QUALITIES, RESULTS, PROMOTION, REWARDS)

LEVELS = ("T", "H", "C", "M")
QUALITY_LEVELS = ("T", "Đ", "C")
OVERALL = ("Hoàn thành xuất sắc", "Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành")
YES_NO = ("Yes", "No")
MISSING = ""
"""Value of what is not entered or not assessed."""

VALUES = {
    SUBJECTS: LEVELS,
    QUALITIES: QUALITY_LEVELS,
    RESULTS: OVERALL,
    PROMOTION: YES_NO,
    REWARDS: YES_NO,
}
"""Kind → its values, in the order of the columns; :data:`MISSING` comes last."""

OFFICE, SCHOOL, GRADE, CLASS, GENDER, ETHNIC = "Office", "School", "Grade", "Class", "Gender", "Ethnic group"
GROUPS = (OFFICE, SCHOOL, GRADE, CLASS, GENDER, ETHNIC)

RECORDS, RECEIVED = "Records of this site", "Received records"
SOURCES = (RECORDS, RECEIVED)


@dataclass(frozen=True)
class Fact:
    """So many pupils of a group have this value; ``item``: subject or competency, empty for whole-record values."""

    group: str
    item: str
    value: str
    pupils: int
    mark: int | None = None


@dataclass(frozen=True)
class Question:
    """What a statistic is about."""

    kind: str
    by: str
    academic_year: str
    source: str
    unit: str | None = None
    grade: str | None = None


def column(kind: str, value: str) -> str:
    """Field name of a value's column."""
    return f"value_{VALUES[kind].index(value)}" if value in VALUES[kind] else "missing"


def headings(kind: str) -> dict[str, str]:
    """Column → heading."""
    words = {
        PROMOTION: {"Yes": _("Promoted"), "No": _("Not promoted")},
        REWARDS: {"Yes": _("Rewarded"), "No": _("Without reward")},
        SUBJECTS: {"T": "T", "H": "H", "C": "C", "M": _("Exempt")},
    }.get(kind, {})
    return {column(kind, value): words.get(value, value) for value in VALUES[kind]}

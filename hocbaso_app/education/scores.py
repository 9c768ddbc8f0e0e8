"""End-of-year marks out of Education's assessment results; what can't be taken as it stands is said, never rounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import frappe
from frappe import _


@dataclass
class Scores:
    """Per pupil: subject code → whole mark out of ten; sentences about marks left out; the newest change."""

    marks: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    changed_at: dict[str, Any] = field(default_factory=dict)


def read_scores(students: Iterable[str], student_group: str) -> Scores:
    """The end-of-year test of each subject; of several sittings of that test the last counts (TT 27/2020 Điều 7)."""
    subjects = _subjects_of_courses()
    groups = _end_of_year_groups(frappe.db.get_value("Student Group", student_group, "academic_year"))
    results: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in _results(list(students), student_group):
        if row.course in subjects:
            results[row.student, subjects[row.course][0]].append(row)
    names = dict(subjects.values())
    scores = Scores()
    for (student, code), rows in results.items():
        wanted = groups.get(code) or groups.get("")
        taken = [row for row in rows if row.assessment_group in wanted] if wanted else rows
        kinds = sorted({row.assessment_group for row in taken})
        if len(kinds) > 1 and not wanted:
            scores.faults[student].append(
                _(
                    "{0}: Education has results of several tests ({1}). Say in HBS Settings which is the year-end test."
                ).format(names[code], ", ".join(kinds))
            )
            continue
        if taken:
            _take(scores, student, code, names[code], taken[-1])
    return scores


def _take(scores: Scores, student: str, code: str, subject: str, row: Any) -> None:
    scores.changed_at[student] = max(scores.changed_at.get(student, row.modified), row.modified)
    if not row.maximum_score:
        scores.faults[student].append(
            _("{0}: result {1} in Education has no highest mark. Correct it there.").format(subject, row.name)
        )
        return
    mark = Decimal(str(row.total_score)) * 10 / Decimal(str(row.maximum_score))
    if mark != mark.to_integral_value():
        text = f"{row.total_score:g}/{row.maximum_score:g}"
        scores.faults[student].append(
            _("{0}: mark {1} is not a whole mark out of ten (TT 27/2020). Correct result {2} in Education.").format(
                subject, text, row.name
            )
        )
        return
    scores.marks[student][code] = str(int(mark))


def _results(students: list[str], student_group: str) -> list[Any]:
    return list(
        frappe.get_all(
            "Assessment Result",
            {"student": ("in", students or [""]), "student_group": student_group, "docstatus": 1},
            ["name", "student", "course", "total_score", "maximum_score", "assessment_group", "modified"],
            order_by="creation, name",
        )
    )


def _subjects_of_courses() -> dict[str, tuple[str, str]]:
    """Course → subject code and name."""
    names = {
        row.name: row.subject_name
        for row in frappe.get_all("HBS Subject", fields=["name", "subject_name"], order_by="name")
    }
    rows = frappe.get_all("HBS Subject Course", fields=["course", "parent"], order_by="parent, idx")
    return {row.course: (row.parent, names[row.parent]) for row in rows if row.parent in names}


def _end_of_year_groups(academic_year: str) -> dict[str, frozenset[str]]:
    """Subject code (empty: every subject) → assessment groups of the year-end test, those below a group too.

    A row of the settings that names the year goes before one for every year.
    """
    found: dict[str, frozenset[str]] = {}
    rows = frappe.get_all(
        "HBS Final Test",
        {"parent": "HBS Settings", "academic_year": ("in", ("", academic_year))},
        ["academic_year", "subject", "assessment_group"],
        order_by="academic_year, idx",
    )
    above = dict(
        frappe.get_all("Assessment Group", fields=["name", "parent_assessment_group"], as_list=True, order_by="name")
    )
    for row in rows:
        found[row.subject or ""] = frozenset(name for name in above if row.assessment_group in _line(name, above))
    return found


def _line(name: str | None, above: dict[str, str | None]) -> list[str]:
    """A group and the groups above it; read off the parents, which are right even where a site's tree is not."""
    line: list[str] = []
    while name and name not in line:
        line.append(name)
        name = above.get(name)
    return line

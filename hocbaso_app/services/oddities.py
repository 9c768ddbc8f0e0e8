"""What a signer should look at before he signs a class: few reasons, each with a sentence, the weighty ones first.

Nothing here stops a signature; the rules do that. Reasons speak of the signer's
own parts: a teacher of Music is not told about a mark in Mathematics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.services import audit

if TYPE_CHECKING:
    from hocbaso_app.record.diff import Change

FAR_FROM_CLASS, SMALLEST_CLASS = 4, 8
"""Marks away from the class's median that are worth a look, in a class of at least so many."""

MANY_ABSENCES = 20
LEVELS = ("self_study", "communication", "problem_solving", "language", "calculation", "science", "technology",
          "informatics", "aesthetics", "physical", "patriotism", "kindness", "diligence", "honesty",
          "responsibility")  # fmt: skip
REMARK_FIELDS = ("general_remark", "specific_remark", "qualities_remark", "homeroom_remark")
FIELDS = (
    "name",
    "full_name",
    "current_version",
    "issue_number",
    "citizen_id",
    "grade_completed",
    "promoted",
    "primary_completed",
    "overall_result",
    "excused_absences",
    "unexcused_absences",
    "disability_not_assessed",
    "homeroom_substitution_absent_name",
    "principal_substitution_absent_name",
    *LEVELS,
    *REMARK_FIELDS,
)
"""Fields of HBS Record that the reasons are read off."""


@dataclass(frozen=True)
class Oddity:
    """One reason to look. ``weight``: higher stands first."""

    code: str
    weight: int
    text: str


def find(
    stage: str,
    records: Sequence[Any],
    subjects: Mapping[str, frozenset[str]],
    changed: Mapping[str, Sequence[Change]],
) -> dict[str, list[Oddity]]:
    """Record → reasons. ``subjects``: record → codes that the signer signs now; empty for the later stages."""
    names = [row.name for row in records]
    results = _results(names, stage, subjects)
    returned = _returns(names)
    around = _medians(results)
    hints = _remark_hints(stage, records, results)
    found: dict[str, list[Oddity]] = {}
    for row in records:
        mine = results.get(row.name, [])
        reasons = [
            *_history(row, returned.get(row.name), changed.get(row.name, ()), mine),
            *_levels(row, mine, stage),
            *_marks(mine, around),
            *(hints.get(row.name, ())),
        ]
        if stage != "gvbm":
            reasons += _whole_record(row, stage)
        found[row.name] = sorted(dict.fromkeys(reasons), key=lambda reason: -reason.weight)
    return found


def _results(names: list[str], stage: str, subjects: Mapping[str, frozenset[str]]) -> dict[str, list[Any]]:
    rows = frappe.get_all(
        "HBS Record Result",
        {"parent": ("in", names or [""]), "parenttype": "HBS Record"},
        ["parent", "subject_code", "subject_name", "level", "score", "remark", "revision", "substitution_absent_name"],
        order_by="idx",
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        if stage != "gvbm" or row.subject_code in subjects.get(row.parent, frozenset()):
            found.setdefault(row.parent, []).append(row)
    return found


def _returns(names: list[str]) -> dict[str, tuple[int, str]]:
    """Record → how often it came back, and the last remark."""
    values = {
        "reference_doctype": "HBS Record",
        "reference_name": ("in", names or [""]),
        "action": ("in", ("fault", "return")),
    }
    found: dict[str, tuple[int, str]] = {}
    for row in frappe.get_all(audit.DOCTYPE, values, ["reference_name", "details"], order_by="name"):
        times, _last = found.get(row.reference_name, (0, ""))
        remark = (frappe.parse_json(row.details) or {}).get("remark") or ""
        found[row.reference_name] = (times + 1, remark)
    return found


def _history(
    row: Any, returned: tuple[int, str] | None, changed: Sequence[Change], mine: list[Any]
) -> Iterator[Oddity]:
    if returned:
        yield Oddity("RETURNED", 90, _("Returned {0} times; last: “{1}”").format(*returned))
    if changed:
        labels = list(dict.fromkeys(change.label for change in changed))
        shown = ", ".join(labels[:3]) + (" …" if len(labels) > 3 else "")
        yield Oddity("CHANGED", 100, _("Changed since you last looked: {0}").format(shown))
    if (row.issue_number or 1) > 1:
        yield Oddity("REISSUED", 80, _("New issue no. {0} after a recall").format(row.issue_number))
    for result in mine:
        if (result.revision or 1) > 1:
            text = _("{0}: this part is signed again (no. {1})").format(result.subject_name, result.revision)
            yield Oddity("SIGNED_AGAIN", 70, text)
        if result.substitution_absent_name:
            text = _("{0}: signed in place of {1}").format(result.subject_name, result.substitution_absent_name)
            yield Oddity("SUBSTITUTE", 40, text)


def _levels(row: Any, mine: list[Any], stage: str) -> Iterator[Oddity]:
    low = [result.subject_name for result in mine if result.level == "C"]
    if low:
        yield Oddity("LEVEL_C", 75, _("Not completed (C): {0}").format(", ".join(low)))
    if stage == "gvbm":
        return
    weak = sum(row.get(name) == "C" for name in LEVELS)
    if weak:
        yield Oddity("QUALITY_C", 60, _("{0} competencies or qualities at level C").format(weak))


def _marks(mine: list[Any], around: Mapping[str, float]) -> Iterator[Oddity]:
    for result in mine:
        score = _number(result.score)
        if score is None:
            continue
        values = (result.subject_name, result.score)
        if result.level == "C" and score >= 5:
            yield Oddity("LEVEL_AND_SCORE", 65, _("{0}: level C with a test score of {1}").format(*values))
        elif result.level != "C" and result.level and score < 5:
            text = _("{0}: level {2} with a test score of {1}").format(*values, result.level)
            yield Oddity("LEVEL_AND_SCORE", 65, text)
        middle = around.get(result.subject_code)
        if middle is not None and abs(score - middle) >= FAR_FROM_CLASS:
            text = _("{0}: {1} is far from the class, whose middle is {2}").format(*values, f"{middle:g}")
            yield Oddity("FAR_FROM_CLASS", 50, text)


def _whole_record(row: Any, stage: str) -> Iterator[Oddity]:
    if row.grade_completed == "No":
        yield Oddity("NOT_COMPLETED", 78, _("The grade is not completed"))
    if row.promoted == "No":
        yield Oddity("NOT_PROMOTED", 77, _("Not promoted"))
    if row.promoted == "Yes" and row.grade_completed == "No":
        yield Oddity("PROMOTED_ANYWAY", 79, _("Promoted although the grade is not completed"))
    if row.disability_not_assessed:
        yield Oddity("NOT_ASSESSED", 45, _("Learns with a disability and is not assessed in all subjects"))
    absences = (row.excused_absences or 0) + (row.unexcused_absences or 0)
    if absences >= MANY_ABSENCES:
        yield Oddity("ABSENCES", 35, _("{0} days absent").format(f"{absences:g}"))
    if not row.citizen_id:
        yield Oddity("NO_CITIZEN_ID", 85, _("No citizen number: it can be signed, but not released"))
    absent = {"gvcn": row.homeroom_substitution_absent_name, "cbql": row.principal_substitution_absent_name}.get(stage)
    if absent:
        yield Oddity("SUBSTITUTE", 40, _("Signed in place of {0}").format(absent))


def _medians(results: Mapping[str, list[Any]]) -> dict[str, float]:
    scores: dict[str, list[float]] = {}
    for rows in results.values():
        for row in rows:
            score = _number(row.score)
            if score is not None:
                scores.setdefault(row.subject_code, []).append(score)
    return {code: median(values) for code, values in scores.items() if len(values) >= SMALLEST_CLASS}


def _number(score: str | None) -> float | None:
    try:
        return float(score or "")
    except ValueError:
        return None


def _remark_hints(stage: str, records: Sequence[Any], results: Mapping[str, list[Any]]) -> dict[str, list[Oddity]]:
    """Names of other pupils, contradictions with the level, open places; from the core's help for remarks."""
    from hocbaso_app.record.remarks import Remark, check_remark

    if stage == "release":
        return {}
    names = [row.full_name for row in records]
    found: dict[str, list[Oddity]] = {}
    for row in records:
        others = [name for name in names if name != row.full_name]
        remarks = [
            (
                result.subject_name,
                Remark(result.remark or "", "NHAN_XET", row.full_name, others, "subjects", [result.level or ""]),
            )
            for result in results.get(row.name, [])
        ]
        if stage == "gvcn":
            remarks += [("", Remark(row.get(name) or "", name, row.full_name, others)) for name in REMARK_FIELDS]
        for subject, remark in remarks:
            for hint in check_remark(remark):
                text = f"{subject}: {hint.message_vi}" if subject else hint.message_vi
                found.setdefault(row.name, []).append(Oddity(hint.code, 55, text))
    return found

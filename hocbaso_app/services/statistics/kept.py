"""HBS Received Result: what statistics need of a received file, one short row each, written when it is accepted.

The values are those of the verified file. Levels stand as ``|01T9|02H|…``
(subject, level, mark), competencies and qualities as one letter each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import frappe

from hocbaso_app.services import rows

if TYPE_CHECKING:
    from hocbaso_app.record import model
    from hocbaso_app.record.document import Document

DOCTYPE = "HBS Received Result"
NONE = "-"
"""Letter of a competency or quality that is not assessed."""

_LEVEL = re.compile(r"([0-9A-Z]+?)([THCM-])([0-9]*)")


def keep(documents: Iterable[tuple[str, str, str | None, Document]]) -> None:
    """(record code, school, unit above, verified document) of each accepted file, in two statements.

    A file that was lost here and came again takes the place of its row.
    """
    made = [_row(*each) for each in documents]
    lost = frappe.get_all(DOCTYPE, {"name": ("in", [row.name for row in made] or [""])}, pluck="name", order_by="name")
    if lost:  # deleting what is not there would hold up other workers at the gaps
        frappe.db.delete(DOCTYPE, {"name": ("in", lost)})
    rows.insert(DOCTYPE, made)


def _row(code: str, unit: str, office: str | None, document: Document) -> Any:
    record = document.record
    general, summary = record.general, record.summary
    return frappe._dict(
        name=code,
        received_record=code,
        unit=unit,
        office=office,
        school_year=general.school_year,
        page=general.page_kind,
        grade=general.grade,
        class_name=general.class_name,
        gender=general.gender,
        ethnic_group=general.ethnic_group,
        overall_result=summary.overall_result,
        promoted={"1": "Yes", "0": "No"}.get(summary.promoted or ""),
        rewarded=int(bool(summary.rewards or summary.extraordinary_rewards)),
        levels=packed_levels(record.subjects),
        qualities=packed_qualities(record.qualities),
    )


def packed_levels(subjects: Sequence[model.SubjectResult]) -> str:
    """``|01T9|02H|``: between bars, so that one subject's level can be searched for."""
    pieces = [f"{s.subject_code}{s.level or NONE}{_mark(s.score)}" for s in subjects]
    return f"|{'|'.join(pieces)}|" if pieces else ""


def _mark(score: str | None) -> str:
    return score if score and score.isdecimal() else ""


def unpacked_levels(text: str | None) -> list[tuple[str, str, int | None]]:
    """Subject code, level, mark."""
    found = [_LEVEL.fullmatch(piece) for piece in (text or "").split("|") if piece]
    return [(m[1], "" if m[2] == NONE else m[2], int(m[3]) if m[3] else None) for m in found if m]


def quality_names() -> tuple[str, ...]:
    """Fields of the levels of competencies and qualities, in the order of their letters."""
    from hocbaso_app.record import model

    return tuple(f.name for f in fields(model.Qualities) if not f.name.endswith("_remark"))


def packed_qualities(qualities: model.Qualities) -> str:
    """One letter each."""
    return "".join(getattr(qualities, name) or NONE for name in quality_names())

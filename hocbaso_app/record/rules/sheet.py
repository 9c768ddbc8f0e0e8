"""The same rules for one sheet of a class that is still being entered.

:func:`check` stays silent while a value is missing anywhere; a teacher filling in his own column hears at once what
touches it, and nothing of what others have not entered yet.
"""

from __future__ import annotations

from collections.abc import Collection

from ..model import Record
from .fault import Fault
from .pack import RulePack, load_pack
from .page_rules import scope_faults
from .result_rules import quality_faults, summary_faults
from .subject_rules import subject_faults
from .text_rules import missing_values, text_faults

_NEED_RESULT = frozenset({"PROMOTION_WRONG", "PROMOTION_WITHOUT_DECISION", "GRADE_COMPLETED_WRONG", "REWARD_WRONG"})
_NEED_ANSWERS = frozenset({"COMPLETION_TEXT_WRONG", "PRIMARY_COMPLETED_WRONG"})


def sheet_faults(
    record: Record, elements: Collection[str], *, subject: str | None = None, pack: RulePack | None = None
) -> list[Fault]:
    """Faults whose element stands on the sheet: of one subject part, or of the record's own ``elements``.

    A comparison waits until both of its sides are entered: the result until levels and marks are right, the sentence
    on completion until the answers on completion and promotion are given.
    """
    pack = pack or load_pack(record.general.rule_pack or "")
    if pack is None:
        return []
    scope = list(scope_faults(record, pack))
    if scope:
        return scope
    assessment = [*subject_faults(record, pack), *quality_faults(record, pack)]
    result_known = not assessment and (
        record.summary.overall_result is not None or record.general.disability_not_assessed == "1"
    )
    answers_known = None not in (record.summary.grade_completed, record.summary.promoted)
    waiting = (frozenset() if result_known else _NEED_RESULT) | (frozenset() if answers_known else _NEED_ANSWERS)
    found = [*missing_values(record), *text_faults(record), *assessment]
    found += summary_faults(record, pack, comparable=result_known)
    return [f for f in found if f.subject == subject and f.field in elements and f.code not in waiting]

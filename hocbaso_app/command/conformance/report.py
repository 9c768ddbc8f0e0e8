"""Results for people (a table) and for machines (JSON)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from .suite import Outcome, Result

WORDS = {Outcome.PASSED: "[green]đạt", Outcome.FAILED: "[red]KHÔNG ĐẠT", Outcome.SKIPPED: "[yellow]bỏ qua"}


def table(results: Sequence[Result]) -> Table:
    """One row a check."""
    made = Table("", "Kiểm tra", "Nội dung", "Căn cứ", "Ghi chú")
    for result in results:
        one = result.check
        made.add_row(WORDS[result.outcome], one.name, one.title, one.clause, result.detail)
    return made


def counted(results: Sequence[Result]) -> dict[str, int]:
    """How many of each outcome."""
    found = Counter(result.outcome for result in results)
    return {outcome.value: found[outcome] for outcome in Outcome}


def to_json(address: str, profile: str, results: Sequence[Result]) -> dict[str, Any]:
    """Everything."""
    rows = [
        {
            "name": r.check.name,
            "title": r.check.title,
            "clause": r.check.clause,
            "extension": r.check.extension,
            "outcome": r.outcome.value,
            "detail": r.detail,
        }
        for r in results
    ]
    return {"address": address, "profile": profile, "counts": counted(results), "checks": rows}

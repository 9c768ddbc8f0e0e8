"""One sheet per form page where that is possible: a page that spills is set closer, but never below 9 pt.

Measured by the engine itself, not guessed from lengths. A page that no setting
brings to one sheet takes the fewest sheets, and of these the most readable setting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

CLOSER = ("close", "dense")
"""Classes of ``print.css`` after the normal setting, from roomy to tight."""


def choose(pages: Sequence[str], sheets: Sequence[int], measure: Callable[[str, str], int]) -> dict[str, str]:
    """Page key → class of each page that should not keep the normal setting.

    ``sheets`` are those of ``pages`` in the normal setting; ``measure`` gives
    the sheets of one page in one of :data:`CLOSER`.
    """
    return {
        page: setting
        for page, normal in zip(pages, sheets, strict=True)
        if normal > 1 and (setting := _best(page, normal, measure))
    }


def _best(page: str, normal: int, measure: Callable[[str, str], int]) -> str | None:
    best, fewest = None, normal
    for setting in CLOSER:
        count = measure(page, setting)
        if count < fewest:
            best, fewest = setting, count
        if fewest == 1:
            break
    return best


def sheets_of(laid_out: Any) -> list[int]:
    """Sheets of each form page in a document of WeasyPrint; every page of ours begins with its one bookmark."""
    counts: list[int] = []
    for sheet in laid_out.pages:
        if sheet.bookmarks or not counts:
            counts.append(0)
        counts[-1] += 1
    return counts

"""The desk's Vietnamese words for the English of the source, so a test names a button as the code does."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "hocbaso_app" / "translations" / "vi.csv"


@cache
def _words() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as rows:
        return {row[0]: row[1] for row in csv.reader(rows)}


def vi(text: str, *values: object) -> str:
    """As it is read on the screen, with the places filled."""
    return _words()[text].format(*values)

"""Rule packs: numbers and lists of the circulars, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class RulePack:
    """One version of the rules.

    Grades are keys ``"1"`` to ``"5"``, years the starting calendar year,
    ``year_begins``/``year_ends`` the widest school year and ``whole_year_ends``
    the earliest end of a whole-year page, all three ``MM-DD``.
    """

    name: str
    title: str
    version: int
    valid_from: str
    valid_to: str | None
    note: str
    sources: list[str]
    level_code: str
    circular: str
    regulations: list[str]
    first_school_year: int
    first_year_of_grade: dict[str, int]
    year_begins: str
    year_ends: str
    whole_year_ends: str
    obligatory_subjects: dict[str, list[str]]
    elective_subjects: dict[str, list[str]]
    tested_subjects: dict[str, list[str]]
    subject_levels: list[str]
    score_range: list[int]
    quality_levels: list[str]
    qualities_from_grade: dict[str, int]
    results: list[dict[str, Any]]
    passing_results: list[str]
    rewards: dict[str, str]

    def in_force(self, day: date) -> bool:
        """Whether the pack applies on a day (QĐ Đ2)."""
        if day < date.fromisoformat(self.valid_from):
            return False
        return self.valid_to is None or day <= date.fromisoformat(self.valid_to)


@cache
def load_pack(name: str) -> RulePack | None:
    """A shipped pack by the name that stands in BO_QUY_TAC, or ``None``."""
    path = files(__package__) / "packs" / f"{name}.json"
    if not name.replace("-", "").isalnum() or not path.is_file():
        return None
    return RulePack(**json.loads(path.read_text(encoding="utf-8")))

"""Word lists for remarks as data: one file per circular, with a version and a start date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

DEFAULT = "tt27-1"


@dataclass(frozen=True)
class Words:
    """``criticism``, ``praise`` and ``contradictions`` are regular expressions per scale; all lower case."""

    name: str
    version: int
    valid_from: str
    note: str
    sources: list[str]
    address: list[str]
    teachers_and_kin: list[str]
    beside: list[str]
    after_name: list[str]
    not_names: list[str]
    given_names: list[str]
    softened_by: list[str]
    not_praise_after: list[str]
    criticism: dict[str, list[str]]
    praise: dict[str, list[str]]
    contradictions: dict[str, dict[str, dict[str, Any]]]
    level_words: dict[str, dict[str, str]]
    placeholders: list[str]
    copied: dict[str, float]


@cache
def load_words(name: str = DEFAULT) -> Words:
    """A shipped list; the newest for a rule pack that has none of its own."""
    folder = files(__package__) / "words"
    path = folder / f"{name}.json"
    if not name.replace("-", "").isalnum() or not path.is_file():
        path = folder / f"{DEFAULT}.json"
    return Words(**json.loads(path.read_text(encoding="utf-8")))

"""Code tables as data: one JSON file each, with version, start date, source and how sure we are of it.

Confidence marks are those of the project's notes: V read in the text, S in
third-party material, I inferred, O own knowledge.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class CodeTable:
    """Codes and their Vietnamese labels, in display order."""

    name: str
    title: str
    version: int
    valid_from: str
    source: str
    confidence: str
    values: dict[str, str]

    def label(self, code: str) -> str:
        """The label of a code; the code itself when the table does not know it."""
        return self.values.get(code, code)

    def __contains__(self, code: str) -> bool:
        return code in self.values


@cache
def table(name: str) -> CodeTable:
    """A table by name; ``FileNotFoundError`` for an unknown one."""
    return CodeTable(**json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")))

"""A small library of remarks to begin with. Each has a spot in square brackets that the teacher fills in."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


def suggestions(scale: str, level: str, key: str = "") -> list[str]:
    """Remarks for a level: those of the subject or group ``key`` first, then the common ones of the scale."""
    shelf = _library()["remarks"].get(scale, {})
    own = shelf.get(key, {}).get(level, [])
    return [*own, *(text for text in shelf.get("", {}).get(level, []) if text not in own)]


def completion_texts(grade: int) -> dict[str, list[str]]:
    """Sentences of section 6 of the form for a grade, by whether it is completed (``Yes``, ``No``)."""
    shelves = _library()["completion"]
    shelf = shelves.get(str(grade), shelves[""])
    return {
        answer: [text.replace("{grade}", str(grade)).replace("{next}", str(grade + 1)) for text in texts]
        for answer, texts in shelf.items()
    }


def with_name(text: str, full_name: str) -> str:
    """With the pupil's given name in place of ``{name}``."""
    return text.replace("{name}", full_name.split()[-1] if full_name.split() else "")


@cache
def _library() -> dict[str, Any]:
    path = files(__package__) / "words" / "library-1.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content

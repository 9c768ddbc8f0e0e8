"""All hints on one remark, and on one column of a class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..lengths import length
from .hint import Hint
from .levels import level_hints
from .names import name_hints
from .words import Words, load_words

_BLANK = re.compile(r"[\s.;,!]+")


@dataclass(frozen=True)
class Remark:
    """A remark with what it is judged by.

    ``scale`` is ``subjects``, ``qualities`` or ``results``; ``levels`` those beside the remark that it speaks of;
    ``limit`` the most characters of the XSD.
    """

    text: str
    field: str
    pupil: str
    classmates: Sequence[str] = ()
    scale: str = ""
    levels: Sequence[str] = ()
    limit: int | None = None


def check_remark(remark: Remark, words: Words | None = None) -> list[Hint]:
    """Hints on the remark alone; empty for an empty remark."""
    words = words or load_words()
    text = remark.text or ""
    if not text.strip():
        return []
    return [
        *_length(remark),
        *_placeholders(text, remark.field, words),
        *name_hints(text, remark.field, remark.pupil, remark.classmates, words),
        *level_hints(text, remark.field, remark.scale, remark.levels, words),
    ]


def copied_remarks(
    remarks: Mapping[str, str], names: Mapping[str, str], field: str, words: Words | None = None
) -> dict[str, Hint]:
    """Key → hint for each remark of a class's column that stands, but for the name, with many pupils.

    ``remarks`` and ``names``: the pupil's key → remark, full name.
    """
    words = words or load_words()
    groups: dict[str, list[str]] = {}
    for key, text in remarks.items():
        if text and text.strip():
            groups.setdefault(_without_name(text, names.get(key, "")), []).append(key)
    written = sum(len(keys) for keys in groups.values())
    least = max(words.copied["at_least"], words.copied["share"] * written)
    found = {}
    for keys in groups.values():
        if len(keys) >= least:
            message = f"{len(keys)} trong {written} em đã nhận xét có cùng câu này; hãy viết riêng cho từng em."
            for key in keys:
                found[key] = Hint("REMARK_COPIED", field, message, remarks[key])
    return found


def _length(remark: Remark) -> Iterator[Hint]:
    size = length(remark.text)
    if remark.limit and size > remark.limit:
        message = f"Nhận xét dài {size} kí tự, tối đa {remark.limit}; hãy rút bớt {size - remark.limit} kí tự."
        yield Hint("REMARK_TOO_LONG", remark.field, message, remark.text[:40])


def _placeholders(text: str, field: str, words: Words) -> Iterator[Hint]:
    for pattern in words.placeholders:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            message = f"Nhận xét còn chỗ chưa điền “{found[0]}”; hãy viết cho xong."
            yield Hint("REMARK_PLACEHOLDER", field, message, found[0])
            return


def _without_name(text: str, name: str) -> str:
    for part in name.split():
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", "", text)
    return _BLANK.sub(" ", text.casefold()).strip()

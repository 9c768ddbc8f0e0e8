"""A remark that says the opposite of the level beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from .hint import Hint
from .words import Words

_SENTENCE_END = re.compile(r"[.;!?\n]")


def level_hints(text: str, field: str, scale: str, levels: Sequence[str], words: Words) -> Iterator[Hint]:
    """One hint when all ``levels`` of the group are the same and a phrase of the remark contradicts it."""
    if len(set(levels)) != 1 or levels[0] not in words.contradictions.get(scale, {}):
        return
    level = levels[0]
    rule = words.contradictions[scale][level]
    for sentence in _SENTENCE_END.split(" ".join(text.casefold().split())):
        excerpt = _contradiction(sentence, scale, rule, words)
        if excerpt:
            title = words.level_words[scale].get(level)
            shown = f"{level} ({title})" if title else level
            message = f"Nhận xét có “{excerpt}” nhưng mức đang ghi là {shown}; hãy xem lại mức hoặc nhận xét."
            yield Hint("REMARK_CONTRADICTS_LEVEL", field, message, excerpt)
            return


def _contradiction(sentence: str, scale: str, rule: dict[str, object], words: Words) -> str | None:
    for phrase in rule["phrases"] if isinstance(rule["phrases"], list) else ():
        found = _pattern(phrase).search(sentence)
        if found and not _said(words.not_praise_after, sentence[: found.start()]):
            return found[0]
    if rule.get("criticism"):
        for phrase in words.criticism[scale]:
            found = _pattern(phrase).search(sentence)
            if found and not _said(words.softened_by, sentence):
                return found[0]
    if rule.get("praise"):
        for phrase in words.praise[scale]:
            found = _pattern(phrase).search(sentence)
            if found and not _said(words.not_praise_after, sentence):
                return found[0]
    return None


def _said(phrases: Sequence[str], text: str) -> bool:
    return any(_pattern(re.escape(phrase)).search(text) for phrase in phrases)


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){phrase}(?!\w)")

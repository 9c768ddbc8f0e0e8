"""Whose name stands in a remark: the pupil's own, a classmate's, or nobody's in the class.

Vietnamese given names are also common words (Bình, An, Minh, Thảo), so a name counts only where it is the one who is
spoken of: after "em", at the start of a clause before a verb, or with the middle name before it. A classmate who is
helped or played with is no mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .hint import Hint
from .words import Words

_WORD = re.compile(r"[^\W\d_]+")
_CLAUSE_END = re.compile(r"[.;!?:,\n()“”\"–-]")
_MOSTLY_CAPITAL = 0.5


@dataclass(frozen=True)
class _Mention:
    """Capitalised words in a row: the words before and after, the address ("em") and whether a clause starts there."""

    words: tuple[str, ...]
    address: str
    before: str
    after: str
    starts_clause: bool

    @property
    def text(self) -> str:
        return " ".join(self.words)


def name_hints(text: str, field: str, pupil: str, classmates: Sequence[str], words: Words) -> Iterator[Hint]:
    """At most one hint per name."""
    own = tuple(pupil.split())
    others = [tuple(name.split()) for name in classmates if name and name != pupil]
    told: set[str] = set()
    for mention in _mentions(text, words):
        if mention.text in told or _is_part(mention.words, own) or not _is_about(mention, words):
            continue
        match = _matching(mention, others, words)
        if match:
            told.add(mention.text)
            sentence = f"Nhận xét của em {pupil} lại nói về “{mention.text}”, trùng tên {' '.join(match)} cùng lớp."
            yield Hint("REMARK_NAME_OTHER", field, sentence, mention.text)
        elif mention.address and mention.address != "bạn" and mention.words[-1] in words.given_names:
            told.add(mention.text)
            sentence = f"Nhận xét của em {pupil} lại nói về “{mention.text}”; lớp không có em nào tên như vậy."
            yield Hint("REMARK_NAME_UNKNOWN", field, sentence, mention.text)


def _matching(mention: _Mention, others: Sequence[tuple[str, ...]], words: Words) -> tuple[str, ...] | None:
    size = len(mention.words)
    match = next((name for name in others if len(name) >= size and name[-size:] == mention.words), None)
    if match is None or size > 1 or mention.address:
        return match
    begins = mention.starts_clause and mention.after in words.after_name
    return match if begins and mention.text in words.given_names else None


def _is_part(words: tuple[str, ...], name: tuple[str, ...]) -> bool:
    size = len(words)
    return any(name[i : i + size] == words for i in range(len(name) - size + 1))


def _is_about(mention: _Mention, words: Words) -> bool:
    """Whether somebody is spoken of, and not a place, a subject, a teacher or a friend at his side."""
    around = f" {mention.before} {mention.address} {mention.text} {mention.after} ".casefold()
    around = " ".join(around.split())
    if any(f" {phrase} " in f" {around} " for phrase in words.not_names):
        return False
    if not mention.starts_clause and (mention.before in words.beside or mention.before in words.teachers_and_kin):
        return False
    if mention.words[0].casefold() in words.teachers_and_kin and len(mention.words) > 1:
        return False
    return mention.address != "bạn" or mention.starts_clause


def _mentions(text: str, words: Words) -> Iterator[_Mention]:
    found = list(_WORD.finditer(text))
    capital = [_is_capital(m[0]) for m in found]
    if not found or sum(capital) > max(4, _MOSTLY_CAPITAL * len(found)):
        return
    gaps = ["."] + [text[a.end() : b.start()] for a, b in pairwise(found)]
    starts = [bool(_CLAUSE_END.search(gap)) for gap in gaps]
    position = 0
    while position < len(found):
        first = position
        position += 1
        if not capital[first]:
            continue
        while position < len(found) and capital[position] and not starts[position]:
            position += 1
        address, clause = "", first
        if found[first][0].casefold() in words.address and position - first > 1:
            address, first = found[first][0].casefold(), first + 1
        elif first and not starts[first] and found[first - 1][0].casefold() in words.address:
            clause, address = first - 1, found[first - 1][0].casefold()
        before = found[clause - 1][0].casefold() if clause and not starts[clause] else ""
        after = found[position][0].casefold() if position < len(found) and not starts[position] else ""
        yield _Mention(tuple(m[0] for m in found[first:position]), address, before, after, starts[clause])


def _is_capital(word: str) -> bool:
    return word[0].isupper() and (len(word) == 1 or not word.isupper())

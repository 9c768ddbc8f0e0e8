"""One hint on a remark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A stable code, the field that the remark stands in, a Vietnamese sentence, and the words it is about."""

    code: str
    field: str
    message_vi: str
    excerpt: str

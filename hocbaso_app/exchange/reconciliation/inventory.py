"""What each side holds of one school's records of one year. What travels names no pupil but his code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(str, Enum):
    """Whether a received record is in force."""

    ACTIVE = "active"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class Held:
    """One record that the authority holds; times as in a record file, empty where there is none."""

    code: str
    issue: str
    sha256: str
    pupil: str
    status: Status
    receipt_number: str
    received_at: str
    recalled_at: str = ""
    replaced_by: str = ""


class Progress(str, Enum):
    """How far the school is with one of its records, as the school knows it."""

    NOT_BEGUN = "not begun"
    """A pupil of the class without a record."""
    UNRELEASED = "unreleased"
    RELEASED = "released"
    SENT = "sent"
    """It left, or may have left; no answer is known yet."""
    REFUSED = "refused"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"
    """Taken back before the authority had it."""


RELEASED = frozenset({Progress.RELEASED, Progress.SENT, Progress.REFUSED, Progress.RECEIVED})
SENT = frozenset({Progress.SENT, Progress.REFUSED, Progress.RECEIVED})


@dataclass(frozen=True, slots=True)
class Own:
    """One record as the school has it.

    ``key`` is the school's own name for it; ``code`` and ``sha256`` are those of its file, empty without one.
    ``counts``: it is the pupil's present record, which should be at the authority; not so what was recalled
    or taken back. ``recalled``: the school knows that it was.
    """

    key: str
    class_label: str
    progress: Progress
    pupil: str = ""
    code: str = ""
    issue: str = ""
    sha256: str = ""
    receipt_number: str = ""
    recalled: bool = False
    counts: bool = True

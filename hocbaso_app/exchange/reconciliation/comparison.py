"""Each record stands in exactly one place: both sides agree, or there is a difference of a named kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum

from .inventory import RELEASED, SENT, Held, Own, Progress, Status


class Place(str, Enum):
    """Where a record stands between the two sides."""

    AGREED = "Agreed"
    AGREED_RECALLED = "Agreed, recalled"
    NOWHERE = "Taken back"
    """Taken back by the school, and the authority has nothing of it: as it should be."""

    NOT_BEGUN = "Not begun"
    NOT_RELEASED = "Not released"
    UNSENT = "Not sent"
    UNANSWERED = "Not answered"
    REFUSED = "Refused"

    RECEIPT_MISSING = "Receipt missing"
    OTHER_RECEIPT = "Other receipt"
    LOST_THERE = "Unknown there"
    LOST_HERE = "Unknown here"
    OLDER_HERE = "Older here"
    OTHER_BYTES = "Other file"
    RECALLED_THERE = "Recalled there only"
    RECALLED_HERE = "Recalled here only"
    WITHDRAWN_HELD = "Taken back, held there"
    DUPLICATE = "Twice"
    NEITHER = "Lost on both sides"


AGREED = frozenset({Place.AGREED, Place.AGREED_RECALLED, Place.NOWHERE})
ON_THE_WAY = frozenset({Place.NOT_BEGUN, Place.NOT_RELEASED, Place.UNSENT, Place.UNANSWERED, Place.REFUSED})
"""What the school still has to do or waits for; the two sides don't contradict each other."""

CONTRADICTIONS = frozenset(Place) - AGREED - ON_THE_WAY
"""One side holds or says what the other does not."""

_ALONE = {
    Progress.NOT_BEGUN: Place.NOT_BEGUN,
    Progress.UNRELEASED: Place.NOT_RELEASED,
    Progress.RELEASED: Place.UNSENT,
    Progress.SENT: Place.UNANSWERED,
    Progress.REFUSED: Place.REFUSED,
    Progress.RECEIVED: Place.LOST_THERE,
    Progress.WITHDRAWN: Place.NOWHERE,
}
"""Progress of a record that the authority does not hold → its place."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record and its place. ``told_by``: for what neither side has, where its code is named."""

    place: Place
    class_label: str
    code: str
    own: Own | None = None
    held: Held | None = None
    told_by: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of one class, or of all.

    ``should``, ``released`` and ``sent`` count the pupils' present records as the school has them;
    ``received`` and ``recalled`` what the authority holds, in force and not.
    """

    should: int = 0
    released: int = 0
    sent: int = 0
    received: int = 0
    recalled: int = 0

    def __add__(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Figures)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome: every record once, figures by class."""

    entries: tuple[Entry, ...]
    by_class: dict[str, Figures]

    @property
    def total(self) -> Figures:
        """Of all classes."""
        return sum(self.by_class.values(), Figures())

    @property
    def differences(self) -> tuple[Entry, ...]:
        """What is not as it should be in the end."""
        return tuple(e for e in self.entries if e.place not in AGREED)

    @property
    def contradictions(self) -> tuple[Entry, ...]:
        """What only recovery or a person settles."""
        return tuple(e for e in self.entries if e.place in CONTRADICTIONS)

    @property
    def equal(self) -> bool:
        """Every record that should be there is, and nothing else."""
        return not self.differences

    def at(self, *places: Place) -> tuple[Entry, ...]:
        """The entries that stand there."""
        return tuple(e for e in self.entries if e.place in places)


def compare(own: Iterable[Own], held: Iterable[Held], mentioned: Mapping[str, str] | None = None) -> Comparison:
    """``mentioned``: record code → where it is told of, of records that somebody must have had."""
    ours, doubles = _once(list(own))
    theirs, doubles_there = _once(list(held))
    classes = _Classes(ours)
    by_code = {row.code: row for row in theirs}
    entries = [_both(row, by_code.pop(row.code, None) if row.code else None) for row in ours]
    entries += [Entry(Place.LOST_HERE, classes.of(row), row.code, held=row) for row in by_code.values()]
    entries += [Entry(Place.DUPLICATE, row.class_label, row.code, own=row) for row in doubles]
    entries += [Entry(Place.DUPLICATE, classes.of(row), row.code, held=row) for row in doubles_there]
    known = {row.code for row in ours} | {row.code for row in theirs}
    told = (mentioned or {}).items()
    entries += [Entry(Place.NEITHER, "", code, told_by=where) for code, where in told if code not in known]
    return Comparison(tuple(entries), _figures(ours, theirs, classes))


def _both(own: Own, held: Held | None) -> Entry:
    return Entry(_place(own, held), own.class_label, own.code, own, held)


def _place(own: Own, held: Held | None) -> Place:
    if held is None:
        return Place.LOST_THERE if own.recalled else _ALONE[own.progress]
    if own.progress in (Progress.NOT_BEGUN, Progress.UNRELEASED):
        return Place.OLDER_HERE
    if own.sha256 != held.sha256:
        return Place.OTHER_BYTES
    recalled_there = held.status is Status.RECALLED
    if own.progress is Progress.WITHDRAWN:
        return Place.AGREED_RECALLED if recalled_there else Place.WITHDRAWN_HELD
    if own.recalled != recalled_there:
        return Place.RECALLED_THERE if recalled_there else Place.RECALLED_HERE
    if own.progress is Progress.SENT and not recalled_there:
        return Place.UNANSWERED  # the answer is asked for anyway
    if own.progress is not Progress.RECEIVED or (held.receipt_number and not own.receipt_number):
        return Place.RECEIPT_MISSING
    if own.receipt_number != held.receipt_number:
        return Place.OTHER_RECEIPT
    return Place.AGREED_RECALLED if recalled_there else Place.AGREED


class _Classes:
    """In which class a record of the other side is counted: that of the same code, else of the same pupil."""

    def __init__(self, own: Sequence[Own]) -> None:
        present_last = sorted((row for row in own if row.pupil), key=lambda row: (row.counts, row.class_label))
        self._by_pupil = {row.pupil: row.class_label for row in present_last}
        self._by_code = {row.code: row.class_label for row in own if row.code}

    def of(self, row: Held) -> str:
        return self._by_code.get(row.code) or self._by_pupil.get(row.pupil, "")


def _figures(own: Collection[Own], held: Collection[Held], classes: _Classes) -> dict[str, Figures]:
    found: dict[str, Figures] = defaultdict(Figures)
    for row in own:
        if row.counts:
            one = Figures(1, int(row.progress in RELEASED), int(row.progress in SENT))
            found[row.class_label] += one
    for other in held:
        active = other.status is Status.ACTIVE
        found[classes.of(other)] += Figures(received=int(active), recalled=int(not active))
    return dict(sorted(found.items()))


def _once(rows: list[Own] | list[Held]) -> tuple[list, list]:  # type: ignore[type-arg]
    """The first row of each code, and the others; a row without a code stands for itself."""
    seen: set[str] = set()
    first: list[Own | Held] = []
    again: list[Own | Held] = []
    for row in rows:
        (again if row.code and row.code in seen else first).append(row)
        seen.add(row.code)
    return first, again

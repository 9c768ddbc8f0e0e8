"""Which closing counts: windows in, the strictest first out. Knows no database and no desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

YEAR, DEPARTMENT, OFFICE, SCHOOL = "Year", "Department", "Office", "School"
RANK = {YEAR: -1, DEPARTMENT: 0, OFFICE: 1, SCHOOL: 2}
"""The lower the number, the stricter."""

CLOSED, OPEN = "Closed period", "Open period"


@dataclass(frozen=True)
class Window:
    """One window that was set for a school; ``level`` is the kind of the unit that set it."""

    name: str
    level: str
    unit: str
    kind: str
    from_time: datetime
    to_time: datetime | None
    reason: str


@dataclass(frozen=True)
class Closing:
    """Why a record is closed now; ``until`` None: until somebody opens it, or for ever with a year lock."""

    level: str
    unit: str
    until: datetime | None
    reason: str
    source: str
    """Name of the window or of the year lock."""

    @property
    def rank(self) -> int:
        """See :data:`RANK`."""
        return RANK[self.level]


def closings(windows: Iterable[Window], now: datetime) -> list[Closing]:
    """One closing for each unit that has closed at ``now``, the strictest first; empty when everything is open."""
    found = []
    in_order = sorted(windows, key=lambda w: (RANK[w.level], w.unit))
    for _unit, own in groupby(in_order, key=lambda w: (RANK[w.level], w.unit)):
        closing = _of_unit(list(own), now)
        if closing:
            found.append(closing)
    return found


def next_closing(windows: Iterable[Window], now: datetime) -> datetime | None:
    """When what is open now will be closed, as far as it is set."""
    moments = []
    for w in windows:
        if w.kind == CLOSED and w.from_time > now:
            moments.append(w.from_time)
        elif w.kind == OPEN and w.to_time and w.from_time <= now <= w.to_time:
            moments.append(w.to_time)
    return min(moments, default=None)


def _of_unit(windows: list[Window], now: datetime) -> Closing | None:
    closed = [w for w in windows if w.kind == CLOSED and _covers(w, now)]
    if closed:
        last = max(closed, key=lambda w: (w.to_time is None, w.to_time or w.from_time))
        return Closing(last.level, last.unit, last.to_time, last.reason, last.name)
    periods = [w for w in windows if w.kind == OPEN]
    if not periods or any(_covers(w, now) for w in periods):
        return None
    coming = [w for w in periods if w.from_time > now]
    if coming:
        first = min(coming, key=lambda w: w.from_time)
        return Closing(first.level, first.unit, first.from_time, first.reason, first.name)
    last = max(periods, key=lambda w: w.to_time or w.from_time)
    return Closing(last.level, last.unit, None, last.reason, last.name)


def _covers(window: Window, now: datetime) -> bool:
    return window.from_time <= now and (window.to_time is None or now <= window.to_time)

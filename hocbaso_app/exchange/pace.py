"""So many requests a minute, evenly, with a few at once: the generic cell rate algorithm over one stored moment.

Ready libraries keep their counters in Redis or in the process; here the moment lies where all workers see it and
where nothing is flushed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """``per_minute`` 0: no limit. ``at_once``: how many may go without a pause after a quiet time."""

    per_minute: int = 0
    at_once: int = 10

    @property
    def burst(self) -> timedelta:
        """How far ahead of the clock places are given away without a pause."""
        return timedelta(minutes=1) / self.per_minute * max(1, self.at_once) if self.per_minute > 0 else timedelta(0)

    def take(self, reserved: datetime | None, now: datetime) -> tuple[datetime | None, timedelta]:
        """A place for one request: the moment to store, and how long to wait before it goes.

        ``reserved``: the stored moment, up to which places are given away.
        """
        if self.per_minute <= 0:
            return None, timedelta(0)
        interval = timedelta(minutes=1) / self.per_minute
        given = max(reserved or now, now) + interval
        wait = given - now - self.burst
        return given, max(wait, timedelta(0))

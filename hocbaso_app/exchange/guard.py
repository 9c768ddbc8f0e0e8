"""What stands before each request to a portal: the circuit of its address and the pace, shared among workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from random import Random
from typing import Protocol

from .breaker import Breaker, Circuit
from .errors import PausedError, UncertainError, UnreachableError
from .pace import Pace

LONGEST_PAUSE = timedelta(seconds=20)
"""What a worker sleeps to keep the pace; for more it leaves and comes back."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""Between two machines whose clocks count as right."""


class Purpose(str, Enum):
    """What a request is for."""

    SEND = "send"
    """Transaction 1: a package leaves."""
    ASK = "ask"
    """Everything else; it may be repeated."""


class Guard(Protocol):
    """Asked by the client around each transaction."""

    def check(self, purpose: Purpose) -> None:
        """:class:`PausedError` when nothing may go now; takes nothing."""
        ...

    def enter(self, purpose: Purpose) -> None:
        """The same, and the request counts; waits for its turn when that is soon."""
        ...

    def answered(self) -> None:
        """The other side said something."""
        ...

    def failed(self, error: UnreachableError | UncertainError) -> None:
        """It did not."""
        ...


class NoGuard:
    """Everything goes."""

    def check(self, purpose: Purpose) -> None:
        """Goes."""

    def enter(self, purpose: Purpose) -> None:
        """Goes."""

    def answered(self) -> None:
        """Nothing to note."""

    def failed(self, error: UnreachableError | UncertainError) -> None:
        """Nothing to note."""


@dataclass(frozen=True, slots=True)
class Line:
    """One address as its workers see it. ``reserved``: up to when places of the pace are given away."""

    circuit: Circuit = field(default_factory=Circuit)
    reserved: dict[Purpose, datetime | None] = field(default_factory=dict)
    last_error: str | None = None


class SharedLine(Protocol):
    """Where a line is kept. Each call is a transaction of its own."""

    def read(self) -> Line:
        """As it is."""
        ...

    def change(self, step: Callable[[Line], Line]) -> None:
        """Read, change, write; two workers never at the same time."""
        ...


@dataclass
class OwnLine:
    """A line that only this process knows."""

    line: Line = field(default_factory=Line)

    def read(self) -> Line:
        """As it is."""
        return self.line

    def change(self, step: Callable[[Line], Line]) -> None:
        """At once."""
        self.line = step(self.line)


@dataclass
class LineGuard:
    """Circuit and pace of one address. ``clock`` gives aware moments."""

    shared: SharedLine
    clock: Callable[[], datetime]
    breaker: Breaker = field(default_factory=Breaker)
    paces: dict[Purpose, Pace] = field(default_factory=dict)
    random: Random = field(default_factory=Random)
    sleep: Callable[[float], None] = time.sleep

    def check(self, purpose: Purpose) -> None:
        """Circuit and pace as they are now."""
        now = self.clock()
        line = self.shared.read()
        self._require_closed(line.circuit, now)
        self._place(line, purpose, now)

    def enter(self, purpose: Purpose) -> None:
        """Takes a place; sleeps until it is its turn."""
        now = self.clock()
        waits: list[timedelta] = []

        def step(line: Line) -> Line:
            self._require_closed(line.circuit, now)
            reserved, wait = self._place(line, purpose, now)
            waits.append(wait)
            kept = {**line.reserved, purpose: reserved}
            return replace(line, circuit=self.breaker.entered(line.circuit, now), reserved=kept)

        self.shared.change(step)
        if waits[-1]:
            self.sleep(waits[-1].total_seconds())

    def answered(self) -> None:
        """Closed again; written only when it was not."""
        if self.shared.read().circuit != Circuit():
            self.shared.change(lambda line: replace(line, circuit=Circuit(), last_error=None))

    def failed(self, error: UnreachableError | UncertainError) -> None:
        """One more failure in a row."""
        now = self.clock()
        after = error.retry_after

        def step(line: Line) -> Line:
            circuit = self.breaker.failed(line.circuit, now, self.random, after)
            return replace(line, circuit=circuit, last_error=error.message_vi)

        self.shared.change(step)

    @staticmethod
    def _require_closed(circuit: Circuit, now: datetime) -> None:
        until = circuit.waits_until(now)
        if until is not None:
            raise PausedError.until_moment(
                "CIRCUIT_OPEN", "Cổng tiếp nhận không trả lời nhiều lần liền; tạm ngừng gọi đến {0}.", until
            )

    def _place(self, line: Line, purpose: Purpose, now: datetime) -> tuple[datetime | None, timedelta]:
        pace, known = self.paces.get(purpose, Pace()), line.reserved.get(purpose)
        if known and known > now + pace.burst + LONGEST_PAUSE + CLOCKS_DIFFER:
            known = None  # nobody gives away places so far ahead: a worker's clock was wrong
        reserved, wait = pace.take(known, now)
        if wait > LONGEST_PAUSE:
            raise PausedError.until_moment(
                "TOO_FAST", "Đã gửi đủ số lượt cho phép trong một phút; tiếp tục lúc {0}.", now + wait
            )
        return reserved, wait

"""A circuit breaker: an address that does not answer is left alone for ever longer, then tried by one worker first.

The states are the usual three. Closed: requests go. Open, after so many failures in a row: nothing goes until a
moment. Half-open, from then on: one worker tries; its answer closes the circuit, its failure opens it for longer.
Values only: who shares a circuit with other workers keeps it where they all see it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from random import Random

from .outbox import BackOff


class CircuitState(str, Enum):
    """Where a circuit stands."""

    CLOSED = "Closed"
    OPEN = "Open"
    HALF_OPEN = "Half-open"


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of one address. ``trips``: how often it was opened since it last answered."""

    failures: int = 0
    trips: int = 0
    open_until: datetime | None = None
    trial_until: datetime | None = None
    """Until then the worker that tries has the half-open circuit to itself; a killed one holds it no longer."""

    def state(self, now: datetime) -> CircuitState:
        """One of the three."""
        if self.open_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if now < self.open_until else CircuitState.HALF_OPEN

    def waits_until(self, now: datetime) -> datetime | None:
        """Until when nothing may go; ``None`` when a request may go now."""
        if self.state(now) is CircuitState.OPEN:
            return self.open_until
        return self.trial_until if self.trial_until and now < self.trial_until else None


@dataclass(frozen=True)
class Breaker:
    """When a circuit opens and for how long."""

    threshold: int = 5
    back_off: BackOff = field(default_factory=lambda: BackOff(timedelta(seconds=30), timedelta(minutes=15)))
    trial_time: timedelta = timedelta(minutes=2)

    def entered(self, circuit: Circuit, now: datetime) -> Circuit:
        """As it is while a request goes; asked only when nothing waits."""
        if circuit.state(now) is CircuitState.HALF_OPEN:
            return replace(circuit, trial_until=now + self.trial_time)
        return circuit

    def answered(self, circuit: Circuit) -> Circuit:
        """An answer came, whatever it says: closed."""
        return Circuit()

    def failed(self, circuit: Circuit, now: datetime, random: Random, retry_after: timedelta | None = None) -> Circuit:
        """No answer. ``retry_after``: the other side itself said how long to stay away, which opens at once."""
        failures = circuit.failures + 1
        tried = circuit.open_until is not None
        if retry_after is None and not tried and failures < self.threshold:
            return replace(circuit, failures=failures)
        until = self.back_off.next_attempt(now, circuit.trips, random)
        if retry_after is not None:
            until = max(until, now + retry_after)
        return Circuit(failures, circuit.trips + 1, until)

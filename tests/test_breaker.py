"""Circuit, pace, Retry-After: values and moments, no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from threading import Thread

import pytest

from hocbaso_app.exchange.breaker import Breaker, Circuit, CircuitState
from hocbaso_app.exchange.errors import PausedError, UncertainError, UnreachableError
from hocbaso_app.exchange.guard import LineGuard, OwnLine, Purpose
from hocbaso_app.exchange.outbox import BackOff
from hocbaso_app.exchange.pace import Pace
from hocbaso_app.exchange.retry_after import LONGEST, retry_after

START = datetime(2026, 6, 10, 8, 0, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


@dataclass
class Clock:
    now: datetime = START
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def down(wait: timedelta | None = None) -> UnreachableError:
    return UnreachableError("UNREACHABLE", "Không kết nối được.", "down", retry_after=wait)


def guard(clock: Clock, line: OwnLine | None = None, **more: object) -> LineGuard:
    breaker = Breaker(3, BackOff(MINUTE, 15 * MINUTE), 2 * MINUTE)
    return LineGuard(line or OwnLine(), clock, breaker, random=Random(1), sleep=clock.sleep, **more)  # type: ignore[arg-type]


def tried(own: LineGuard) -> bool:
    try:
        own.enter(Purpose.ASK)
    except PausedError:
        return False
    own.failed(down())
    return True


def test_opens_after_the_third_failure_in_a_row_and_an_answer_between_begins_anew() -> None:
    clock = Clock()
    own = guard(clock)
    assert tried(own) and tried(own)
    own.enter(Purpose.ASK)
    own.answered()
    assert [tried(own) for _ in range(4)] == [True, True, True, False]
    assert own.shared.read().circuit.state(clock.now) is CircuitState.OPEN


def test_half_open_lets_one_worker_try_and_its_answer_closes() -> None:
    clock, line = Clock(), OwnLine()
    first, second = guard(clock, line), guard(clock, line)
    for _ in range(3):
        tried(first)
    clock.now += 2 * MINUTE
    assert line.line.circuit.state(clock.now) is CircuitState.HALF_OPEN
    first.enter(Purpose.SEND)
    with pytest.raises(PausedError):
        second.enter(Purpose.SEND)
    first.answered()
    second.enter(Purpose.SEND)
    assert line.line.circuit == Circuit()


def test_a_killed_try_holds_the_circuit_two_minutes() -> None:
    clock, line = Clock(), OwnLine()
    first, second = guard(clock, line), guard(clock, line)
    for _ in range(3):
        tried(first)
    clock.now += 2 * MINUTE
    first.enter(Purpose.SEND)
    clock.now += 2 * MINUTE
    second.enter(Purpose.SEND)


def test_each_failed_try_opens_it_for_longer_up_to_a_ceiling_and_never_at_the_same_moment() -> None:
    clock = Clock()
    own = guard(clock)
    waits = []
    for _ in range(40):
        if tried(own) and (until := own.shared.read().circuit.open_until):
            waits.append(until - clock.now)
            clock.now = until
    assert len(waits) > 8 and waits[0] <= MINUTE
    assert max(waits) <= 15 * MINUTE and min(waits[6:]) >= 7 * MINUTE
    assert len(set(waits)) == len(waits), "jitter"


def test_a_named_time_opens_at_once_and_is_kept() -> None:
    clock = Clock()
    own = guard(clock)
    own.failed(UncertainError("SERVER_ERROR", "", "503", retry_after=timedelta(hours=3)))
    clock.now += timedelta(hours=3) - timedelta(seconds=1)
    with pytest.raises(PausedError) as caught:
        own.check(Purpose.SEND)
    assert caught.value.until == START + timedelta(hours=3) and "18:00 ngày 10/06/2026" in caught.value.message_vi
    clock.now += timedelta(seconds=1)
    own.enter(Purpose.SEND)


def test_checking_takes_nothing() -> None:
    own = guard(Clock(), paces={Purpose.SEND: Pace(60, 1)})
    for _ in range(50):
        own.check(Purpose.SEND)
    assert own.shared.read().reserved == {}


def test_pace_is_kept_over_an_hour_however_hard_one_pushes() -> None:
    clock = Clock()
    own = guard(clock, paces={Purpose.SEND: Pace(30, 5)})
    sent = []
    while clock.now < START + timedelta(hours=1):
        own.enter(Purpose.SEND)
        sent.append(clock.now)
    assert 30 * 60 <= len(sent) <= 30 * 60 + 6
    most = max(sum(1 for s in sent if t <= s < t + MINUTE) for t in sent)
    assert most <= 30 + 5
    assert sent[:5] == [START] * 5, "a few at once after a quiet time"


def test_two_purposes_do_not_wait_for_each_other_and_a_long_wait_is_not_slept() -> None:
    clock = Clock()
    own = guard(clock, paces={Purpose.SEND: Pace(1, 1)})
    own.enter(Purpose.SEND)
    with pytest.raises(PausedError) as caught:
        own.enter(Purpose.SEND)
    assert caught.value.code == "TOO_FAST" and clock.slept == []
    own.enter(Purpose.ASK)


def test_a_clock_that_was_ahead_holds_nobody_up_once_it_is_right() -> None:
    clock = Clock()
    own = guard(clock, paces={Purpose.SEND: Pace(300, 10), Purpose.ASK: Pace(60, 1)})
    clock.now += timedelta(minutes=40)
    own.enter(Purpose.SEND)
    own.enter(Purpose.ASK)
    clock.now = START
    own.check(Purpose.SEND)
    for _ in range(3):
        own.enter(Purpose.ASK)
    assert clock.slept == [1.0, 1.0], "the pace itself holds"


def test_workers_share_one_pace() -> None:
    from threading import Lock

    lock, clock = Lock(), Clock()

    class Locked(OwnLine):
        def change(self, step: object) -> None:
            with lock:
                super().change(step)  # type: ignore[arg-type]

    line = Locked()
    waits: list[float] = []
    guards = [LineGuard(line, clock, paces={Purpose.ASK: Pace(60, 1)}, sleep=waits.append) for _ in range(4)]
    threads = [Thread(target=lambda g=g: [g.enter(Purpose.ASK) for _ in range(4)]) for g in guards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [float(n) for n in range(1, 16)], "each got a place of its own, one a second"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Wed, 10 Jun 2026 08:30:00 GMT", 1800),
        ("Wed, 10 Jun 2026 07:00:00 GMT", 0),
        ("99999999999", LONGEST.total_seconds()),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    found = retry_after(header, START)
    assert (found.total_seconds() if found is not None else None) == seconds

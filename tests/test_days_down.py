"""The authority is away for days: the clock is moved, the network is real."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from portal_world import PortalWorld, portal_world, records
from signing_world import LATER
from werkzeug.wrappers import Response

from hocbaso_app.exchange.breaker import Breaker
from hocbaso_app.exchange.client import PortalClient
from hocbaso_app.exchange.dispatcher import Dispatcher
from hocbaso_app.exchange.guard import LineGuard, OwnLine, Purpose
from hocbaso_app.exchange.outbox import BackOff, State
from hocbaso_app.exchange.outbox_sqlite import SqliteOutbox
from hocbaso_app.exchange.pace import Pace

ROUND = timedelta(minutes=5)
"""As often as the scheduler wakes the worker."""


@dataclass
class Site:
    """A sender with the shipped patience, whose clock can be moved."""

    city: PortalWorld
    box: SqliteOutbox
    now: datetime = LATER
    tries: int = 0

    def worker(self, address: str) -> Dispatcher:
        client = self.city.client(5)
        endpoint = replace(client.endpoint, address=address)
        guard = LineGuard(self.line, lambda: self.now, Breaker(), {Purpose.SEND: Pace(300)}, Random(3), self.sleep)
        client = PortalClient(endpoint, guard=guard)
        trust, key = self.city.portal.trust, self.city.world.school
        return Dispatcher(self.box, client, key, trust, lambda: self.now, BackOff(), Random(5), 2)

    def __post_init__(self) -> None:
        self.line = OwnLine()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def rounds(self, worker: Dispatcher, length: timedelta) -> list[datetime]:
        """Rounds over so long; the moments at which something was tried."""
        end, tried = self.now + length, []
        while self.now < end:
            before = self.line.line
            worker.run_once()
            if self.line.line != before:
                tried.append(self.now)
            self.now += ROUND
        return tried


def test_three_days_without_the_portal(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    with portal_world(tmp_path) as city:
        site = Site(city, city.outbox(list(records(5))))
        gone = site.worker(city.address)
    tried = site.rounds(gone, timedelta(days=3))
    rows = site.box.rows()
    assert {row.state for row in rows} == {State.READY}, "no dead letter from a portal that is away"
    assert all(row.message_id is None and "Không kết nối" in (row.error or "") for row in rows)
    assert max(row.attempts for row in rows) <= BackOff().attempts // 2
    assert 36 <= len(tried) <= 3 * 24 * 4 + 10, "seldom enough not to press, often enough to be there when it is back"
    with portal_world(tmp_path) as back:
        back.portal.office.clock = lambda: site.now
        worker = site.worker(back.address)
        site.rounds(worker, BackOff().ceiling + ROUND)
        rows = site.box.rows()
        assert {row.state for row in rows} == {State.ACKNOWLEDGED}, [(r.state, r.error) for r in rows]
        held = back.portal.store.all("SELECT code FROM record")
        messages = back.portal.store.all("SELECT message_id FROM message")
        assert len(held) == 5 and len(messages) == 3, "what went together stays together"
        assert back.portal.store.one("SELECT COUNT(*) AS n FROM outcome") == {"n": 5}


def test_one_worker_tries_first_when_it_is_back(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    with portal_world(tmp_path) as city:
        site = Site(city, city.outbox(list(records(2))))
        gone = site.worker(city.address)
    for _ in range(5):
        site.rounds(gone, ROUND)
        site.now += timedelta(hours=2)
    with portal_world(tmp_path) as back:
        site.now += timedelta(hours=2)
        back.portal.office.clock = lambda: site.now
        first, second = site.worker(back.address), site.worker(back.address)
        first.client.guard.enter(Purpose.SEND)
        assert second.run_once() == 2, "the other one leaves the rows alone"
        assert {row.state for row in site.box.rows()} == {State.READY}
        first.client.guard.answered()
        assert second.run_once() == 0


def test_the_portal_says_when_to_come_back(city: PortalWorld) -> None:
    site = Site(city, city.outbox(list(records(3))))
    worker = site.worker(city.address)
    real, refused = city.app.submit, []
    city.portal.office.clock = lambda: site.now

    def busy(*arguments: object) -> Response:
        refused.append(site.now)
        return Response(status=429, headers={"Retry-After": "3600"})

    city.app.submit = busy  # type: ignore[method-assign]
    for _ in range(11):
        worker.run_once()
        site.now += ROUND
    city.app.submit = real  # type: ignore[method-assign]
    assert len(refused) == 1, "asked once in the hour"
    assert {row.state for row in site.box.rows()} == {State.READY}
    site.rounds(worker, 2 * ROUND)
    assert {row.state for row in site.box.rows()} == {State.ACKNOWLEDGED}

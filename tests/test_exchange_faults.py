"""Whatever fails wherever: in the end every record is received exactly once and its receipt is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from portal_world import PortalWorld, portal_world, records
from signing_world import LATER

from hocbaso_app.exchange import receipts
from hocbaso_app.exchange.errors import UnreachableError
from hocbaso_app.exchange.outbox import MOVES, OPEN, BackOff, MoveError, State
from hocbaso_app.exchange.outbox_sqlite import SqliteOutbox
from hocbaso_app.exchange.sandbox.faults import Fault


def received_exactly_once(city: PortalWorld, box: SqliteOutbox, count: int) -> None:
    rows = box.rows()
    assert {row.state for row in rows} == {State.ACKNOWLEDGED}, [(r.state, r.error) for r in rows]
    held = city.portal.store.all("SELECT code, sha256, number FROM record ORDER BY number")
    assert len(held) == len(rows) == count
    assert {row["sha256"] for row in held} == {row.key.rpartition(":")[2] for row in rows}
    for row in rows:
        assert row.receipt is not None
        receipt = receipts.read(row.receipt, city.portal.trust, at=LATER)
        assert receipt.record_code == row.record_code
        assert receipt.link == row.link and row.record_code in receipt.link


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("fault", list(Fault), ids=lambda f: f.value)
def test_each_fault_ends_well(city: PortalWorld, fault: Fault, times: int) -> None:
    box = city.outbox(list(records(5)))
    city.app.faults.switch(fault, times)
    assert city.dispatcher(box).drain(60) == 0
    received_exactly_once(city, box, 5)


def test_all_faults_together(city: PortalWorld) -> None:
    box = city.outbox(list(records(5)))
    for fault in Fault:
        city.app.faults.switch(fault, 2)
    assert city.dispatcher(box, size=1).drain(60) == 0
    received_exactly_once(city, box, 5)


def test_a_refused_package_waits_for_a_person_and_then_arrives(city: PortalWorld) -> None:
    box = city.outbox(list(records(3)))
    folder = city.portal.office.folder
    city.portal.office.trust = city.world.write_trust(replace(city.world.registry(), schools=()), folder)
    worker = city.dispatcher(box, size=3)
    assert worker.drain(20) == 3, "ends at once: only a person can go on"
    assert [row.state for row in box.rows()] == [State.NEEDS_ATTENTION] * 3
    assert all(row.message_id is None and (row.error or "").startswith("22: ") for row in box.rows())
    city.portal.office.trust = city.world.write_trust(folder=folder)
    assert [box.resume(row.key) for row in box.rows()] == [State.READY] * 3
    assert worker.drain(20) == 0
    received_exactly_once(city, box, 3)


def test_a_closed_portal_is_tried_again_for_as_long_as_it_is_closed(city: PortalWorld) -> None:
    box = city.outbox(list(records(2)))
    city.app.faults.switch(Fault.REFUSE, -1)
    worker = city.dispatcher(box)
    worker.back_off = BackOff(timedelta(0), timedelta(0), 3)
    for _ in range(8):
        worker.run_once()
    assert {(row.state, row.message_id) for row in box.rows()} == {(State.READY, None)}, "nothing for a person to do"
    city.app.faults.switch(Fault.REFUSE, 0)
    assert worker.drain(20) == 0
    received_exactly_once(city, box, 2)


def test_questions_without_an_answer_wait_and_nothing_is_sent_again(city: PortalWorld) -> None:
    box = city.outbox(list(records(2)))
    city.app.faults.switch(Fault.LOST_QUERY, -1)
    worker = city.dispatcher(box)
    worker.back_off = BackOff(timedelta(0), timedelta(0), 3)
    for _ in range(8):
        worker.run_once()
    (message_id,) = {row.message_id for row in box.rows()}
    assert message_id and {row.state for row in box.rows()} == {State.SENT}
    city.app.faults.switch(Fault.LOST_QUERY, 0)
    assert worker.drain(20) == 0
    received_exactly_once(city, box, 2)
    assert [m["message_id"] for m in city.portal.store.all("SELECT message_id FROM message")] == [message_id]


def test_answers_that_are_none_call_a_person_and_nothing_is_sent_again(
    city: PortalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = city.outbox(list(records(2)))
    worker = city.dispatcher(box)
    worker.back_off = BackOff(timedelta(0), timedelta(0), 3)
    real = city.app.portal.query_submission
    monkeypatch.setattr(city.app.portal, "query_submission", lambda *_: {"MessageId": "khac", "Error": "00"})
    assert worker.drain(20) == 2, "ends: only a person can go on"
    (message_id,) = {row.message_id for row in box.rows()}
    assert message_id and {row.state for row in box.rows()} == {State.NEEDS_ATTENTION}
    for row in box.rows():
        with pytest.raises(MoveError):
            box.move(row.key, State.READY)
    monkeypatch.setattr(city.app.portal, "query_submission", real)
    assert {box.resume(row.key) for row in box.rows()} == {State.UNCERTAIN}
    assert worker.drain(20) == 0
    received_exactly_once(city, box, 2)
    assert [m["message_id"] for m in city.portal.store.all("SELECT message_id FROM message")] == [message_id]


def test_a_full_disk_at_the_portal_leaves_nothing_half_stored(city: PortalWorld) -> None:
    """SQLite itself says so, at whatever statement the disk is full."""
    box = city.outbox(list(records(5)))
    store = city.portal.store
    full = store.all("PRAGMA page_count")[0]["page_count"]
    worker = city.dispatcher(box, size=1)
    for room in (0, 1, 8, 30):
        store.all(f"PRAGMA max_page_count = {full + room}")
        worker.run_once()
        held = {row["code"] for row in store.all("SELECT code FROM record")}
        answered = {row.record_code for row in box.rows((State.ACKNOWLEDGED,))}
        assert answered <= held, "no receipt without a stored record"
    assert box.rows(OPEN), "the disk was full before all five were stored"
    store.all("PRAGMA max_page_count = 1000000")
    assert worker.drain(60) == 0
    received_exactly_once(city, box, 5)


def test_a_late_worker_changes_nothing(city: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its claim is over while it packs; another one asks, claims again and sends; then its own request fails."""
    box = city.outbox(list(records(2)))
    late, quick = city.dispatcher(box), city.dispatcher(box)

    def overtaken(*_: object) -> None:
        quick._expire_claims()
        (message_id,) = quick._messages((State.UNCERTAIN,))
        quick._query(message_id)
        assert {row.state for row in box.rows()} == {State.READY}
        assert quick._send_due()
        raise UnreachableError("UNREACHABLE", "", "late")

    monkeypatch.setattr(late.client, "submit", overtaken)
    late._send_due()
    assert {row.state for row in box.rows()} == {State.SENT}, "not back in Ready, where it would be sent again"
    assert quick.drain(20) == 0
    received_exactly_once(city, box, 2)
    assert len(city.portal.store.all("SELECT * FROM message")) == 1


class Killed(BaseException):
    """The process dies here."""


STEPS = ["claim", "submit-before", "submit-after", "move-sent", "query-before", "query-after", "move-acknowledged"]


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_between_any_two_steps(city: PortalWorld, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    box = city.outbox(list(records(3)))
    worker = city.dispatcher(box, size=3)

    def die_after(target: object, name: str, *, before: bool, when: object = None) -> None:
        original = getattr(target, name)

        def dying(*arguments: object, **named: object) -> object:
            if when is not None and when not in arguments:
                return original(*arguments, **named)
            if not before:
                original(*arguments, **named)
            raise Killed

        monkeypatch.setattr(target, name, dying)

    {
        "claim": lambda: die_after(box, "claim", before=False),
        "submit-before": lambda: die_after(worker.client, "submit", before=True),
        "submit-after": lambda: die_after(worker.client, "submit", before=False),
        "move-sent": lambda: die_after(box, "move", before=False, when=State.SENT),
        "query-before": lambda: die_after(worker.client, "query_submission", before=True),
        "query-after": lambda: die_after(worker.client, "query_submission", before=False),
        "move-acknowledged": lambda: die_after(box, "move", before=False, when=State.ACKNOWLEDGED),
    }[step]()
    with pytest.raises(Killed):
        worker.run_once()
    monkeypatch.undo()
    again = SqliteOutbox(city.folder / "outbox.sqlite")
    assert city.dispatcher(again, size=3).drain(30) == 0
    received_exactly_once(city, again, 3)


@pytest.mark.requirement("Y093")
def test_answers_give_the_right_state_and_nothing_is_sent_twice(city: PortalWorld) -> None:
    """200, time-out, duplicate, refused: right state each time."""
    first, second, third, fourth = records(4)
    box = city.outbox([first])
    worker = city.dispatcher(box, size=1)
    worker.run_once()
    assert [r.state for r in box.rows()] == [State.ACKNOWLEDGED]

    timed = city.outbox([second], "timed")
    city.app.faults.switch(Fault.TIMEOUT_AFTER_STORE, 1)
    slow = city.dispatcher(timed, size=1)
    slow._send_due()
    assert [r.state for r in timed.rows()] == [State.UNCERTAIN]
    sent_before = city.portal.store.all("SELECT message_id FROM message")
    assert slow.drain(20) == 0
    assert [r.state for r in timed.rows()] == [State.ACKNOWLEDGED]
    assert city.portal.store.all("SELECT message_id FROM message") == sent_before

    twin = city.outbox([first], "restored-backup")
    assert city.dispatcher(twin, size=1).drain(20) == 0
    assert twin.rows()[0].receipt == box.rows()[0].receipt

    refused = city.outbox([fourth.with_slot("ky-phat-hanh", third.slot("ky-phat-hanh"))], "refused")
    assert city.dispatcher(refused, size=1).drain(20) == 0
    assert refused.rows()[0].state is State.REJECTED
    assert "HASH_FAILURE" in (refused.rows()[0].error or "")
    assert len(city.portal.store.all("SELECT 1 FROM record")) == 2


def test_city_away_for_days_then_everything_arrives_once(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    with portal_world(tmp_path) as city:
        box = city.outbox(list(records(3)))
        away = city.client()
    worker = city.dispatcher(box, away)
    for _ in range(5):
        worker.run_once()
    assert {row.state for row in box.rows()} <= OPEN - {State.SENT}
    assert any("refused" in (row.error or "") for row in box.rows())
    with portal_world(tmp_path) as back:
        assert back.dispatcher(box).drain(5) == 0, [(r.state, r.error) for r in box.rows()]
        received_exactly_once(back, box, 3)


def test_two_workers_on_one_outbox(city: PortalWorld) -> None:
    from threading import Thread

    box = city.outbox(list(records(5)))
    workers = [city.dispatcher(SqliteOutbox(city.folder / "outbox.sqlite"), size=1) for _ in range(2)]
    for worker in workers:
        worker.claim_time = timedelta(minutes=10)
    threads = [Thread(target=w.drain, args=(20,)) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    received_exactly_once(city, box, 5)


def test_the_state_machine_never_sends_from_uncertain() -> None:
    """From Uncertain the way to Claimed leads only through Ready, which needs the authority's word."""
    assert State.CLAIMED not in MOVES[State.UNCERTAIN]
    assert not MOVES[State.ACKNOWLEDGED] and not MOVES[State.REJECTED]
    path = [State.READY, State.CLAIMED, State.SENT, State.ACKNOWLEDGED]
    assert all(b in MOVES[a] for a, b in pairwise(path))

"""Several workers on one outbox with real commits, against the real sandbox of the portal over HTTP."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Event
from typing import Any
from unittest.mock import patch

import frappe

from hocbaso_app.exchange.errors import PausedError, UnreachableError
from hocbaso_app.exchange.guard import Purpose
from hocbaso_app.services import convert, outbox, portal_guard, submit
from hocbaso_app.tests.authority import in_worker
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.portal import no_jobs, open_city
from hocbaso_app.tests.world import Play, state


class TestWorkers(CommittedTestCase):
    """Three released records."""

    play: Play

    @classmethod
    def make_world(cls) -> None:
        cls.addClassCleanup(_settings_as_before, frappe.get_single("HBS Settings").as_dict())
        with no_jobs():
            cls.play = Play(pupils=3, grade=4)
            cls.names = cls.play.until("released")

    def setUp(self) -> None:
        values = {"state": "Queued", "message_id": None, "claimed_until": None, "next_attempt_at": None}
        for name in frappe.get_all("HBS Submission", pluck="name", order_by="name"):
            frappe.db.set_value("HBS Submission", name, values)
        frappe.db.commit()
        self.site = frappe.local.site

    def outbox(self) -> outbox.SiteOutbox:
        """As every worker opens it."""
        return outbox.SiteOutbox(self.play.world.unit, self.play.school.school_year)

    def test_what_one_worker_holds_the_other_skips(self) -> None:
        held, over = Event(), Event()

        def hold() -> None:
            frappe.db.sql("select name from `tabHBS Submission` order by name limit 1 for update")
            held.set()
            over.wait(20)

        worker = in_worker(hold)
        try:
            self.assertTrue(held.wait(20))
            now = convert.now()
            rows = self.outbox().claim(now, now + timedelta(minutes=10), "m", 10)
        finally:
            over.set()
            worker.join()
        names = frappe.get_all("HBS Submission", {"state": "Claimed"}, pluck="record", order_by="name")
        self.assertEqual((len(rows), names), (2, self.names[1:]))
        self.assertTrue(all(row.data for row in rows))

    def test_two_workers_at_once_deliver_each_record_once(self) -> None:
        with no_jobs(), open_city(self.play) as city, patch.object(submit, "PACKAGE_SIZE", 1):
            frappe.db.commit()
            for worker in [in_worker(_send) for _ in range(2)]:
                worker.join()
            frappe.db.rollback()
            _send()
            self.assertEqual((len(city.held()), city.outcomes()), (3, 3))
        self.assertEqual([state(name) for name in self.names], ["Accepted"] * 3)
        numbers = frappe.get_all("HBS Submission", pluck="receipt_number", order_by="name")
        self.assertEqual(len({n for n in numbers if n}), 3)

    def test_a_portal_that_may_be_back_is_tried_by_one_worker_only(self) -> None:
        address = "http://127.0.0.1:9/thu"
        guard = portal_guard.SiteGuard(self.play.world.unit, address)
        for _ in range(guard.breaker.threshold):
            guard.failed(UnreachableError("UNREACHABLE", "Không kết nối được.", "down"))
        with self.assertRaises(PausedError):
            guard.enter(Purpose.ASK)
        later, passed, refused = convert.now() + timedelta(hours=1), [], []
        start = Barrier(3)

        def step() -> None:
            own = portal_guard.SiteGuard(self.play.world.unit, address)
            own.clock = lambda: later
            start.wait(20)
            try:
                own.enter(Purpose.ASK)
                passed.append(own)
            except PausedError:
                refused.append(own)

        for worker in [in_worker(step) for _ in range(3)]:
            worker.join()
        self.assertEqual((len(passed), len(refused)), (1, 2))


def _send() -> None:
    submit.send_all()


def _settings_as_before(values: Any) -> None:
    for name in ("connector_enabled", "portal_address", "address_notice", "address_from", "address_before"):
        frappe.db.set_single_value("HBS Settings", name, values.get(name))
    frappe.db.commit()

"""The city database is away for days on a school's site: the clock is moved, portal and network are real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

import frappe

from hocbaso_app.exchange.outbox import BackOff
from hocbaso_app.services import alarm, attention, connector, convert, prints, submit
from hocbaso_app.setup import roles
from hocbaso_app.tests.portal import work
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_exchange_site import ExchangeCase, rows
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import acting_as

NOBODY = "http://127.0.0.1:9"
"""An address where nothing listens: the network is cut."""


class DownCase(ExchangeCase):
    """The shipped patience, a clock that can be moved, a portal that can go and come back."""

    def setUp(self) -> None:
        super().setUp()
        self.unit = self.play.world.unit
        self.moved = timedelta(0)
        self.real_now, real_naive = convert.now, frappe.utils.now_datetime
        for target, name, clock in (
            (convert, "now", lambda: self.real_now() + self.moved),
            (alarm, "now_datetime", lambda: real_naive() + self.moved),
            (submit, "BACK_OFF", BackOff()),
        ):
            patcher = patch.object(target, name, clock)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.address = frappe.db.get_single_value("HBS Settings", "portal_address")
        self.city.portal.office.clock = lambda: datetime.now(timezone.utc) + self.moved

    @contextmanager
    def cut(self) -> Iterator[None]:
        """No way to the portal meanwhile."""
        frappe.db.set_single_value("HBS Settings", "portal_address", NOBODY)
        yield
        frappe.db.set_single_value("HBS Settings", "portal_address", self.address)

    def pass_time(self, length: timedelta, step: timedelta) -> None:
        """The scheduler wakes the worker so often."""
        end = self.moved + length
        while self.moved < end:
            self.moved += step
            work()

    def told(self, user: str) -> list[str]:
        """Alarms about the school."""
        where = {"for_user": user, "document_type": "HBS Unit", "document_name": self.unit}
        return frappe.get_all("Notification Log", where, pluck="subject", order_by="creation")


class TestNetworkCut(DownCase):
    """A whole class."""

    PUPILS = 35

    @requirement("Y042")
    def test_35_records_wait_raise_the_alarm_and_go_out_once(self) -> None:
        officer = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        with self.cut():
            work()
            self.assertEqual([r.state for r in rows()], ["Queued"] * 35)
            self.assertEqual(alarm.warn(), 0, "not yet")
            self.pass_time(timedelta(hours=25), timedelta(hours=5))
            self.assertEqual(alarm.warn(), 35)
            for user in (self.play.principal, self.play.clerk):
                (text,) = self.told(user)
                self.assertIn("35 học bạ", text)
            self.assertEqual(self.told(officer), [])
            with acting_as(self.play.clerk):
                self.assertEqual(alarm.card(self.play.clerk)["value"], 35)
            self.pass_time(timedelta(hours=24), timedelta(hours=8))
            alarm.warn()
            (above,) = self.told(officer)
            self.assertIn(self.play.school.name, above)
            self.assertEqual({r.state for r in rows()}, {"Queued"})
        self.pass_time(timedelta(hours=3), timedelta(minutes=30))
        self.assertEqual(self.states(), ["Accepted"] * 35)
        self.assertEqual((len(self.city.held()), self.city.outcomes()), (35, 35))
        self.assertEqual(alarm.overdue(24), {})


class TestDaysDown(DownCase):
    """Three days."""

    STAGE = "draft"

    @requirement("Y024")
    def test_three_days_down_the_school_works_on_and_the_queue_empties(self) -> None:
        play = self.play
        with self.cut():
            for step in (
                *(play.enter, play.confirm_and_initialise, play.see, play.sign_subjects, play.sign_homeroom),
                *(play.sign_manager, play.release, work),
            ):
                step()
            self.assertEqual(self.states(), ["Released", "Released"])
            for name in self.names:
                with acting_as(play.homeroom):
                    printed = prints.pdf(prints.printable(name))
                self.assertTrue(printed.data.startswith(b"%PDF"))
            self.pass_time(timedelta(days=3), timedelta(hours=6))
            waiting = rows("attempts", "error", "message_id", "responsible")
            self.assertEqual([r.state for r in waiting], ["Queued"] * 2, "no dead letter from a portal that is away")
            self.assertEqual({(r.message_id, r.responsible) for r in waiting}, {(None, None)})
            self.assertEqual(attention.watch(), 0)
            (line,) = frappe.get_all("HBS Portal Line", {"address": NOBODY}, pluck="state")
            self.assertEqual(line, "Left Alone")
            frappe.cache.delete_keys("")  # Redis forgets; the queue and the line do not live there
            self.assertIn("không trả lời", " ".join(alarm.why(self.unit)))
            self.assertTrue(frappe.db.get_value(connector.ACCOUNT, self.unit, "last_error"))
        self.pass_time(timedelta(hours=3), timedelta(minutes=30))
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        self.assertEqual(self.city.outcomes(), 2)


class TestPressing(DownCase):
    """How hard a portal that is away is pressed."""

    def test_the_line_is_left_alone_and_found_out_when_it_is_back(self) -> None:
        with self.cut():
            self.pass_time(timedelta(hours=6), timedelta(minutes=10))
            tried = frappe.db.count("HBS Exchange Log", {"url": ("like", f"{NOBODY}%")})
            self.assertLess(tried, 6 * 4 + 6, "at most every quarter of an hour, beside the first ones")
            self.assertGreater(tried, 4)
        self.pass_time(timedelta(hours=3), timedelta(minutes=30))
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        self.assertEqual(self.city.outcomes(), 2)

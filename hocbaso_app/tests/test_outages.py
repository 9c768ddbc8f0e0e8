"""Declared outages: last days move, records wait without an attempt counted, everybody is told the reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar
from unittest import TestCase
from unittest.mock import patch

import frappe

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.jobs import desk
from hocbaso_app.services import alarm, outages, schedule, submit
from hocbaso_app.setup import roles
from hocbaso_app.tests.portal import work
from hocbaso_app.tests.test_exchange_site import ExchangeCase, rows
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import acting_as

REASON = "Nâng cấp máy chủ"


class TestDays(TestCase):
    """Which days are given back."""

    DUE: ClassVar[date] = date(2026, 6, 15)
    BEGINS: ClassVar[date] = date(2026, 6, 8)

    def moved(self, *closed: int) -> date:
        """The last day with these days of June closed."""
        return outages.extended(self.DUE, self.BEGINS, [date(2026, 6, day) for day in closed]).due

    def test_days_inside_the_stage_count_others_do_not(self) -> None:
        self.assertEqual(self.moved(), self.DUE)
        self.assertEqual(self.moved(1, 7), self.DUE)
        self.assertEqual(self.moved(16, 20), self.DUE)
        self.assertEqual(self.moved(8, 15), date(2026, 6, 17))

    def test_a_day_closed_after_the_old_last_day_counts_once_the_new_one_reaches_it(self) -> None:
        self.assertEqual(self.moved(15, 16), date(2026, 6, 17))
        self.assertEqual(self.moved(14, 15, 16, 17, 18), date(2026, 6, 20))
        self.assertEqual(self.moved(15, 17), date(2026, 6, 16))

    def test_the_same_day_twice_counts_once(self) -> None:
        self.assertEqual(self.moved(10, 10, 10), date(2026, 6, 16))

    def test_days_a_span_touches(self) -> None:
        days = outages.days_of("2026-06-10 22:00:00", "2026-06-12 00:00:00")
        self.assertEqual(days, [date(2026, 6, 10), date(2026, 6, 11)])
        self.assertEqual(outages.days_of("2026-06-10 08:00:00", "2026-06-10 09:00:00"), [date(2026, 6, 10)])


class TestOutage(ExchangeCase):
    """Released records, and a department that closes its portal."""

    def setUp(self) -> None:
        super().setUp()
        self.unit = self.play.world.unit
        self.year = frappe.db.get_value("HBS Record", self.names[0], "academic_year")
        self.officer = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        self.principal = self.play.principal
        frappe.db.delete("HBS Schedule", {"academic_year": self.year})
        self.due = frappe.utils.getdate() + timedelta(days=1)
        stages = [{"stage": "Sealing", "due_date": self.due - timedelta(days=7)}]
        stages.append({"stage": "Submission", "due_date": self.due})
        plan = {"doctype": "HBS Schedule", "unit": "31", "academic_year": self.year, "decision_number": "1/KH"}
        frappe.get_doc({**plan, "stages": stages}).insert(ignore_permissions=True)
        schedule.forget()
        self.addCleanup(schedule.forget)

    def declare(self, **changes: Any) -> Any:
        """From an hour ago until tomorrow afternoon, which touches two days (in the first hour of a day three)."""
        now = frappe.utils.now_datetime()
        span = {"from_at": now - timedelta(hours=1), "to_at": now + timedelta(days=1)}
        values = {"doctype": outages.DOCTYPE, "unit": "31", "reason": REASON, "notice_number": "9/TB-SGDĐT"}
        with acting_as(self.officer):
            return frappe.get_doc({**values, **span, **changes}).insert()

    def run_jobs(self, doc: Any) -> None:
        """What the hook puts into the queue."""
        asked: list[tuple[str, dict[str, Any]]] = []

        def enqueue(path: str, queue: str, enqueue_after_commit: bool, **facts: Any) -> None:
            asked.append((path, facts))

        with patch.object(frappe, "enqueue", enqueue):
            desk.after_outage_change(doc)
        for path, facts in asked:
            frappe.get_attr(path)(**facts)

    def test_records_wait_last_day_moves_and_everybody_knows_why(self) -> None:
        doc = self.declare()
        days = len(outages.days_of(doc.from_at, doc.to_at))
        self.run_jobs(doc)
        self.assertEqual(schedule.due(self.unit, self.year, "Submission"), self.due + timedelta(days=days))
        self.assertEqual(schedule.due(self.unit, self.year, "Sealing"), self.due - timedelta(days=7))
        sentence = frappe.db.get_value("HBS Record", self.names[0], "state_sentence")
        self.assertIn(f"lùi {days} ngày do cổng báo ngừng", sentence)
        for _ in range(3):
            work()
        self.assertEqual(
            [(r.state, r.attempts, r.next_attempt_at) for r in rows("attempts", "next_attempt_at")],
            [("Queued", 0, None)] * 2,
        )
        self.assertEqual(frappe.db.count("HBS Exchange Log"), 0, "not even asked")
        told = {"document_type": outages.DOCTYPE, "document_name": doc.name}
        users = frappe.get_all("Notification Log", told, pluck="for_user", order_by="name")
        self.assertEqual(set(users), {self.principal, self.play.clerk})
        with acting_as(self.play.clerk):
            self.assertIn("Cổng báo ngừng đến", submit.receipt(self.names[0])["held_up"])
        late = frappe.utils.now_datetime() + timedelta(hours=25)
        with patch.object(alarm, "now_datetime", lambda: late):
            self.assertEqual(alarm.warn(), 2)
        (said,) = frappe.get_all(
            "Notification Log", {"document_name": self.unit, "for_user": self.principal}, pluck="subject"
        )
        self.assertIn("Cổng báo ngừng đến", said)
        doc.reload()
        with acting_as(self.officer):
            doc.update({"withdrawn": 1, "withdrawn_reason": "Xong sớm"})
            doc.save()
        work()
        self.assertEqual((self.states(), self.city.outcomes()), (["Accepted", "Accepted"], 2))
        self.assertEqual(schedule.due(self.unit, self.year, "Submission"), self.due)

    def test_all_work_moves_every_stage_and_another_units_outage_none(self) -> None:
        at = frappe.utils.get_datetime(self.due - timedelta(days=7)) + timedelta(hours=8)
        self.declare(stops=outages.ALL_WORK, from_at=at, to_at=at + timedelta(hours=2))
        self.assertEqual(schedule.due(self.unit, self.year, "Sealing"), self.due - timedelta(days=6))
        self.assertEqual(schedule.due(self.unit, self.year, "Submission"), self.due)
        office = {"doctype": "HBS Unit", "code": "31-XX", "unit_name": "Phòng khác", "kind": "Office"}
        frappe.get_doc({**office, "parent_hbs_unit": "31", "valid_from": "2020-01-01"}).insert(ignore_permissions=True)
        schedule.forget()
        self.declare(unit="31-XX")
        self.assertIsNone(outages.current(self.unit))
        self.assertEqual(schedule.due(self.unit, self.year, "Submission"), self.due)

    def test_who_may_declare_and_what_stays(self) -> None:
        now = frappe.utils.now_datetime()
        with self.assertRaises(HbsError):
            self.declare(to_at=now - timedelta(days=1))
        office = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        values = {"doctype": outages.DOCTYPE, "reason": REASON, "from_at": now, "to_at": now + timedelta(hours=1)}
        for person, unit in ((office, "31"), (self.principal, self.unit), (office, self.unit)):
            with acting_as(person), self.assertRaises((HbsError, NotYoursError, frappe.PermissionError)):
                frappe.get_doc({**values, "unit": unit}).insert()
        past = self.declare(from_at=now - timedelta(days=3), to_at=now - timedelta(days=2))
        with acting_as(self.officer), self.assertRaises(EvidenceError):
            past.to_at = now
            past.save()
        with self.assertRaises(EvidenceError):
            frappe.delete_doc(outages.DOCTYPE, past.name, force=True, ignore_permissions=True)

    def test_pushed_down_it_is_taken_once_and_changed_only_from_there(self) -> None:
        self.declare()
        sent = outages.to_send(self.unit)
        self.assertEqual((len(sent), sent[0]["reason"]), (1, REASON))
        self.assertEqual(outages.receive(sent, "31"), 0, "school and authority on one site: it is there already")
        frappe.db.delete(outages.DOCTYPE)
        self.assertEqual(outages.receive(sent, "31"), 1)
        self.assertEqual(outages.receive(sent, "31"), 0)
        self.assertEqual(outages.to_send(self.unit), sent)
        self.assertIsNotNone(outages.current(self.unit))
        (name,) = frappe.get_all(outages.DOCTYPE, pluck="name")
        with acting_as(self.officer), self.assertRaises(EvidenceError):
            doc = frappe.get_doc(outages.DOCTYPE, name)
            doc.reason = "khác"
            doc.save()
        shorter = [{**sent[0], "withdrawn": True, "withdrawn_reason": "Xong sớm"}]
        self.assertEqual(outages.receive(shorter, "31"), 1)
        self.assertIsNone(outages.current(self.unit))
        with self.assertRaises(HbsError):
            outages.receive(sent, "không có")

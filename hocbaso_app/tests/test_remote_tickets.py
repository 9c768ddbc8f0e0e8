"""Unlock tickets between two sites: asked at the school, decided where the window was set; over real HTTP."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import frappe
from frappe.utils import add_days, get_datetime, now_datetime

from hocbaso_app.exceptions import LockedError, NotYoursError
from hocbaso_app.services.locks import remote, tickets, windows
from hocbaso_app.tests.authority import Authority, running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.portal import no_jobs
from hocbaso_app.tests.world import Play, acting_as


class TestRemoteTickets(CommittedTestCase):
    """The department's window came from its own site; this site plays both."""

    play: Play
    city: Authority
    record: str

    @classmethod
    def make_world(cls) -> None:
        with no_jobs():
            cls.play = Play(pupils=2, grade=4)
            cls.record = cls.play.until("entered")[0]
        frappe.db.commit()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.city = stack.enter_context(running_authority(cls.play))
        row = {"name": "HBS-KH-2026-00007", "unit": "31", "academic_year": cls.play.school.school_year}
        row |= {"kind": "Closed period", "from_time": str(add_days(now_datetime(), -1)), "reason": "Sở kiểm tra"}
        windows.receive([{**row, "set_by_name": "Chuyên viên", "status": windows.IN_FORCE}], "31")
        frappe.db.commit()

    def setUp(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.delete(tickets.DOCTYPE)
        frappe.db.commit()

    def asked(self) -> tuple[Any, Any]:
        """The school's ticket and its copy at the authority."""
        with acting_as(self.play.homeroom):
            values = {"student_group": self.play.group, "part": "Year-end", "hours": 5, "reason": "Ghi nhầm"}
            doc = frappe.get_doc({"doctype": tickets.DOCTYPE, **values, "records": [{"record": self.record}]}).insert()
        frappe.db.commit()
        self.assertEqual(remote.send_up(), 0)
        self.assertEqual(remote.send_up(), 0)
        frappe.db.rollback()
        (name,) = frappe.get_all(tickets.DOCTYPE, {"source_name": doc.name}, pluck="name", order_by="name")
        doc.reload()
        self.assertEqual(doc.sent_up, 1)
        return doc, frappe.get_doc(tickets.DOCTYPE, name)

    def enters(self, text: str) -> None:
        """The homeroom teacher."""
        with acting_as(self.play.homeroom):
            record = frappe.get_doc("HBS Record", self.record)
            record.homeroom_remark = text
            record.save()

    def test_granted_there_it_opens_here_for_its_hours(self) -> None:
        doc, copy = self.asked()
        self.assertEqual((copy.status, copy.unit, copy.hours), ("Requested", self.play.world.unit, 5))
        self.assertEqual(copy.records[0].full_name, doc.records[0].full_name)
        self.assertIn("Sở kiểm tra", copy.locked_by)
        with acting_as(self.play.principal), self.assertRaises(NotYoursError):
            tickets.grant(copy.name)
        with acting_as(self.city.officer):
            tickets.grant(copy.name, 3, "Được sửa nhận xét")
        frappe.db.commit()
        with self.assertRaises(LockedError):
            self.enters("Bản sao ở Sở không mở gì")
        frappe.db.rollback()
        self.assertEqual(remote.send_up(), 1)
        doc.reload()
        copy.reload()
        self.assertEqual((doc.status, doc.granted_level, doc.hours), ("Granted", "Department", 3))
        self.assertEqual(get_datetime(doc.closes_at), get_datetime(copy.closes_at))
        self.enters("Em đã sửa theo phiếu của Sở.")
        frappe.db.commit()
        with acting_as(self.city.officer):
            tickets.close(copy.name)
        frappe.db.commit()
        self.assertEqual(remote.send_up(), 1)
        with self.assertRaises(LockedError):
            self.enters("Sở đã đóng phiếu.")
        frappe.db.rollback()

    def test_refused_there_it_stays_closed_here(self) -> None:
        doc, copy = self.asked()
        with acting_as(self.city.officer):
            tickets.refuse(copy.name, "Chờ kiểm tra xong")
        frappe.db.commit()
        self.assertEqual(remote.send_up(), 1)
        doc.reload()
        self.assertEqual((doc.status, doc.decision_note), ("Refused", "Chờ kiểm tra xong"))
        with self.assertRaises(LockedError):
            self.enters("Vẫn khóa")
        frappe.db.rollback()

    def test_what_a_school_locked_itself_is_not_asked_elsewhere(self) -> None:
        frappe.db.set_value(windows.DOCTYPE, {"source_unit": "31"}, "status", windows.ENDED)
        try:
            with acting_as(self.play.principal):
                values = {"unit": self.play.world.unit, "academic_year": self.play.school.school_year}
                own = {"kind": "Closed period", "from_time": add_days(now_datetime(), -1), "reason": "Trường khóa"}
                frappe.get_doc({"doctype": windows.DOCTYPE, **values, **own}).insert()
            with acting_as(self.play.homeroom):
                asked = {"student_group": self.play.group, "hours": 2, "reason": "Ghi nhầm"}
                frappe.get_doc({"doctype": tickets.DOCTYPE, **asked}).insert()
            self.assertEqual(remote._waiting(), [])
        finally:
            frappe.db.rollback()

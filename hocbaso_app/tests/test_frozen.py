"""Frozen reports: taken when a window closes, the same for ever, sent up, with the records behind each number."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.services import initialise
from hocbaso_app.services.frozen import figures, making, sending, showing
from hocbaso_app.setup import roles
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.two_sides import DEPARTMENT, Sides
from hocbaso_app.tests.world import Play, acting_as

DOCTYPE = making.DOCTYPE


class TestFrozen(FrappeTestCase):
    """One class that is released, one that is being entered."""

    play: ClassVar[Play]
    other: ClassVar[Play]
    officer: ClassVar[str]
    department: ClassVar[str]
    released: ClassVar[list[str]]
    unit: str
    year: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play, cls.other = Play(pupils=2, grade=1), Play(pupils=3, grade=2)
        cls.other.world.pins |= cls.play.world.pins
        cls.released = cls.play.until("released")
        cls.other.until("entered")
        other_school()
        cls.officer = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        cls.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, DEPARTMENT)

    def setUp(self) -> None:
        frappe.db.savepoint("one_test")
        frappe.local.hbs_scopes = {}
        self.unit, self.year = self.play.world.unit, self.play.school.school_year

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="one_test")
        frappe.local.hbs_scopes = {}
        frappe.clear_document_cache("HBS Receiving Settings", "HBS Receiving Settings")

    def kept(self, name: str) -> dict[str, Any]:
        """The figures as they are stored."""
        return dict(json.loads(frappe.db.get_value(DOCTYPE, name, "figures")))

    def window(self, **values: Any) -> str:
        """Of the department, closing a minute ago."""
        own = {"unit": DEPARTMENT, "kind": "Closed period", "academic_year": self.year, "reason": "Tổng kết năm học"}
        own |= {"from_time": add_to_date(now_datetime(), minutes=-1), "notice_number": "12/TB-SGDĐT"}
        with acting_as(self.department):
            return str(frappe.get_doc({"doctype": "HBS Lock Window", **own, **values}).insert().name)

    @requirement("Y079")
    def test_report_of_a_window_is_unchanged_after_later_edits(self) -> None:
        window = self.window()
        self.assertEqual(sending.make_and_send_due(), 2)
        self.assertEqual(sending.make_and_send_due(), 0)
        name = frappe.db.get_value(DOCTYPE, {"window": window, "unit": self.unit})
        before = frappe.db.get_value(DOCTYPE, name, ["figures", "sha256", "title"])
        kept = self.kept(name)
        self.assertEqual(kept["total"], {**dict.fromkeys(kept["columns"], 0), "released": 2, "entry": 3})
        self.assertEqual({row["label"]: row["values"] for row in kept["rows"]},
                         {self.play.group: {"released": 2}, self.other.group: {"entry": 3}})  # fmt: skip
        above = frappe.db.get_value(DOCTYPE, {"window": window, "unit": DEPARTMENT})
        self.assertEqual((self.kept(above)["total"]["released"], self.kept(above)["total"]["entry"]), (2, 3))
        from hocbaso_app.services.locks import windows

        with acting_as(self.department):
            windows.end(window, "Mở lại để sửa")
        self.other.confirm()
        with acting_as(self.other.clerk):
            initialise.initialise_all(self.other.names())
        again = frappe.db.get_value(DOCTYPE, name, ["figures", "sha256", "title"])
        self.assertEqual(again, before)
        self.assertEqual(sending.make_and_send_due(), 0)
        now = making.freeze(figures.PROGRESS, figures.Asked(self.unit, self.year, now_datetime()))
        self.assertEqual((self.kept(now)["total"]["check"], self.kept(now)["total"]["entry"]), (3, 0))

    def test_a_window_of_one_grade_or_not_closed_yet(self) -> None:
        self.window(from_time=add_to_date(now_datetime(), hours=1))
        ended = self.window()
        frappe.db.set_value(
            "HBS Lock Window", ended, {"status": "Ended", "ended_at": add_to_date(now_datetime(), hours=-1)}
        )
        self.assertEqual(making.make_due(), [])
        self.window(kind="Open period", grade="01", from_time=add_to_date(now_datetime(), days=-3),
                    to_time=add_to_date(now_datetime(), minutes=-2))  # fmt: skip
        own = next(name for name in making.make_due() if frappe.db.get_value(DOCTYPE, name, "unit") == self.unit)
        self.assertEqual([row["label"] for row in self.kept(own)["rows"]], [self.play.group])

    @requirement("Y053")
    def test_a_report_for_a_past_date_gives_the_same_figures_later(self) -> None:
        moment = add_to_date(now_datetime(), seconds=2).replace(microsecond=0)
        frappe.db.set_value("HBS Record Version", {"record": ("in", self.released)}, "released_on", moment)
        asked = figures.Asked(self.unit, self.year, moment)
        first = making.freeze(figures.RELEASED, asked)
        self.assertEqual(self.kept(first)["total"], {"given_out": 2, "receipted": 0})
        self.other.confirm_and_initialise()
        self.other.see()
        self.other.sign_subjects()
        self.other.sign_homeroom()
        self.other.sign_manager()
        self.other.release()
        later = {"record": ("in", self.other.names()), "status": "Released"}
        frappe.db.set_value("HBS Record Version", later, "released_on", add_to_date(moment, seconds=1))
        frappe.db.set_value("HBS Record Version", {"record": self.released[0]}, "status", "Recalled")
        sent = {"receipt_number": "HP-1", "received_at": add_to_date(moment, seconds=5)}
        frappe.db.set_value("HBS Submission", {"record": self.released[0]}, sent)
        again = making.freeze(figures.RELEASED, asked)
        self.assertEqual(frappe.db.get_value(DOCTYPE, again, "sha256"), frappe.db.get_value(DOCTYPE, first, "sha256"))
        now = making.freeze(figures.RELEASED, figures.Asked(self.unit, self.year, add_to_date(moment, seconds=9)))
        self.assertEqual(self.kept(now)["total"], {"given_out": 5, "receipted": 1})

    @requirement("Y095")
    def test_report_from_the_middle_level_built_from_receipts(self) -> None:
        sent = frappe.get_all("HBS Submission", {"unit": self.unit}, pluck="name", order_by="name")
        moment = now_datetime().replace(microsecond=0)
        frappe.db.set_value("HBS Submission", sent[0], {"receipt_number": "HP-1", "received_at": moment})
        with acting_as(self.officer):
            name = making.make("31-HP", figures.RECEPTION, self.year)
            self.assertEqual(self.kept(name)["total"]["received"], 1)
            place = showing.behind(name, 0, "received")
            found = frappe.get_list(place["doctype"], filters=place["filters"], pluck="name", order_by="name")
            self.assertEqual((place["doctype"], found), ("HBS Submission", [sent[0]]))
            self.assertTrue(showing.shown(name)["rows"][0]["linked"]["received"])
            sending.send(name)
            with self.assertRaises(HbsError):
                sending.send(name)
        row = frappe.db.get_value(DOCTYPE, name, ["sent_to", "received_at", "read_at"], as_dict=True)
        self.assertEqual((row.sent_to, row.read_at), (DEPARTMENT, None))
        self.assertTrue(row.received_at)
        self.assertTrue(frappe.db.exists("Notification Log", {"document_name": name, "for_user": self.department}))
        with acting_as(self.officer):
            self.assertFalse(sending.opened(name))
        with acting_as(self.department):
            self.assertTrue(sending.opened(name))
            self.assertFalse(sending.opened(name))
        self.assertEqual(frappe.db.get_value(DOCTYPE, name, "read_by"), "Người Thử")

    def test_every_number_leads_to_its_records(self) -> None:
        with acting_as(self.play.principal):
            name = making.make(self.unit, figures.PROGRESS, self.year)
            report = showing.shown(name)
            for index, row in enumerate(report["rows"]):
                for column, value in row["values"].items():
                    if value:
                        place = showing.behind(name, index, column)
                        found = frappe.get_list(place["doctype"], filters=place["filters"], limit_page_length=0)
                        self.assertEqual(len(found), value)
            self.assertTrue(report["whole"])

    def test_sealed_by_the_unit_and_seen_when_forged(self) -> None:
        Sides(self.play)
        with acting_as(self.play.principal):
            name = making.make(self.unit, figures.PROGRESS, self.year)
            self.assertIn("Hoa Phượng", showing.shown(name)["sealed"])
        frappe.db.sql("update `tabHBS Frozen Report` set figures = replace(figures, '3', '4') where name = %s", name)
        with acting_as(self.play.principal):
            self.assertFalse(showing.shown(name)["whole"])
        digest = hashlib.sha256(frappe.db.get_value(DOCTYPE, name, "figures").encode()).hexdigest()
        frappe.db.sql("update `tabHBS Frozen Report` set sha256 = %s where name = %s", (digest, name))
        with acting_as(self.play.principal):
            report = showing.shown(name)
        self.assertEqual((report["whole"], report["sealed"], report["has_seal"]), (True, None, True))

    def test_who_makes_reports_and_of_which_moment(self) -> None:
        with acting_as(self.play.clerk), self.assertRaises(NotYoursError):
            making.make(self.unit, figures.PROGRESS, self.year)
        with acting_as(self.play.principal):
            for unit in (OTHER, DEPARTMENT):
                with self.assertRaises(frappe.PermissionError):
                    making.make(unit, figures.PROGRESS, self.year)
            with self.assertRaises(HbsError):
                making.make(self.unit, figures.RELEASED, self.year, add_to_date(now_datetime(), days=1))
            with self.assertRaises(HbsError):
                making.make(self.unit, figures.PROGRESS, self.year, add_to_date(now_datetime(), days=-1))
            with self.assertRaises(HbsError):
                making.make(self.unit, "Khác", self.year)
            name = making.make(self.unit, figures.PROGRESS, self.year)
            doc = frappe.get_doc(DOCTYPE, name)
            doc.figures = "{}"
            with self.assertRaises(EvidenceError):
                doc.save(ignore_permissions=True)
            with self.assertRaises(EvidenceError):
                frappe.delete_doc(DOCTYPE, name, force=True, ignore_permissions=True)

    @requirement("Y079")
    def test_report_of_a_school_on_another_site_arrives_once_with_its_seal(self) -> None:
        sides = Sides(self.play)
        pushed = {"source_unit": DEPARTMENT, "source_name": "HBS-KH-2026-00077"}
        frappe.db.set_value("HBS Lock Window", self.window(), pushed)
        self.assertEqual(sending.make_and_send_due(), 1)
        where = {"unit": self.unit, "source": making.HERE}
        own = frappe.db.get_value(DOCTYPE, where, ["name", "sha256", "received_at", "uid"], as_dict=True)
        self.assertIsNone(own.received_at)
        report = sides.report()
        self.assertEqual([row.uid for row in report.frozen], [own.uid])
        for _time in range(2):
            sides.deliver(report)
        (there,) = frappe.get_all(DOCTYPE, {"unit": self.unit}, ["sha256", "source", "sealed_by", "received_at"])
        self.assertEqual((there.sha256, there.source), (own.sha256, making.REPORTED))
        self.assertIn("Hoa Phượng", there.sealed_by)
        self.assertTrue(there.received_at)
        sides.school()
        sending.note_received([own.uid], now_datetime())
        self.assertEqual(sides.report().frozen, ())

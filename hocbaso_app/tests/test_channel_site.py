"""The channel between two sites: bulletins down, reports up, whatever is lost or comes twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, add_to_date, now_datetime, today

from hocbaso_app.exceptions import LockedError
from hocbaso_app.exchange.errors import RefusedError, UncertainError
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.upward import to_json
from hocbaso_app.record.times import read_instant, write_instant
from hocbaso_app.services import holds, locks, outages, schedule, unit_progress
from hocbaso_app.services.channel import book, bulletins, reports, taking
from hocbaso_app.services.channel import round as rounds
from hocbaso_app.services.notices import reading, writing
from hocbaso_app.setup import roles
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.portal import running_city
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.two_sides import DEPARTMENT, Sides
from hocbaso_app.tests.world import Play, acting_as

RECEIPT = "HBS Notice Receipt"


class TestChannel(FrappeTestCase):
    """A school with released and waiting records, and its department elsewhere."""

    play: ClassVar[Play]
    sides: Sides
    officer: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=2, grade=2)
        cls.play.until("entered")
        other_school()
        cls.officer = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, DEPARTMENT)

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        frappe.clear_document_cache("HBS Receiving Settings", "HBS Receiving Settings")
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def setUp(self) -> None:
        frappe.db.savepoint("one_test")
        self.sides = Sides(self.play)
        self.unit, self.year = self.play.world.unit, self.play.school.school_year

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="one_test")
        self.sides.forget()

    def notice(self, **values: Any) -> str:
        """Sent by the department to every school."""
        self.sides.authority()
        text = {"doctype": "HBS Notice", "unit": DEPARTMENT, "title": "Nộp báo cáo", "text": "Trước thứ sáu."}
        with acting_as(self.officer):
            name = frappe.get_doc({**text, "audience": "All schools below", **values}).insert().name
            writing.send(name)
        return str(name)

    def window(self) -> None:
        """Closed by the department since yesterday."""
        self.sides.authority()
        values = {"unit": DEPARTMENT, "kind": "Closed period", "academic_year": self.year, "reason": "Tổng kết"}
        values |= {"from_time": add_to_date(now_datetime(), days=-1), "to_time": add_to_date(now_datetime(), days=5)}
        with acting_as(self.officer):
            frappe.get_doc({"doctype": "HBS Lock Window", **values, "notice_number": "12/TB-SGDĐT"}).insert()

    def receipts(self) -> list[Any]:
        """Of the school, on the site that is on now."""
        columns = ["name", "title", "status", "read_by", "done_by", "remark", "notice", "delivered_at", "seen_by"]
        return frappe.get_all(RECEIPT, {"unit": self.unit}, columns, order_by="sent_at, name")

    @requirement("Y050")
    def test_notice_down_and_its_reading_up(self) -> None:
        name = self.notice()
        self.assertTrue(self.sides.bulletin())
        (own,) = self.receipts()
        self.assertEqual((own.title, own.status, own.notice), ("Nộp báo cáo", "Unread", None))
        with acting_as(self.play.principal):
            self.assertEqual(reading.waiting_for(self.play.principal)["unread"], 1)
            reading.opened(own.name)
        self.sides.deliver(self.sides.report())
        with acting_as(self.officer):
            found = {row["unit"]: row for row in reading.of_notice(name)}
        self.assertEqual((found[self.unit]["status"], found[OTHER]["status"]), ("Has Read", "Unread"))
        self.assertEqual(found[self.unit]["read_by"], frappe.utils.get_fullname(self.play.principal))
        self.assertEqual(frappe.db.get_value("HBS Notice", name, "read_count"), 1)

    @requirement("Y075")
    def test_task_given_here_done_there_seen_here(self) -> None:
        name = self.notice(kind="Task", due_on=add_days(today(), 3))
        self.sides.bulletin()
        with acting_as(self.play.principal):
            reading.done(self.receipts()[0].name, "Đã nộp")
        self.sides.deliver(self.sides.report())
        own = next(row for row in self.receipts() if row.notice == name)
        self.assertEqual((own.status, own.remark), ("Done", "Đã nộp"))
        with acting_as(self.officer):
            self.assertEqual(reading.seen([own.name]), 1)
        self.assertTrue(self.sides.bulletin())
        self.assertEqual([(row.status, row.seen_by) for row in self.receipts()], [("Seen", "Người Thử")])

    def test_a_notice_is_told_until_it_is_held_and_no_longer(self) -> None:
        self.notice()
        question = self.sides.question()
        self.sides.answer(question)  # lost on the way
        self.assertTrue(self.sides.bulletin())
        self.assertFalse(self.receipts()[0].delivered_at)
        self.assertTrue(self.sides.bulletin())  # the question said that it is held, so the answer is without it
        self.assertFalse(self.sides.bulletin())
        self.assertEqual(len(self.receipts()), 1)
        self.sides.authority()
        self.assertTrue(self.receipts()[0].delivered_at)
        with acting_as(self.officer):
            writing.take_back(self.receipts()[0].notice, "Gửi nhầm")
        self.assertTrue(self.sides.bulletin())
        self.assertEqual([row.status for row in self.receipts()], ["Taken Back"])

    def test_window_schedule_and_outage_count_at_the_school(self) -> None:
        self.window()
        stages = [{"stage": schedule.ENTRY, "due_date": add_days(today(), 2)}]
        plan = {"doctype": "HBS Schedule", "unit": DEPARTMENT, "academic_year": self.year, "decision_number": "5/KH"}
        frappe.get_doc({**plan, "stages": stages}).insert()
        outage = {"doctype": "HBS Outage", "unit": DEPARTMENT, "stops": outages.RECEIVING, "reason": "Bảo trì"}
        hours = {"from_at": add_to_date(now_datetime(), hours=-1), "to_at": add_to_date(now_datetime(), hours=3)}
        frappe.get_doc({**outage, **hours, "notice_number": "9/TB"}).insert()
        self.sides.school()
        locks.require_open(frappe.get_doc("HBS Record", self.play.names()[0]), self.year)
        self.assertTrue(self.sides.bulletin())
        with self.assertRaises(LockedError) as caught:
            locks.require_open(frappe.get_doc("HBS Record", self.play.names()[0]), self.year)
        self.assertIn("Sở", str(caught.exception))
        self.assertEqual(str(schedule.due(self.unit, self.year, schedule.ENTRY)), add_days(today(), 2))
        self.assertEqual(outages.current(self.unit).reason, "Bảo trì")
        self.assertEqual(book.settings_of(self.unit)["recall_tier"], book.newest(self.unit).settings["recall_tier"])
        self.sides.authority()
        frappe.delete_doc("HBS Schedule", f"{DEPARTMENT}-{self.year}")
        self.assertTrue(self.sides.bulletin())
        self.assertIsNone(schedule.due(self.unit, self.year, schedule.ENTRY))

    def test_an_old_or_foreign_bulletin_is_not_taken(self) -> None:
        self.notice()
        question = self.sides.question()
        token = self.sides.answer(question)
        self.sides.school()
        for unit, nonce in ((OTHER, question["nonce"]), (self.unit, "0" * 32)):
            with self.assertRaises(UncertainError):
                taking.take(unit, token, nonce)
        taking.take(self.unit, token, question["nonce"])
        book.note(self.unit, bulletin_at=add_to_date(now_datetime(), hours=1))
        with self.assertRaises(UncertainError):
            taking.take(self.unit, token, question["nonce"])

    def test_a_kept_bulletin_is_checked_later(self) -> None:
        self.notice()
        self.sides.bulletin()
        name = frappe.db.get_value("HBS Channel", self.unit, "last_bulletin")
        with acting_as(self.play.principal):
            self.assertEqual(taking.check_again(name)["issuer"]["code"], DEPARTMENT)
        with acting_as(self.play.homeroom), self.assertRaises(frappe.PermissionError):
            taking.check_again(name)

    def test_questions_that_are_none(self) -> None:
        self.sides.authority()
        for body in ({}, {"nonce": "x"}, {"nonce": 1}, {"nonce": "0" * 32, "have": []}, {"attachment": "x"}):
            with self.assertRaises(RefusedError):
                bulletins.answer(self.sides.account, body)

    # ── upwards ─────────────────────────────────────────────────────────────
    def newest(self) -> Any:
        """The authority's newest report of the school."""
        where = {"unit": self.unit, "newest": 1}
        return frappe.db.get_value(
            "HBS Unit Report", where, ["name", "at", "holds", "hold_text", "heard_at"], as_dict=True
        )

    @requirement("Y044")
    def test_a_hold_at_the_school_is_seen_by_the_department(self) -> None:
        admin = frappe.db.get_value("User", {"email": ("like", "quantri@%")})
        with acting_as(admin):
            holds.hold(self.unit, "Đổi đường truyền của trường sang nhà mạng khác")
        self.sides.deliver(self.sides.report())
        with acting_as(self.officer):
            frappe.local.hbs_scopes = {}
            (seen,) = reports.held_below(self.officer)
        self.assertIn("Đổi đường truyền", seen["hold_text"])
        self.assertIn(frappe.utils.get_fullname(admin), seen["hold_text"])
        self.assertRegex(seen["hold_text"], r"\d\d:\d\d \d+/\d+/20\d\d")
        self.sides.school()
        with acting_as(admin):
            holds.release(self.unit, "Đã đổi xong")
        self.sides.deliver(self.sides.report())
        self.assertEqual(reports.held_below(self.officer), [])
        self.assertEqual(frappe.db.count("HBS Unit Report", {"unit": self.unit}), 2)

    def test_progress_of_the_school_stands_at_the_authority(self) -> None:
        self.sides.deliver(self.sides.report())
        columns = ["state", "count", "student_group", "source", "academic_year"]
        (row,) = frappe.get_all(unit_progress.DOCTYPE, {"unit": self.unit}, columns, order_by="state")
        self.assertEqual((row.state, row["count"], row.student_group), ("Draft", 2, self.play.group))
        self.assertEqual((row.source, row.academic_year), (unit_progress.REPORTED, self.year))

    def test_reports_twice_and_in_the_wrong_order(self) -> None:
        first = self.sides.report()
        later = replace(first, at=write_instant(read_instant(first.at) + timedelta(hours=1)), progress=())
        for report, newest in ((first, True), (first, True), (later, True), (first, False), (later, True)):
            self.assertEqual(self.sides.deliver(report)["newest"], newest)
        self.assertEqual(frappe.db.count("HBS Unit Report", {"unit": self.unit}), 2)
        self.assertEqual(frappe.db.count("HBS Unit Report", {"unit": self.unit, "newest": 1}), 1)
        self.assertEqual(frappe.db.count(unit_progress.DOCTYPE, {"unit": self.unit}), 0)

    def test_a_school_speaks_of_itself_only(self) -> None:
        report = self.sides.report()
        self.sides.authority()
        for body in (to_json(replace(report, school_code=OTHER)), {**to_json(report), "at": "hôm qua"}, {}):
            with self.assertRaises(RefusedError):
                reports.answer(self.sides.account, body)
        self.assertIsNone(self.newest())

    def test_a_reading_of_another_schools_notice_changes_nothing(self) -> None:
        self.notice()
        self.sides.bulletin()
        with acting_as(self.play.principal):
            reading.opened(self.receipts()[0].name)
        report = self.sides.report()
        self.sides.authority()
        reports.answer(Account("khac", OTHER), to_json(replace(report, school_code=OTHER, readings=())))
        self.assertEqual({row.status for row in self.receipts()}, {"Unread"})


class TestRounds(FrappeTestCase):
    """The school's job, over HTTP towards a portal without a site: the sandbox."""

    play: ClassVar[Play]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=1, grade=2)
        cls.play.until("entered")

    def setUp(self) -> None:
        frappe.db.savepoint("one_test")
        self.unit = self.play.world.unit

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="one_test")
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def channel(self) -> Any:
        """What the school remembers of it."""
        return book.of(self.unit)

    def test_one_round_both_ways(self) -> None:
        with running_city(self.play) as city:
            sent: dict[str, Any] = {
                "uid": "n1",
                "title": "Họp",
                "kind": "Notice",
                "text": "Chiều thứ hai",
                "status": "Sent",
            }
            sent |= {"from_unit": "31", "from_name": "Sở", "sent_at": "2026-05-29 08:00:00", "due_on": None}
            city.app.channel.said["notices"] = [sent]
            self.assertEqual(rounds.run(), {})
            self.assertEqual(rounds.run(), {})
            found = frappe.get_all(RECEIPT, {"unit": self.unit}, ["title", "status"], order_by="name")
            self.assertEqual([(row.title, row.status) for row in found], [("Họp", "Unread")])
            self.assertEqual(frappe.db.count("HBS Bulletin", {"unit": self.unit}), 1)
            report = city.app.channel.heard[self.unit]
            self.assertEqual([(row.state, row.count) for row in report.progress], [("Draft", 1)])
            self.assertTrue(self.channel().last_told_at)
            log = frappe.get_all(
                "HBS Exchange Log", {"url": ("like", "%ban-tin")}, pluck="answer_body", order_by="name"
            )
            self.assertEqual(len(log), 2)
            self.assertIn("sha256", log[0])

    def test_an_authority_that_is_away_for_days_and_back(self) -> None:
        with running_city(self.play) as city:
            settings = frappe.get_single("HBS Settings")
            away = "http://127.0.0.1:9"
            frappe.db.set_single_value("HBS Settings", "portal_address", away)
            self.assertEqual(list(rounds.run()), [self.unit])
            self.assertIn("Không kết nối", self.channel().problem)
            self.assertEqual(rounds.schools(), [self.unit])
            frappe.db.set_single_value("HBS Settings", "portal_address", settings.portal_address)
            self.assertEqual(rounds.run(), {})
            self.assertIsNone(self.channel().problem)
            self.assertIn(self.unit, city.app.channel.heard)

    def test_a_declared_outage_does_not_close_the_channel(self) -> None:
        with running_city(self.play):
            outage = {"doctype": "HBS Outage", "unit": DEPARTMENT, "stops": outages.RECEIVING, "reason": "Bảo trì"}
            hours = {"from_at": add_to_date(now_datetime(), hours=-1), "to_at": add_to_date(now_datetime(), hours=3)}
            frappe.get_doc({**outage, **hours, "notice_number": "9/TB"}).insert()
            self.assertEqual(rounds.run(), {})
            self.assertTrue(self.channel().bulletin_at)

    def test_a_portal_without_the_channel_is_asked_once_a_day(self) -> None:
        with running_city(self.play) as city:
            city.app.extensions.clear()
            self.assertEqual(list(rounds.run()), [self.unit])
            self.assertEqual(rounds.schools(), [])
            self.assertIn("không có kênh", self.channel().problem)
            book.note(self.unit, ask_again_at=add_to_date(now_datetime(), minutes=-1))
            self.assertEqual(rounds.schools(), [self.unit])


class TestChannelOverHttp(CommittedTestCase):
    """School and authority on one site, spoken to over real HTTP: nothing comes twice."""

    play: ClassVar[Play]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=1, grade=3)
        cls.play.until("entered")

    def test_bulletin_and_report_with_the_schools_account(self) -> None:
        from hocbaso_app.services.channel import telling
        from hocbaso_app.tests.authority import running_authority

        with running_authority(self.play) as authority:
            text = {"doctype": "HBS Notice", "unit": DEPARTMENT, "title": "Thông báo", "text": "Nội dung"}
            with acting_as(authority.officer):
                notice = frappe.get_doc({**text, "audience": "All schools below"}).insert()
                draft = {"doctype": "File", "file_name": "kem.txt", "content": "Nội dung kèm", "is_private": 1}
                at = {"attached_to_doctype": "HBS Notice", "attached_to_name": notice.name}
                notice.update({"attachment": frappe.get_doc({**draft, **at}).insert().file_url}).save()
                writing.send(notice.name)
            frappe.db.commit()
            self.assertTrue(taking.fetch(authority.unit, authority.client()))
            self.assertTrue(telling.tell(authority.unit, authority.client()))
            self.assertEqual(frappe.db.count(RECEIPT, {"unit": authority.unit}), 1)
            self.assertEqual(rounds.schools(), [])
            found = frappe.get_all("HBS Unit Report", {"unit": authority.unit}, ["newest", "told_by"], order_by="at")
            self.assertEqual([(row.newest, row.told_by) for row in found], [(1, authority.access["user_name"])])
            self.assertFalse(telling.tell(authority.unit, authority.client()))
            uid = frappe.db.get_value("HBS Notice", notice.name, "uid")
            answer = authority.client().extension("ban-tin", {"attachment": uid})
            self.assertTrue(answer["name"].startswith("kem"))
            with self.assertRaises(RefusedError):
                authority.client().extension("ban-tin", {"nonce": "kurz"})
            with self.assertRaises(RefusedError):
                authority.client(password="sai").extension("bao-cao", {})

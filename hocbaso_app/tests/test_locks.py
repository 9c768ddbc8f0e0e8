"""Locks on a school's site: windows, requests, tickets; every service that writes a record asks the gate."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, add_to_date, get_datetime, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, LockedError, NotYoursError
from hocbaso_app.services import assignments, audit, entry, locks, sign, states
from hocbaso_app.services.locks import desk, gate, requests, tickets, windows
from hocbaso_app.setup import roles
from hocbaso_app.tests import ways
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.locked import Staged, window
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_immutability import REFUSALS, SILENT
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import Play, acting_as, state


class LockCase(FrappeTestCase):
    """Everybody who may lock somewhere."""

    play: Play

    def people(self) -> None:
        """Officers of office and department, the school's administrator."""
        self.office = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        self.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        self.admin = frappe.db.get_value("User", {"email": ("like", "quantri@%")})
        self.unit, self.year = self.play.world.unit, self.play.school.school_year
        frappe.local.hbs_scopes = {}

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}
        windows.forget()

    def lock(self, user: str, unit: str | None = None, **values: Any) -> Any:
        """A closed period set by somebody."""
        with acting_as(user):
            return window(unit or self.unit, self.year, **values).insert()

    def department_locks(self, **values: Any) -> Any:
        """By its officer, with a notice."""
        return self.lock(self.department, "31", notice_number="15/TB-SGDĐT", **values)

    def enters(self, name: str, text: str = "Em ngoan, biết giúp bạn trong lớp.") -> None:
        """The homeroom teacher writes his remark."""
        with acting_as(self.play.homeroom):
            doc = frappe.get_doc("HBS Record", name)
            doc.homeroom_remark = text
            doc.save(ignore_version=False)


class TestEveryWrite(LockCase):
    """A pupil at every stage; each service is tried open and closed."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.staged = Staged()
        self.play = self.staged.play
        self.people()

    def try_all(self) -> dict[str, str]:
        """Write → the refusal, empty where it went through; each is undone."""
        found = {}
        for name, (user, write) in self.staged.writes().items():
            frappe.db.savepoint("hbs_try")
            try:
                with acting_as(user):
                    said = write()
                found[name] = str(said) if name in ("class entry", "spreadsheet") else ""
            except LockedError as error:
                found[name] = str(error)
            finally:
                frappe.clear_messages()
                frappe.db.rollback(save_point="hbs_try")
                frappe.clear_document_cache("HBS Record", self.staged.names["entered"])
        return found

    def test_every_service_refuses_while_closed_and_works_again_afterwards(self) -> None:
        staged = self.staged
        self.assertEqual({k: v for k, v in self.try_all().items() if v}, {})
        doc = self.lock(self.play.principal, reason="Hết hạn nhập điểm")
        before = staged.stored()
        refused = self.try_all()
        self.assertEqual(set(refused), set(staged.writes()))
        for name, text in refused.items():
            self.assertIn("Hết hạn nhập điểm", text, name)
        self.assertEqual(staged.stored(), before)
        with acting_as(self.play.principal):
            windows.end(doc.name, "Nhập bổ sung")
        self.assertEqual({k: v for k, v in self.try_all().items() if v}, {})

    def test_a_job_that_runs_after_the_lock_signs_nothing(self) -> None:
        batch, values = self.staged.prepared()
        teacher = self.play.world.user_of(self.play.specialists[0])
        with acting_as(teacher):
            sign.add_values(frappe.get_doc(batch.doctype, batch.name), values)
        self.lock(self.play.principal)
        done = sign.run_batch(batch.name)
        self.assertEqual((done.status, done.signed), ("Partly done", 0))
        self.assertEqual({item.outcome for item in done.items}, {"Refused"})
        self.assertIn("Kiểm tra dữ liệu", done.items[0].message)
        self.assertTrue(done.items[0].next_step)
        self.assertEqual(state(self.staged.names["checked"]), "Checked")

    def test_a_change_of_teacher_leaves_closed_records_as_they_are(self) -> None:
        self.lock(self.play.principal)
        before = self.staged.stored()
        given = {"student_group": self.play.group, "subject": "01"}
        name = frappe.db.get_value("HBS Teaching Assignment", given)
        other = self.play.world.staff[self.play.specialists[0].citizen_id]
        doc = frappe.get_doc("HBS Teaching Assignment", name)
        doc.staff = other
        doc.save()
        self.assertEqual(self.staged.stored(), before)
        with acting_as(self.play.principal):
            windows.end(frappe.get_last_doc("HBS Lock Window").name, "Mở lại")
        self.assertTrue(assignments.follow_dates())

    def test_after_release_sending_and_receipts_go_on(self) -> None:
        from hocbaso_app.services import submit
        from hocbaso_app.tests.portal import running_city, work

        self.lock(self.play.principal)
        with running_city(self.play):
            submit.enter_missing()
            work()
            self.assertEqual(state(self.staged.names["released"]), "Accepted")
            self.assertTrue(frappe.db.get_value("HBS Record", self.staged.names["released"], "receipt_number"))


class TestWindows(LockCase):
    """The order of levels, who may, what the desk says."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=2, grade=4)
        self.first, self.second = self.play.until("entered")
        self.people()

    @requirement("Y078")
    def test_department_closed_and_school_open_is_closed_by_the_department(self) -> None:
        until = get_datetime("2027-06-30 23:59:00")
        self.department_locks(reason="Kiểm tra cuối năm", to_time=until)
        self.lock(
            self.play.principal,
            kind="Open period",
            to_time=add_to_date(now_datetime(), days=5),
            reason="Cho nhập bổ sung",
        )
        with states.in_vietnamese(), self.assertRaises(LockedError) as refusal:
            self.enters(self.first)
        department = frappe.db.get_value("HBS Unit", "31", "unit_name")
        self.assertIn(
            f"Đã khóa bởi {department} đến hết ngày 30/6/2027; lí do: Kiểm tra cuối năm", str(refusal.exception)
        )
        found = locks.state_of(self.unit, self.year, "04")
        self.assertEqual([c["level"] for c in found["closings"]], ["Department"])

    def test_every_level_that_closes_is_shown_the_strictest_first(self) -> None:
        self.lock(self.play.principal, reason="Trường khóa")
        self.lock(self.office, "31-HP", notice_number="2/TB", reason="Xã khóa")
        self.department_locks(reason="Sở khóa")
        found = locks.state_of(self.unit, self.year, "04")
        self.assertEqual([c["reason"] for c in found["closings"]], ["Sở khóa", "Xã khóa", "Trường khóa"])
        self.assertIn("Sở khóa", found["sentence"])
        with acting_as(self.department):
            windows.end(frappe.db.get_value(windows.DOCTYPE, {"unit": "31"}), "Xong")
        self.assertIn("Xã khóa", locks.state_of(self.unit, self.year, "04")["sentence"])

    def test_open_periods_close_what_lies_outside_them(self) -> None:
        now = now_datetime()
        self.department_locks(kind="Open period", from_time=add_days(now, 2), to_time=add_days(now, 9))
        with self.assertRaises(LockedError):
            self.enters(self.first)
        self.department_locks(kind="Open period", from_time=add_days(now, -1), to_time=add_days(now, 1))
        self.enters(self.first)
        found = locks.state_of(self.unit, self.year, "04")
        self.assertEqual(get_datetime(found["next_closing"]).date(), add_days(now, 1).date())

    def test_grade_year_and_units_narrow_it(self) -> None:
        other_school()
        self.department_locks(grade="05")
        self.department_locks(targets=[{"unit": OTHER}])
        frappe.get_doc(
            {"doctype": "Academic Year", "academic_year_name": "2019-2020", "year_start_date": "2019-09-01",
             "year_end_date": "2020-05-31"}
        ).insert(ignore_if_duplicate=True)  # fmt: skip
        with acting_as(self.department):
            window("31", "2019-2020", notice_number="3/TB").insert()
        self.enters(self.first)
        self.assertTrue(locks.state_of(self.unit, self.year, "05")["locked"])
        self.assertTrue(locks.state_of(OTHER, self.year, "01")["locked"])
        self.assertFalse(locks.state_of(self.unit, self.year, "04")["locked"])

    def test_who_may_lock_for_whom(self) -> None:
        teacher = self.play.world.user_of(self.play.specialists[0])
        for user in (teacher, self.play.homeroom, self.play.clerk, self.admin):
            with self.assertRaises(frappe.PermissionError):
                self.lock(user)
        for user, unit in ((self.play.principal, "31-HP"), (self.office, "31"), (self.office, self.unit)):
            with self.assertRaises(NotYoursError):
                self.lock(user, unit, notice_number="1/TB")
        other_school()
        with self.assertRaises(HbsError):
            self.lock(self.play.principal, targets=[{"unit": OTHER}])
        with self.assertRaises(HbsError):
            self.lock(self.office, "31-HP")
        deputy = school_person("hieupho@example.invalid", roles.PRINCIPAL, self.unit)
        with self.assertRaises(NotYoursError):
            self.lock(deputy)
        board = frappe.get_doc("HBS Board", {"unit": self.unit})
        board.append("members", {"staff": frappe.db.get_value("HBS Staff Member", {"user": deputy}),
                                 "duty": "Vice chair", "may_lock": 1})  # fmt: skip
        board.save()
        self.lock(deputy)

    def test_a_window_is_ended_not_changed(self) -> None:
        doc = self.lock(self.play.principal)
        doc.to_time = add_days(now_datetime(), 1)
        with acting_as(self.play.principal), self.assertRaises(EvidenceError):
            doc.save()
        for user in (self.play.homeroom, self.admin, self.play.clerk):
            with acting_as(user), self.assertRaises(NotYoursError):
                windows.end(doc.name, "Mở")
        with acting_as(self.play.principal):
            with self.assertRaises(HbsError):
                windows.end(doc.name, " ")
            windows.end(doc.name, "Mở lại cho nhập")
            with self.assertRaises(HbsError):
                windows.end(doc.name, "Lần nữa")
        doc.reload()
        self.assertEqual((doc.status, doc.ended_by, doc.end_reason), ("Ended", self.play.principal, "Mở lại cho nhập"))
        above = self.lock(self.play.principal)
        with acting_as(self.department):
            windows.end(above.name, "Sở yêu cầu mở")
        self.enters(self.first)

    def test_windows_pushed_down_from_another_site(self) -> None:
        at = str(now_datetime())
        row = {"name": "HBS-KH-2026-00009", "unit": "31", "academic_year": self.year, "kind": "Closed period"}
        row |= {"from_time": str(add_days(now_datetime(), -1)), "reason": "Sở kiểm tra", "notice_number": "9/TB"}
        row |= {"set_by_name": "Chuyên viên Sở", "set_at": at, "status": "Effective", "targets": [self.unit]}
        foreign = {**row, "name": "x", "unit": self.unit}
        elsewhere = {**row, "name": "y", "targets": ["77777777"]}
        counts = windows.receive([row, foreign, elsewhere], "31-HP")
        self.assertEqual(counts, {"new": 1, "ended": 0, "same": 0, "foreign": 2})
        with self.assertRaises(LockedError):
            self.enters(self.first)
        (name,) = frappe.get_all(windows.DOCTYPE, pluck="name", order_by="name")
        with acting_as(self.department), self.assertRaises(HbsError):
            windows.end(name, "Mở ở đây")
        self.assertEqual(windows.receive([row], "31-HP")["same"], 1)
        ended = {**row, "status": "Ended", "ended_at": at, "end_reason": "Xong"}
        self.assertEqual(windows.receive([ended], "31-HP")["ended"], 1)
        self.enters(self.first)
        self.assertEqual(frappe.db.count(windows.DOCTYPE), 1)

    def test_rows_for_a_unit_are_those_above_it(self) -> None:
        other_school()
        mine = self.department_locks(targets=[{"unit": self.unit}])
        self.department_locks(targets=[{"unit": OTHER}])
        self.lock(self.play.principal)
        self.assertEqual([row["name"] for row in windows.rows_for(self.unit)], [mine.name])

    def test_the_desk_says_it_before_somebody_types(self) -> None:
        self.lock(self.play.principal, reason="Hết hạn nhập điểm")
        with acting_as(self.play.homeroom):
            self.assertIn("Hết hạn nhập điểm", desk.of_record(self.first)["sentence"])
            self.assertIn("Hết hạn nhập điểm", desk.of_class(self.play.group)["sentence"])
            sheet = entry.open_sheet(self.play.group, "year-end")
        self.assertTrue(sheet["lock"]["locked"])
        self.assertIn("Hết hạn nhập điểm", sheet["rows"][0]["locked"])
        with acting_as(self.play.principal):
            (row,) = desk.overview()
        self.assertEqual((row["unit"], row["locked"]), (self.unit, True))

    def test_windows_are_read_once_for_a_thousand_records(self) -> None:
        self.department_locks(grade="05")
        doc = frappe.get_doc("HBS Record", self.first)
        windows.forget()
        asked: list[str] = []
        real = frappe.db.sql

        def count(query: Any, *args: Any, **more: Any) -> Any:
            asked.append(str(query))
            return real(query, *args, **more)

        with patch.object(frappe.db, "sql", count):
            for _record in range(1000):
                gate.require_open(doc)
        self.assertLess(len(asked), 9, asked)

    @requirement("Y083")
    def test_the_administrator_locks_only_on_the_principals_request(self) -> None:
        with self.assertRaises(frappe.PermissionError):
            self.lock(self.admin)
        with acting_as(self.admin), self.assertRaises(frappe.PermissionError):
            frappe.get_doc(self.request()).insert()
        with acting_as(self.play.principal):
            asked = frappe.get_doc(self.request()).insert()
        self.enters(self.first)
        for user in (self.play.principal, self.play.clerk, self.play.homeroom):
            with acting_as(user), self.assertRaises(frappe.PermissionError):
                requests.carry_out(asked.name)
        with acting_as(self.admin):
            made = requests.carry_out(asked.name)
            with self.assertRaises(HbsError):
                requests.carry_out(asked.name)
        with self.assertRaises(LockedError):
            self.enters(self.first, "Sau khi quản trị khóa")
        asked.reload()
        self.assertEqual((asked.status, asked.done_by, asked.done_window), ("Done", self.admin, made))
        self.assertEqual(frappe.db.get_value(windows.DOCTYPE, made, "request"), asked.name)
        with acting_as(self.admin), self.assertRaises(NotYoursError):
            windows.end(made, "Mở giúp")
        with acting_as(self.play.principal):
            opening = frappe.get_doc(self.request(action="Open records", window=made)).insert()
        with acting_as(self.admin):
            requests.carry_out(opening.name)
        self.assertEqual(frappe.db.get_value(windows.DOCTYPE, made, "end_request"), opening.name)
        self.enters(self.first, "Sau khi mở lại theo đề nghị")
        self.assertEqual(audit.broken_entries(), [])

    def request(self, **values: Any) -> dict[str, Any]:
        """What the principal asks for."""
        own = {"doctype": "HBS Lock Request", "unit": self.unit, "action": "Lock records", "academic_year": self.year}
        return {**own, "reason": "Kết thúc nhập điểm", **values}


class TestTickets(LockCase):
    """Narrow, for hours, granted by who closed it."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=2, grade=4)
        self.first, self.second = self.play.until("entered")
        self.people()

    def ask(self, user: str | None = None, **values: Any) -> Any:
        """For the first pupil's year-end remark."""
        own = {"doctype": tickets.DOCTYPE, "student_group": self.play.group, "part": "Year-end", "hours": 2}
        own |= {"records": [{"record": self.first}], "reason": "Ghi nhầm nhận xét"}
        with acting_as(user or self.play.homeroom):
            return frappe.get_doc({**own, **values}).insert()

    def grant(self, doc: Any, user: str) -> None:
        """By somebody."""
        with acting_as(user):
            tickets.grant(doc.name)

    def test_it_opens_one_part_of_one_pupil_for_its_hours(self) -> None:
        self.lock(self.play.principal)
        doc = self.ask()
        with self.assertRaises(LockedError):
            self.enters(self.first)
        for user in (self.play.homeroom, self.admin, self.play.clerk):
            with self.assertRaises(frappe.PermissionError):
                self.grant(doc, user)
        self.grant(doc, self.play.principal)
        self.enters(self.first, "Em đã sửa nhận xét trong giờ mở khóa.")
        with self.assertRaises(LockedError):
            self.enters(self.second)
        with acting_as(self.play.homeroom):
            record = frappe.get_doc("HBS Record", self.first)
            record.general_remark = "Phần khác vẫn khóa."
            with self.assertRaises(LockedError):
                record.save()
            sheet = entry.open_sheet(self.play.group, "year-end")
            self.assertEqual([bool(row["locked"]) for row in sheet["rows"]], [False, True])
        self.assertEqual(next(row["full_name"] for row in tickets.changes(doc.name)), doc.records[0].full_name)
        with self.clock(hours=3):
            with self.assertRaises(LockedError):
                self.enters(self.first, "Quá giờ")
            self.assertEqual(tickets.close_ended(), [doc.name])
        doc.reload()
        self.assertEqual(doc.status, "Closed")
        (change,) = doc.changes
        self.assertIn("Em đã sửa nhận xét trong giờ mở khóa.", change.what)
        self.assertEqual(change.actor, frappe.db.get_value("User", self.play.homeroom, "full_name"))

    def clock(self, **later: int) -> Any:
        """The site's clock is later."""
        moment = add_to_date(now_datetime(), **later)
        windows.forget()
        return patch.multiple("hocbaso_app.services.locks.tickets", now_datetime=lambda: moment)

    def test_what_the_department_closed_the_principal_opens_for_nobody(self) -> None:
        self.department_locks()
        doc = self.ask()
        with self.assertRaises(NotYoursError):
            self.grant(doc, self.play.principal)
        with self.assertRaises(NotYoursError):
            self.grant(doc, self.office)
        self.grant(doc, self.department)
        self.enters(self.first)

    def test_a_lock_set_above_later_closes_a_ticket_from_below(self) -> None:
        self.lock(self.play.principal)
        self.grant(self.ask(), self.play.principal)
        self.enters(self.first)
        self.department_locks()
        with self.assertRaises(LockedError):
            self.enters(self.first, "Sở đã khóa")

    def test_a_field_of_a_subject_and_a_whole_class(self) -> None:
        self.lock(self.play.principal)
        person = self.play.specialists[0]
        teacher = self.play.world.user_of(person)
        code = next(c for c, t in self.play.school_class.teachers.items() if t == person)
        doc = self.ask(teacher, part="One subject", subject=code, subject_field="Remark", records=[])
        self.grant(doc, self.play.principal)
        with acting_as(teacher):
            for name in (self.first, self.second):
                record = frappe.get_doc("HBS Record", name)
                row = next(r for r in record.results if r.subject_code == code)
                row.remark = "Em làm bài cẩn thận, trình bày sạch."
                record.save(ignore_version=False)
            row.level = "H" if row.level != "H" else "T"
            with self.assertRaises(LockedError):
                record.save()
        with acting_as(teacher):
            tickets.close(doc.name)
        self.assertEqual(len(frappe.get_doc(tickets.DOCTYPE, doc.name).changes), 2)
        with acting_as(teacher):
            record = frappe.get_doc("HBS Record", self.first)
            next(r for r in record.results if r.subject_code == code).remark = "Sau khi đóng"
            with self.assertRaises(LockedError):
                record.save()

    def test_what_can_not_be_asked_for(self) -> None:
        with self.assertRaises(HbsError):
            self.ask()
        self.lock(self.play.principal)
        for values in ({"hours": 0}, {"hours": 73}, {"reason": " "}, {"part": "One subject"}):
            with self.assertRaises(HbsError):
                self.ask(**values)
        doc = self.ask()
        with acting_as(self.play.principal):
            with self.assertRaises(HbsError):
                tickets.grant(doc.name, 5)
            with self.assertRaises(HbsError):
                tickets.refuse(doc.name, "")
            tickets.refuse(doc.name, "Không cần thiết")
            with self.assertRaises(HbsError):
                tickets.grant(doc.name)
        doc.reload()
        doc.hours = 70
        with acting_as(self.play.homeroom), self.assertRaises(EvidenceError):
            doc.save()


class TestEveryPath(CommittedTestCase):
    """After the principal's lock a teacher writes by form, API and import; nobody else locks or opens."""

    play: ClassVar[Play]
    record: ClassVar[str]
    names: ClassVar[dict[str, str]]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=1, grade=1)
        cls.record = cls.play.until("entered")[0]
        ways.give_every_right("HBS Record", "homeroom_remark")
        with acting_as(cls.play.principal):
            made = window(cls.play.world.unit, cls.play.school.school_year, reason="Chốt điểm cuối năm").insert()
        with acting_as(cls.play.homeroom):
            values = {"student_group": cls.play.group, "hours": 2, "reason": "Sửa nhận xét"}
            ticket = frappe.get_doc({"doctype": tickets.DOCTYPE, **values}).insert()
        with acting_as(cls.play.principal):
            asked = {"unit": cls.play.world.unit, "action": "Open records", "window": made.name, "reason": "Mở lại"}
            request = frappe.get_doc({"doctype": requests.DOCTYPE, **asked}).insert()
        cls.names = {windows.DOCTYPE: made.name, tickets.DOCTYPE: ticket.name, requests.DOCTYPE: request.name}

    def stored(self) -> list[Any]:
        """The record with its rows."""
        found = [frappe.db.sql("select * from `tabHBS Record` where name = %s", self.record, as_dict=True)]
        query = "select * from `tabHBS Record Result` where parent = %s order by name"
        return [*found, frappe.db.sql(query, self.record, as_dict=True)]

    def imported_by(self, user: str, remark: str) -> str:
        """A real Data Import that this person starts; what its log says of the line."""
        label = frappe.get_meta("HBS Record").get_label("homeroom_remark")
        content = f"ID,{label}\n{self.record},{remark}\n"
        file = {"doctype": "File", "file_name": "hbs-nhap.csv", "content": content, "is_private": 1}
        values = {"reference_doctype": "HBS Record", "import_type": "Update Existing Records"}
        values["import_file"] = frappe.get_doc(file).insert().file_url
        run = frappe.get_doc({"doctype": "Data Import", **values}).insert()
        frappe.db.commit()
        with acting_as(user):
            run.start_import()
        run.reload()
        self.assertEqual(run.status, "Error")
        logs = frappe.get_all("Data Import Log", {"data_import": run.name}, ["messages"], order_by="log_index")
        frappe.db.rollback()
        return str(frappe.parse_json(logs[0].messages))

    @requirement("Y061")
    def test_a_teacher_writes_by_no_path_after_the_lock(self) -> None:
        before = self.stored()
        level = "C" if before[0][0]["language"] != "C" else "T"
        for way in (*ways.BY_CLIENT, ways.doc_save):
            for field, value in (("homeroom_remark", "Nhận xét sau khi khóa"), ("language", level)):
                with self.subTest(f"{way.__name__}: {field}"), acting_as(self.play.homeroom):
                    try:
                        way("HBS Record", self.record, field, value)
                    except REFUSALS:
                        frappe.db.rollback()
                    else:
                        frappe.db.commit()
                        self.assertIn(way.__name__, SILENT)
                    finally:
                        frappe.clear_messages()
                    self.assertEqual(self.stored(), before)
        row = frappe.db.get_value("HBS Record Result", {"parent": self.record, "subject_code": "01"})
        with acting_as(self.play.homeroom), self.assertRaises(REFUSALS):
            frappe.client.set_value("HBS Record Result", row, "remark", "Sau khi khóa")
        frappe.db.rollback()
        self.assertIn("Chốt điểm cuối năm", self.imported_by(self.play.homeroom, "Nhận xét nhập từ tệp"))
        self.assertEqual(self.stored(), before)

        browser = Browser(self.play.homeroom)
        for path in (f"/api/resource/HBS Record/{self.record}", f"/api/v2/document/HBS Record/{self.record}"):
            answer = browser.open("PUT", path, json={"homeroom_remark": "Qua REST", "flags": {"hbs_service": True}})
            self.assertEqual(answer.status_code, 417, answer.text[:300])
            self.assertIn("Chốt điểm cuối năm", json.dumps(answer.json, ensure_ascii=False))
        change = {"record": self.record, "column": "homeroom_remark", "new": "Qua lưới nhập"}
        answer = browser.post(
            "/api/method/hocbaso_app.api.entry.save_cells",
            student_group=self.play.group,
            sheet="year-end",
            changes=[change],
        )
        (outcome,) = answer.json["message"]["outcomes"]
        self.assertFalse(outcome["saved"])
        self.assertEqual(self.stored(), before)
        for user in (
            self.play.homeroom,
            self.play.clerk,
            frappe.db.get_value("User", {"email": ("like", "quantri@%")}),
        ):
            answer = Browser(user).post(
                "/api/method/hocbaso_app.api.locks.end_window", name=self.names[windows.DOCTYPE], reason="Mở"
            )
            self.assertEqual(answer.status_code, 403, user)
        answer = Browser(self.play.principal).post(
            "/api/method/hocbaso_app.api.locks.end_window", name=self.names[windows.DOCTYPE], reason="Mở lại"
        )
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        answer = browser.open("PUT", f"/api/resource/HBS Record/{self.record}", json={"homeroom_remark": "Sau khi mở."})
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        frappe.db.set_value(windows.DOCTYPE, self.names[windows.DOCTYPE], "status", windows.IN_FORCE)
        frappe.db.commit()

    def test_windows_requests_and_tickets_are_changed_by_no_path(self) -> None:
        for doctype, (field, value) in {
            windows.DOCTYPE: ("reason", "khác"),
            tickets.DOCTYPE: ("status", "Granted"),
            requests.DOCTYPE: ("status", "Done"),
        }.items():
            ways.give_every_right(doctype, field)
            frappe.db.commit()
            name = self.names[doctype]
            query = f"select * from `tab{doctype}` where name = %s"
            before = frappe.db.sql(query, name, as_dict=True)
            for user in ("Administrator", self.play.principal):
                tried = ways.EVERY if user == "Administrator" else ways.BY_CLIENT
                for way in tried:
                    if way in (ways.form_new, ways.restore):
                        continue  # another one is no change of this one
                    with self.subTest(f"{way.__name__} on {doctype} as {user}"), acting_as(user):
                        try:
                            way(doctype, name, field, value)
                        except REFUSALS:
                            frappe.db.rollback()
                        else:
                            frappe.db.commit()
                            self.assertIn(way.__name__, SILENT)
                        finally:
                            frappe.clear_messages()
                        self.assertEqual(frappe.db.sql(query, name, as_dict=True), before)

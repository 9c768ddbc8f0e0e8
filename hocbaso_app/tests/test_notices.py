"""Notices and tasks: to 300 schools, inside one school, read, done, seen, reminded of, taken back."""

from __future__ import annotations

from typing import Any, ClassVar

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, today

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.services.notices import reading, reminding, telling, writing
from hocbaso_app.setup import roles
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import Play, acting_as

SCHOOLS = 300


class TestNotices(FrappeTestCase):
    """A department with an office, 300 schools and one whose people are here."""

    play: ClassVar[Play]
    officer: ClassVar[str]
    stranger: ClassVar[str]
    teacher: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=1, grade=2)
        other_school()
        cls.officer = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        cls.stranger = school_person("hieutruong.khac@example.invalid", roles.PRINCIPAL, OTHER, is_principal=1)
        cls.teacher = cls.play.world.user_of(cls.play.specialists[0])

    def setUp(self) -> None:
        frappe.db.savepoint("one_test")
        frappe.local.hbs_scopes = {}

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="one_test")
        frappe.local.hbs_scopes = {}

    def write(self, user: str, unit: str, **values: Any) -> Any:
        """A draft."""
        notice = {"doctype": "HBS Notice", "unit": unit, "title": "Nộp kế hoạch ký số", "text": "Nộp trước ngày hẹn."}
        with acting_as(user):
            return frappe.get_doc({**notice, **values}).insert()

    def send(self, user: str, unit: str, **values: Any) -> str:
        """Sent; its name."""
        name = self.write(user, unit, **values).name
        with acting_as(user):
            writing.send(name)
        return str(name)

    def task(self, **values: Any) -> str:
        """Of the department, to the one school."""
        units = [{"unit": self.play.world.unit}]
        due = {"kind": "Task", "due_on": add_days(today(), 3), "audience": "Chosen units", "units": units}
        return self.send(self.officer, "31", **{**due, **values})

    def receipt(self, notice: str, **where: Any) -> Any:
        """The one receipt."""
        return frappe.get_doc("HBS Notice Receipt", {"notice": notice, **where})

    @requirement("Y050")
    def test_notice_to_300_schools_with_the_list_of_unread(self) -> None:
        for number in range(SCHOOLS - 2):
            unit = {
                "doctype": "HBS Unit",
                "code": f"T{number:03d}",
                "unit_name": f"Trường {number:03d}",
                "kind": "School",
            }
            frappe.get_doc({**unit, "parent_hbs_unit": "31-HP", "valid_from": "2020-01-01"}).insert()
        gone = {"doctype": "HBS Unit", "code": "T-CU", "unit_name": "Trường cũ", "kind": "School"}
        gone |= {"parent_hbs_unit": "31-HP", "valid_from": "2020-01-01", "valid_to": "2021-01-01"}
        frappe.get_doc(gone).insert()
        name = self.send(self.officer, "31", audience="All schools below")
        with acting_as(self.officer):
            found = reading.of_notice(name)
        self.assertEqual([len(found), {row["status"] for row in found}], [SCHOOLS, {"Unread"}])
        self.assertNotIn("T-CU", {row["unit"] for row in found})
        for user in (self.play.principal, self.stranger):
            with acting_as(user):
                (own,) = frappe.get_list("HBS Notice Receipt", {"notice": name}, pluck="name", order_by="name")
                self.assertEqual(reading.waiting_for(user)["unread"], 1)
                self.assertEqual(reading.opened(own), {"mine": True, "first": True})
                self.assertEqual(reading.waiting_for(user)["unread"], 0)
        with acting_as(self.officer):
            found = reading.of_notice(name)
            listed = frappe.get_list("HBS Notice Receipt", {"notice": name, "status": "Unread"}, limit_page_length=0)
        unread = {row["unit"] for row in found if row["status"] == "Unread"}
        self.assertEqual((len(unread), len(listed)), (SCHOOLS - 2, SCHOOLS - 2))
        self.assertFalse(unread & {OTHER, self.play.world.unit})
        self.assertEqual([row["status"] for row in found], ["Unread"] * (SCHOOLS - 2) + ["Has Read"] * 2)
        read = next(row for row in found if row["unit"] == OTHER)
        self.assertEqual(read["read_by"], "Người Thử")
        numbers = frappe.db.get_value("HBS Notice", name, ["recipients", "read_count"])
        self.assertEqual(numbers, (SCHOOLS, 2))

    def test_only_who_is_addressed_reads(self) -> None:
        name = self.send(self.officer, "31", audience="All schools below")
        own = self.receipt(name, unit=self.play.world.unit)
        with acting_as(self.officer):
            self.assertEqual(reading.opened(own.name), {"mine": False, "first": False})
        for user in (self.stranger, self.teacher):
            with acting_as(user), self.assertRaises(frappe.PermissionError):
                reading.opened(own.name)
        self.assertEqual(own.reload().status, "Unread")
        with acting_as(self.play.clerk):
            self.assertTrue(reading.opened(own.name)["first"])
        with acting_as(self.play.principal):
            self.assertEqual(reading.opened(own.name), {"mine": True, "first": False})
        self.assertEqual(own.reload().read_by, frappe.utils.get_fullname(self.play.clerk))

    @requirement("Y075")
    def test_task_given_done_seen(self) -> None:
        name = self.task()
        own = self.receipt(name)
        with acting_as(self.play.principal):
            self.assertEqual(reading.waiting_for(self.play.principal), {"unread": 1, "tasks": 1, "late": 0})
            reading.opened(own.name)
            self.assertEqual(reading.waiting_for(self.play.principal), {"unread": 0, "tasks": 1, "late": 0})
        with acting_as(self.officer):
            self.assertEqual(reading.seen([own.name]), 0)
        with acting_as(self.stranger), self.assertRaises(frappe.PermissionError):
            reading.done(own.name)
        with acting_as(self.play.principal):
            reading.done(own.name, "Đã nộp ở phòng 12")
            self.assertEqual(reading.waiting_for(self.play.principal)["tasks"], 0)
            with self.assertRaises(HbsError):
                reading.done(own.name)
            with self.assertRaises(frappe.PermissionError):
                reading.seen([own.name])
        with acting_as(self.officer):
            (row,) = reading.of_notice(name)
            self.assertEqual((row["status"], row["remark"]), ("Done", "Đã nộp ở phòng 12"))
            self.assertEqual(reading.seen([own.name]), 1)
        own.reload()
        self.assertEqual((own.status, own.seen_by), ("Seen", "Người Thử"))
        trail = frappe.get_all("HBS Audit Entry", {"reference_name": own.name}, pluck="action", order_by="name")
        self.assertEqual(trail, ["task done", "task seen"])

    @requirement("Y075")
    def test_task_from_the_principal_to_a_teacher(self) -> None:
        staff = self.play.world.staff[self.play.specialists[0].citizen_id]
        other = self.play.world.staff[self.play.school_class.homeroom.citizen_id]
        people = {"audience": "People of my unit", "people": [{"staff": staff}, {"staff": other}]}
        due = {"kind": "Task", "due_on": add_days(today(), 1)}
        name = self.send(self.play.principal, self.play.world.unit, **due, **people)
        own, foreign = self.receipt(name, staff=staff), self.receipt(name, staff=other)
        with acting_as(self.teacher):
            self.assertEqual(frappe.get_list("HBS Notice Receipt", pluck="name"), [own.name])
            with self.assertRaises(frappe.PermissionError):
                reading.opened(foreign.name)
            self.assertEqual(reading.waiting_for(self.teacher)["unread"], 1)
            reading.done(own.name, "Xong")
        with acting_as(self.play.clerk), self.assertRaises(NotYoursError):
            reading.done(foreign.name)
        with acting_as(self.play.principal):
            self.assertEqual(reading.seen([own.name]), 1)
            self.assertEqual([row["status"] for row in reading.of_notice(name)], ["Unread", "Seen"])

    def test_who_may_send_and_to_whom(self) -> None:
        draft = self.write(self.play.clerk, self.play.world.unit, audience="All units below")
        with acting_as(self.play.clerk), self.assertRaises(NotYoursError):
            writing.send(draft.name)
        with acting_as(self.play.principal), self.assertRaises(HbsError):
            writing.send(draft.name)
        with self.assertRaises(frappe.PermissionError):
            self.write(self.play.principal, "31")
        with self.assertRaises(frappe.PermissionError):
            self.write(self.teacher, self.play.world.unit)
        with self.assertRaises(NotYoursError):
            self.write(self.officer, self.play.world.unit)
        foreign = self.write(self.officer, "31", audience="Chosen units", units=[{"unit": "31"}])
        with acting_as(self.officer), self.assertRaises(HbsError):
            writing.send(foreign.name)

    def test_what_was_sent_stays(self) -> None:
        name = self.task()
        with acting_as(self.officer):
            doc = frappe.get_doc("HBS Notice", name)
            doc.text = "Khác"
            with self.assertRaises(EvidenceError):
                doc.save()
            with self.assertRaises(HbsError):
                writing.send(name)
            with self.assertRaises(EvidenceError):
                frappe.delete_doc("HBS Notice", name, force=True, ignore_permissions=True)
            forged = {"doctype": "HBS Notice", "unit": "31", "title": "x", "text": "x", "status": "Sent"}
            with self.assertRaises(EvidenceError):
                frappe.get_doc(forged).insert()
        own = self.receipt(name)
        with self.assertRaises(EvidenceError):
            own.update({"status": "Done"}).save(ignore_permissions=True)

    def test_taken_back(self) -> None:
        name = self.task()
        with acting_as(self.officer):
            with self.assertRaises(HbsError):
                writing.take_back(name, " ")
            writing.take_back(name, "Gửi nhầm")
        with acting_as(self.play.principal):
            self.assertEqual(reading.waiting_for(self.play.principal), {"unread": 0, "tasks": 0, "late": 0})
            with self.assertRaises(HbsError):
                reading.done(self.receipt(name).name)

    @requirement("Y052")
    def test_those_who_lag_behind_are_reminded(self) -> None:
        name = self.send(self.officer, "31", audience="All schools below")
        with acting_as(self.stranger):
            reading.opened(self.receipt(name, unit=OTHER).name)
        with acting_as(self.officer):
            self.assertEqual(reminding.remind(name), 1)
        own = self.receipt(name, unit=self.play.world.unit)
        self.assertEqual((own.reminders, self.receipt(name, unit=OTHER).reminders), (1, 0))
        telling.tell([own.name], telling.REMINDED)
        told = frappe.get_all(
            "Notification Log", {"document_name": own.name}, ["for_user", "subject"], order_by="for_user"
        )
        self.assertEqual({row.for_user for row in told}, {self.play.principal, self.play.clerk})
        self.assertIn("Nhắc lại", told[0].subject)

    def test_due_tasks_are_reminded_of_once_a_day(self) -> None:
        late, later = self.task(due_on=today()), self.task(due_on=add_days(today(), 9))
        self.assertEqual([reminding.remind_of_due_tasks(), reminding.remind_of_due_tasks()], [1, 0])
        self.assertEqual((self.receipt(late).reminders, self.receipt(later).reminders), (1, 0))
        frappe.db.set_value("HBS Notice Receipt", self.receipt(late).name, "due_on", add_days(today(), -1))
        self.assertEqual(reading.waiting_for(self.play.principal)["late"], 1)

    def test_the_attachment_is_given_to_who_got_the_notice(self) -> None:
        draft = self.write(self.officer, "31", audience="All schools below")
        with acting_as(self.officer):
            file = {"doctype": "File", "file_name": "ke-hoach.txt", "content": "Kế hoạch", "is_private": 1}
            attached = {"attached_to_doctype": "HBS Notice", "attached_to_name": draft.name}
            saved = frappe.get_doc({**file, **attached}).insert()
            draft.update({"attachment": saved.file_url}).save()
            writing.send(draft.name)
        own = self.receipt(draft.name, unit=self.play.world.unit)
        with acting_as(self.play.principal):
            self.assertEqual(reading.attachment(own.name)[1].decode(), "Kế hoạch")
        with acting_as(self.stranger), self.assertRaises(frappe.PermissionError):
            reading.attachment(own.name)
        saved.save_file(content=b"Khac", overwrite=True)
        with acting_as(self.play.principal), self.assertRaises(HbsError):
            reading.attachment(own.name)

    def test_somebody_elses_file_is_not_sent(self) -> None:
        draft = self.write(self.officer, "31", audience="All schools below", attachment="/private/files/khac.pdf")
        with acting_as(self.officer), self.assertRaises(HbsError):
            writing.send(draft.name)

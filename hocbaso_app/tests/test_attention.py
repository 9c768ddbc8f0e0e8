"""What the exchange can't settle: dead letters and refusals get a person, a task, a place on the desk."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import frappe

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import attention, digest, initialise, submit, tasks
from hocbaso_app.tests.portal import work
from hocbaso_app.tests.test_exchange_site import ExchangeCase, rows
from hocbaso_app.tests.world import acting_as, state


def open_tasks(user: str) -> list[Any]:
    """Of one person."""
    columns = ["name", "reference_type", "reference_name", "description"]
    return frappe.get_all("ToDo", {"allocated_to": user, "status": "Open"}, columns, order_by="name")


def told(user: str, doctype: str) -> list[str]:
    """Alerts."""
    where = {"for_user": user, "document_type": doctype}
    return frappe.get_all("Notification Log", where, pluck="subject", order_by="creation")


class TestDeadLetters(ExchangeCase):
    """The school's password is wrong: nothing of it is the fault of a record."""

    def setUp(self) -> None:
        super().setUp()
        self.admin = frappe.db.get_value("User", {"email": ("like", "quantri@%")})
        self.account = frappe.get_doc("HBS Portal Account", self.play.world.unit)
        self.password = self.account.get_password("password")
        self.account.password = "mat-khau-sai"
        self.account.save()
        work()

    def mend(self) -> None:
        """The right password again."""
        self.account.reload()
        self.account.password = self.password
        self.account.save()

    def test_one_task_for_the_administrator_says_what_is_wrong_and_closes_by_itself(self) -> None:
        found = rows("responsible", "task", "error_code")
        self.assertEqual({r.state for r in found}, {"Needs Attention"})
        self.assertEqual({(r.responsible, r.error_code) for r in found}, {(self.admin, "11")})
        (task,) = open_tasks(self.admin)
        self.assertEqual({r.task for r in found}, {task.name})
        self.assertIn("2 học bạ bị dừng", task.description)
        self.assertIn("Tài khoản, mật khẩu hoặc mã đơn vị không đúng", task.description)
        self.assertEqual(len(told(self.admin, "HBS Submission")), 1)
        work()
        self.assertEqual(len(open_tasks(self.admin)), 1, "not again every five minutes")
        self.mend()
        with acting_as(self.play.clerk):
            submit.now(self.names)
        self.assertEqual(open_tasks(self.admin), [])
        self.assertEqual({(r.responsible, r.task) for r in rows("responsible", "task")}, {(None, None)})
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])

    def test_it_stands_on_the_desk_and_in_the_digest_of_its_person(self) -> None:
        (row,) = [r for r in tasks.for_user(self.admin) if r["kind"] == "unblock"]
        self.assertEqual(row["pupils"], 2)
        self.assertIn("state=Needs+Attention", row["route"])
        self.assertIn("responsible=", row["route"])
        self.assertEqual([r for r in tasks.for_user(self.play.principal) if r["kind"] == "unblock"], [])
        log = frappe.get_doc("Notification Log", digest.send(self.admin))
        self.assertIn("Xử lí học bạ bị dừng giữa đường", log.email_content)

    def test_it_is_handed_on_within_the_school(self) -> None:
        names = [row.name for row in rows()]
        clerk = self.play.clerk
        with acting_as(self.play.homeroom), self.assertRaises(NotYoursError):
            attention.reassign(names, clerk)
        with acting_as(self.play.principal):
            for outsider in ("Administrator", "Guest"):
                with self.assertRaises(NotYoursError):
                    attention.reassign(names, outsider)
            self.assertEqual(attention.reassign(names, clerk), 2)
        self.assertEqual({r.responsible for r in rows("responsible")}, {clerk})
        self.assertEqual(open_tasks(self.admin), [])
        (task,) = open_tasks(clerk)
        self.assertIn("2 học bạ", task.description)
        with acting_as(clerk):
            self.assertEqual(attention.reassign(names[:1], self.play.principal), 1)
        self.assertIn("1 học bạ", open_tasks(clerk)[0].description)
        actions = frappe.get_all("HBS Audit Entry", {"reference_name": names[0]}, pluck="action", order_by="name")
        self.assertEqual(actions.count("hand on task"), 2)

    def test_a_task_that_was_closed_or_whose_person_left_comes_again(self) -> None:
        (task,) = open_tasks(self.admin)
        frappe.db.set_value("ToDo", task.name, "status", "Closed")
        self.assertEqual(attention.watch(), 2)
        self.assertEqual(len(open_tasks(self.admin)), 1)
        frappe.db.set_value("User", self.admin, "enabled", 0)
        self.assertEqual(attention.watch(), 2)
        (successor,) = {r.responsible for r in rows("responsible")}
        self.assertEqual(successor, self.play.clerk)
        self.assertEqual(attention.watch(), 0)


class TestRefusals(ExchangeCase):
    """The portal refuses a record and names a field."""

    def refuse(self, element: str) -> None:
        """As another portal would name the field of code 30; everything else is the portal's own answer."""
        first = frappe.db.get_value("HBS Record", self.names[0], "record_code")
        real = self.city.portal.query_submission

        def answer(*arguments: Any) -> dict[str, Any]:
            said = real(*arguments)
            for record in said["danh_sach"]:
                if record["ma_tra_cuu_uuid"] == first:
                    refusal = {"trang_thai": 0, "error": "30", "error_field_title": element, "bien_nhan": ""}
                    record.update({**refusal, "error_description": "Sai nội dung."})
            return said

        with patch.object(self.city.portal, "query_submission", answer):
            work()
        self.assertEqual(self.states(), ["Rejected", "Accepted"])

    def test_the_field_decides_whose_task_it_is(self) -> None:
        doc = frappe.get_doc("HBS Record", self.names[0])
        specialist = self.play.specialists[0]
        own = next(row for row in doc.results if row.teacher_citizen_id == specialist.citizen_id)
        cases = {
            f"mon-{own.subject_code}": (self.play.world.user_of(specialist), own.subject_name, "results"),
            "NHAN_XET_CHU_NHIEM": (self.play.homeroom, None, "homeroom_remark"),
            "NGAY_SINH": (self.play.clerk, "Ngày sinh", "birth_date"),
            "MA_BI_THAY_THE": (self.play.principal, None, None),
        }
        from hocbaso_app.record import model

        remark = next(tag for name, tag, _i in model.elements_of(model.Remarks) if name == "homeroom_remark")
        cases[remark] = cases.pop("NHAN_XET_CHU_NHIEM")
        for element, (user, label, field) in cases.items():
            with self.subTest(element):
                frappe.db.savepoint("one_case")
                try:
                    self.assert_task(element, user, label, field)
                finally:
                    frappe.db.rollback(save_point="one_case")

    def assert_task(self, element: str, user: str, label: str | None, field: str | None) -> None:
        """The portal names ``element``: its owner has one task, which names the field and leads to it."""
        self.refuse(element)
        row = rows("responsible", "task", "error_field")[0]
        self.assertEqual((row.responsible, row.error_field), (user, element))
        (task,) = open_tasks(user)
        self.assertEqual((task.reference_type, task.reference_name), ("HBS Record", self.names[0]))
        self.assertIn("Học bạ không hợp lệ.", task.description)
        if label:
            self.assertIn(label, task.description)
        if field:
            self.assertIn(f"hbs_field={field}", task.description)
        (text,) = told(user, "HBS Record")
        self.assertIn(frappe.db.get_value("HBS Record", self.names[0], "full_name"), text)
        (row_of_desk,) = [r for r in tasks.for_user(user) if r["kind"] == "refused"]
        self.assertEqual(row_of_desk["pupils"], 1)

    def test_the_task_closes_when_the_record_is_corrected(self) -> None:
        doc = frappe.get_doc("HBS Record", self.names[0])
        specialist = self.play.specialists[0]
        own = next(row for row in doc.results if row.teacher_citizen_id == specialist.citizen_id)
        teacher = self.play.world.user_of(specialist)
        self.refuse(f"mon-{own.subject_code}")
        with acting_as(self.play.principal):
            submit.withdraw(self.names[0], "Sai điểm")
        self.assertEqual(frappe.db.get_value("HBS Record", self.names[0], "returned_subject"), own.subject_code)
        self.assertEqual(len(open_tasks(teacher)), 1, "the record is taken back, the field is still wrong")
        with acting_as(self.play.clerk):
            self.assertEqual(initialise.initialise(self.names[0]), [])
        attention.close_corrected()
        self.assertEqual(open_tasks(teacher), [])
        self.assertEqual(state(self.names[0]), "Initialised", "he looks at it and signs again")

    def test_the_principals_own_task_ends_with_his_decision(self) -> None:
        self.refuse("MA_BI_THAY_THE")
        with acting_as(self.play.principal):
            submit.withdraw(self.names[0], "Gửi nhầm")
        self.assertEqual(open_tasks(self.play.principal), [])

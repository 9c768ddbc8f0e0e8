"""Assignments move the open tasks at once; what is signed stays with who signed it."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, today

from hocbaso_app.exceptions import NotYoursError, StepOrderError
from hocbaso_app.services import assignments, audit, check, files, initialise, sign, trust
from hocbaso_app.setup import roles
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as, state


class TestAssignments(FrappeTestCase):
    """One class of one pupil; one teacher leaves, another comes."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=1, grade=3)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    def _staff(self, name: str, role: str, **values: Any) -> Any:
        number = f"{999800000000 + frappe.db.count('HBS Staff Member')}"
        email = f"{number}@example.invalid"
        user = {"doctype": "User", "email": email, "first_name": name, "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": role}]}).insert(ignore_permissions=True)
        staff = {"doctype": "HBS Staff Member", "full_name": name, "citizen_id": number, "user": email}
        values = {"unit": self.play.world.unit, "from_date": "2020-01-01", **values}
        return frappe.get_doc({**staff, **values}).insert(ignore_permissions=True)

    def _hand_over(self, work: dict[str, Any], staff: Any, user: str = "Administrator") -> None:
        """The old assignment ended yesterday, the new one begins today."""
        with acting_as(user):
            old = frappe.get_doc("HBS Teaching Assignment", {"student_group": self.play.group, **work})
            old.to_date = add_days(today(), -1)
            old.save()
            new = frappe.copy_doc(old)
            new.update({"staff": staff.name, "from_date": today(), "to_date": None})
            new.insert()

    def _document(self, name: str) -> Any:
        return files.load(frappe.db.get_value("HBS Record", name, "current_version"))[1]

    def _code_of(self, person: Any) -> str:
        return next(c for c, t in self.play.school_class.teachers.items() if t.citizen_id == person.citizen_id)

    def test_draft_takes_the_new_teacher(self) -> None:
        (name,) = self.play.until("draft")
        successor = self._staff("Giáo Viên Mới", roles.SUBJECT_TEACHER)
        self._hand_over({"subject": "01"}, successor)
        row = next(r for r in frappe.get_doc("HBS Record", name).results if r.subject_code == "01")
        self.assertEqual((row.teacher_name, row.teacher_citizen_id), ("Giáo Viên Mới", successor.citizen_id))

    def test_unsigned_part_moves_and_signed_ones_keep_their_octets(self) -> None:
        (name,) = self.play.until("checked")
        first, second = self.play.specialists[:2]
        for person in (first,):
            with acting_as(self.play.world.user_of(person)):
                sign.sign("gvbm", [name], self.play.pin(person))
        before = self._document(name)
        signed = {slot: inner for slot, inner in before.slots.items() if inner}
        successor = self._staff("Giáo Viên Mới", roles.SUBJECT_TEACHER)
        admin = self.play.world.users["999195900099"]
        self._hand_over({"subject": self._code_of(second)}, successor, admin)
        after = self._document(name)
        self.assertTrue(signed)
        self.assertEqual({slot: after.slots[slot] for slot in signed}, signed)
        part = next(s for s in after.record.subjects if s.subject_code == self._code_of(second))
        self.assertEqual(part.teacher_citizen_id, successor.citizen_id)
        self.assertEqual(state(name), "Initialised")
        with acting_as(successor.user):
            check.seen([name])
        self.assertEqual(state(name), "Subject Signing")
        entry = frappe.get_last_doc("HBS Audit Entry", {"action": "tasks moved"})
        self.assertEqual(entry.actor, admin)
        self.assertIn("Giáo Viên Mới", entry.details)
        self.assertEqual((audit.broken_entries(), files.changed_files()), ([], []))

    def test_signed_part_stays_with_who_signed_it(self) -> None:
        (name,) = self.play.until("subjects")
        before = frappe.db.get_value("HBS Record", name, "current_version")
        self._hand_over({"subject": "01"}, self._staff("Giáo Viên Mới", roles.SUBJECT_TEACHER))
        self.assertEqual(frappe.db.get_value("HBS Record", name, "current_version"), before)
        self.assertEqual(state(name), "Homeroom Signing")

    def test_homeroom_moves_before_it_is_signed_and_not_after(self) -> None:
        (name,) = self.play.until("subjects")
        before = self._document(name)
        successor = self._staff("Chủ Nhiệm Mới", roles.HOMEROOM_TEACHER)
        self._hand_over({"kind": "Homeroom"}, successor)
        after = self._document(name)
        self.assertEqual(after.record.general.homeroom_citizen_id, successor.citizen_id)
        self.assertEqual(after.slots, before.slots)
        with acting_as(self.play.homeroom), self.assertRaises((NotYoursError, StepOrderError)):
            self.play.sign_homeroom()
        with acting_as(successor.user):
            check.seen([name])
        self.assertEqual(state(name), "Homeroom Signing")

    def test_new_principal_makes_the_homeroom_teacher_sign_again_and_the_desk_says_so(self) -> None:
        from hocbaso_app.signing.verify import verify

        (name,) = self.play.until("homeroom")
        unit = self.play.world.unit
        self.assertEqual(assignments.signed_by_homeroom_only(unit), 1)
        before = self._document(name)
        old = frappe.get_doc("HBS Staff Member", {"unit": unit, "is_principal": 1})
        old.to_date = add_days(today(), -1)
        old.save()
        self.assertEqual(state(name), "Manager Signing")
        frappe.clear_messages()
        new = self._staff(
            "Hiệu Trưởng Mới", roles.PRINCIPAL, is_principal=1, job_title="Hiệu trưởng", from_date=today()
        )
        self.assertTrue(any("1" in str(message) for message in frappe.get_message_log()))
        after = self._document(name)
        self.assertEqual(after.record.general.principal_citizen_id, new.citizen_id)
        self.assertEqual(state(name), "Homeroom Signing")
        self.assertEqual(after.slots, {**before.slots, "ky-gvcn": b""})
        self.play.sign_homeroom()
        self.assertEqual(state(name), "Manager Signing")
        self.assertTrue(verify(self._document(name), trust.store(), stage=_stage("gvcn")).valid)

    def test_after_the_manager_signed_nothing_moves(self) -> None:
        (name,) = self.play.until("manager")
        before = frappe.db.get_value("HBS Record", name, "current_version")
        self._hand_over({"subject": "01"}, self._staff("Giáo Viên Mới", roles.SUBJECT_TEACHER))
        self._hand_over({"kind": "Homeroom"}, self._staff("Chủ Nhiệm Mới", roles.HOMEROOM_TEACHER))
        self.assertEqual(frappe.db.get_value("HBS Record", name, "current_version"), before)
        self.play.release()
        self.assertEqual(state(name), "Released")

    def test_returned_draft_keeps_signed_parts_that_nobody_touched(self) -> None:
        (name,) = self.play.until("subjects")
        with acting_as(self.play.principal):
            check.return_record(name, "Xem lại nhận xét")
        self._hand_over({"subject": "01"}, self._staff("Giáo Viên Mới", roles.SUBJECT_TEACHER))
        with acting_as(self.play.clerk):
            self.assertEqual(initialise.initialise(name), [])
        self.assertTrue(self._document(name).slot("ky-mon-01"))

    def test_dates_that_pass_move_tasks_in_the_morning(self) -> None:
        (name,) = self.play.until("checked")
        successor = self._staff("Giáo Viên Mới", roles.SUBJECT_TEACHER)
        old = frappe.db.get_value("HBS Teaching Assignment", {"student_group": self.play.group, "subject": "01"})
        frappe.db.set_value("HBS Teaching Assignment", old, "staff", successor.name)  # as if its day had just come
        (move,) = assignments.follow_dates()
        self.assertEqual((move.record, set(move.parts)), (name, {"01"}))
        self.assertEqual(assignments.follow_dates(), [])

    @requirement("Y033")
    def test_signing_needs_an_assignment_today(self) -> None:
        (name,) = self.play.until("checked")
        stranger, person = self._staff("Người Khác", roles.SUBJECT_TEACHER), self.play.specialists[0]
        with acting_as(stranger.user), self.assertRaises(frappe.PermissionError):
            sign.sign("gvbm", [name], "1234")
        staff = self.play.world.staff[person.citizen_id]
        for row in frappe.get_all("HBS Teaching Assignment", {"staff": staff}, pluck="name", order_by="name"):
            doc = frappe.get_doc("HBS Teaching Assignment", row)
            doc.to_date = add_days(today(), -1)
            doc.save()
        with acting_as(self.play.world.user_of(person)), self.assertRaises(frappe.PermissionError):
            sign.sign("gvbm", [name], self.play.pin(person))
        self.assertFalse(any(self._document(name).slots.values()))


def _stage(value: str) -> Any:
    from hocbaso_app.signing.slots import Stage

    return Stage(value)

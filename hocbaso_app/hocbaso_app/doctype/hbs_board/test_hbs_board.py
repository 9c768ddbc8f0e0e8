"""Who may do what by the board's decision, on that day."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.desk.form.load import getdoc
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, today

from hocbaso_app.exceptions import EvidenceError, NotYoursError
from hocbaso_app.services import certificates, duty, files, sign, waiting
from hocbaso_app.setup import roles
from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as, state

test_ignore = NO_TEST_RECORDS


class TestHBSBoard(FrappeTestCase):
    """Duties, dates, who sets up a board."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=1, grade=1)
        self.board = frappe.get_doc("HBS Board", {"unit": self.play.world.unit})

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    def _user(self, email: str, role: str, **values: Any) -> Any:
        user = {"doctype": "User", "email": email, "first_name": email, "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": role}]}).insert(ignore_permissions=True)
        number = f"{999700000000 + frappe.db.count('HBS Staff Member')}"
        staff = {"doctype": "HBS Staff Member", "full_name": "Người Thử", "citizen_id": number, "user": email}
        values = {"unit": self.play.world.unit, "from_date": "2020-01-01", **values}
        return frappe.get_doc({**staff, **values}).insert(ignore_permissions=True)

    def _row(self, user: str) -> Any:
        staff = frappe.db.get_value("HBS Staff Member", {"user": user})
        return next(row for row in self.board.members if row.staff == staff)

    def _release_button(self, user: str) -> bool:
        """What the signing page and the form show: the same answer that the server gives."""
        with acting_as(user):
            (name,) = self.play.names()
            frappe.response.docs = []
            getdoc("HBS Record", name)
            on_form = "release" in frappe.response.docs[0].get("__onload").board_rights
            on_page = any(row["stage"] == "release" for row in waiting.for_user(user))
        self.assertEqual(on_form, on_page)
        return on_page

    @requirement("Y057", "Y091")
    def test_only_the_one_with_the_duty_releases(self) -> None:
        (name,) = self.play.until("manager")
        other = self._user("vanthu2@example.invalid", roles.CLERK, is_clerk=1).user
        people = (self.play.clerk, other, self.play.principal, self.play.homeroom)
        self.assertEqual([self._release_button(user) for user in people], [True, False, False, False])
        seal = self.play.world.pins[self.play.school.code]
        for user in people[1:]:
            with acting_as(user), self.assertRaises(NotYoursError):
                sign.sign("release", [name], seal)
            self.assertEqual(state(name), "Release")
        self.play.release()
        _version, document = files.load(frappe.db.get_value("HBS Record", name, "current_version"))
        self.assertIn(self.play.school.clerk.name.encode(), document.slot("ky-phat-hanh"))

    @requirement("Y049", "Y077")
    def test_no_right_without_a_decision_in_force(self) -> None:
        (name,) = self.play.until("manager")
        unit, clerk = self.play.world.unit, self.play.clerk
        self.assertEqual(duty.rights_of(clerk, unit), {"release"})
        self.board.to_date = add_days(today(), -1)
        self.board.save()
        for user in (clerk, self.play.principal, self.play.world.users["999195900099"]):
            self.assertEqual(duty.rights_of(user, unit), frozenset())
        self.assertFalse(self._release_button(clerk))
        with acting_as(clerk), self.assertRaises(NotYoursError):
            sign.sign("release", [name], self.play.world.pins[self.play.school.code])
        follows = frappe.copy_doc(self.board)
        follows.update({"decision_number": "13/QĐ", "decision_date": today(), "from_date": None, "to_date": None})
        follows.insert()
        self.play.release()
        self.assertEqual(state(name), "Released")

    @requirement("Y080")
    def test_taken_off_the_board_the_right_is_gone_at_once(self) -> None:
        (name,) = self.play.until("manager")
        self._row(self.play.clerk).to_date = add_days(today(), -1)
        self.board.save()
        self.assertFalse(self._release_button(self.play.clerk))
        with acting_as(self.play.clerk), self.assertRaises(NotYoursError):
            sign.sign("release", [name], self.play.world.pins[self.play.school.code])
        self._row(self.play.clerk).to_date = None
        self.board.save()
        frappe.get_doc("User", self.play.clerk).remove_roles(roles.CLERK)
        with acting_as(self.play.clerk), self.assertRaises(frappe.PermissionError):
            sign.sign("release", [name], self.play.world.pins[self.play.school.code])

    def test_administrator_of_the_school_works_by_his_duties(self) -> None:
        admin = self._user("quantri2@example.invalid", roles.SCHOOL_ADMIN)
        staff = frappe.get_doc("HBS Staff Member", frappe.db.get_value("HBS Staff Member", {"user": self.play.clerk}))
        name = frappe.db.get_value("HBS Certificate", {"holder_kind": "Unit", "unit": self.play.world.unit})
        with acting_as(admin.user):
            for step in (staff.save, lambda: certificates.withdraw(name)):
                with self.assertRaises(NotYoursError):
                    step()
        rights = {"duty": "Technical support", "may_manage_accounts": 1, "may_manage_certificates": 1}
        self.board.append("members", {"staff": admin.name, **rights})
        self.board.save()
        with acting_as(admin.user):
            frappe.get_doc("HBS Staff Member", staff.name).save()
            certificates.withdraw(name)

    def test_board_is_set_up_by_the_head_of_the_very_unit(self) -> None:
        admin = self.play.world.users["999195900099"]
        officer = self._user("canbo2@example.invalid", roles.OFFICE_OFFICER, unit="31-HP").user
        for user, refused in ((admin, True), (officer, True), (self.play.clerk, True), (self.play.principal, False)):
            board = frappe.get_doc("HBS Board", self.board.name)
            with acting_as(user):
                if refused:
                    with self.assertRaises(frappe.PermissionError):
                        board.save()
                else:
                    board.save()

    def test_seal_only_for_its_user_and_one_board_at_a_time(self) -> None:
        self._row(self.play.principal).may_release = 1
        with self.assertRaisesRegex(frappe.ValidationError, "Dòng 1|Row 1"):
            self.board.save()
        second = frappe.copy_doc(self.board.reload())
        second.decision_number = "14/QĐ"
        with self.assertRaises(frappe.ValidationError):
            second.insert()

    def test_without_a_board_the_marks_count(self) -> None:
        unit = {"doctype": "HBS Unit", "code": "T-B", "unit_name": "Trường nhỏ", "kind": "School"}
        frappe.get_doc({**unit, "valid_from": "2020-01-01"}).insert()
        clerk = self._user("vanthu.nho@example.invalid", roles.CLERK, unit="T-B", is_clerk=1).user
        self.assertEqual(duty.rights_of(clerk, "T-B"), {"release"})

    def test_one_chair_of_this_unit_and_no_deletion(self) -> None:
        self.board.members[1].duty = "Chair"
        with self.assertRaises(frappe.ValidationError):
            self.board.save()
        with self.assertRaises(EvidenceError):
            frappe.delete_doc("HBS Board", self.board.name, force=True)

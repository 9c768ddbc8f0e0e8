"""Nobody signs for another: session, device and certificate are the signer's own, a deputy has a decision."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, getdate, today

from hocbaso_app.api import enrolment
from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import assignments, check, deputies, files, sign
from hocbaso_app.services.signing import prepare
from hocbaso_app.setup import roles
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as

DECISION = "15/QĐ-THHP"


class TestDeputies(FrappeTestCase):
    """One class of one pupil that waits for its signatures."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=1, grade=2)
        self.name = self.play.until("checked")[0]
        self.unit = self.play.world.unit
        self.absent, self.deputy = self.play.specialists[:2]

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.session.data.pop("impersonated_by", None)
        frappe.db.rollback()
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def staff(self, person: Any) -> str:
        return str(self.play.world.staff[person.citizen_id])

    def user(self, person: Any) -> str:
        return str(self.play.world.user_of(person))

    def code(self, person: Any) -> str:
        return next(c for c, t in self.play.school_class.teachers.items() if t.citizen_id == person.citizen_id)

    def record(self) -> Any:
        return files.load(frappe.db.get_value("HBS Record", self.name, "current_version"))[1].record

    def part(self, code: str) -> Any:
        return next(s for s in self.record().subjects if s.subject_code == code)

    def stand_in(self, **values: Any) -> Any:
        """The deputy takes the absent teacher's subject of the class over, from today."""
        work = {"student_group": self.play.group, "subject": self.code(self.absent)}
        old = frappe.get_doc("HBS Teaching Assignment", work)
        old.to_date = add_days(today(), -1)
        old.save()
        new = frappe.copy_doc(old)
        new.update({"staff": self.staff(self.deputy), "from_date": today(), "to_date": add_days(today(), 10)})
        new.update({"replaces": self.staff(self.absent), "decision_number": DECISION, **values})
        return new.insert()

    def see(self, person: Any) -> None:
        with acting_as(self.user(person)):
            check.seen([self.name])

    @requirement("Y074")
    def test_the_principal_signs_no_subject_part_without_a_decision(self) -> None:
        with acting_as(self.play.principal):
            with self.assertRaises(NotYoursError):
                sign.sign("gvbm", [self.name], self.play.pin(self.play.school.principal))
            with self.assertRaises(frappe.PermissionError):
                sign.sign("gvbm", [self.name], self.play.pin(self.absent))
        calls = {name for name in dir(sign) if not name.startswith("_")}
        self.assertFalse({name for name in calls if "for" in name.split("_")})

    @requirement("Y074")
    def test_a_deputy_signs_with_his_own_certificate_and_both_names_stand_in_the_file(self) -> None:
        self.stand_in()
        self.see(self.deputy)
        with acting_as(self.user(self.deputy)):
            batch = sign.sign("gvbm", [self.name], self.play.pin(self.deputy))
        self.assertEqual(batch.status, "Done")
        part = self.part(self.code(self.absent))
        self.assertEqual(part.teacher_citizen_id, self.deputy.citizen_id)
        said = part.substitution
        self.assertEqual((said.absent_name, said.decision_number), (self.absent.name, DECISION))
        self.assertEqual((said.from_date, said.to_date), (today(), str(add_days(today(), 10))))

    def test_a_decision_needs_number_last_day_and_another_person(self) -> None:
        for wrong in ({"decision_number": ""}, {"to_date": None}, {"replaces": self.staff(self.deputy)}):
            frappe.db.savepoint("wrong")
            with self.assertRaises(frappe.ValidationError):
                self.stand_in(**wrong)
            frappe.db.rollback(save_point="wrong")

    def test_refused_by_the_service_when_rows_were_changed_past_the_form(self) -> None:
        doc = self.stand_in()
        self.see(self.deputy)
        for change, word in (({"decision_number": None}, "quyết định"), ({"decision_number": "99/QĐ"}, "99/QĐ")):
            frappe.db.set_value("HBS Teaching Assignment", doc.name, change)
            self.refused(self.deputy, "gvbm", word)
        frappe.db.set_value("HBS Teaching Assignment", doc.name, {"decision_number": DECISION, "replaces": None})
        self.refused(self.deputy, "gvbm", self.absent.name)

    def test_refused_outside_the_days_that_stand_in_the_file(self) -> None:
        doc = self.stand_in(to_date=today())
        frappe.db.set_value("HBS Teaching Assignment", doc.name, "to_date", add_days(today(), 5))
        self.see(self.deputy)
        tomorrow = getdate(add_days(today(), 1))
        with patch.object(deputies, "getdate", lambda *day: getdate(*day) if day else tomorrow):
            self.refused(self.deputy, "gvbm", DECISION)

    def refused(self, person: Any, stage: str, word: str) -> None:
        frappe.local.lang = "vi"
        try:
            with acting_as(self.user(person)), self.assertRaisesRegex(NotYoursError, word):
                prepare.open_batch(stage, [self.name])
        finally:
            frappe.local.lang = "en"
            frappe.clear_messages()

    def vice(self, **values: Any) -> Any:
        """A deputy head with a login and a certificate, entered as standing in for the principal."""
        email = "phohieutruong@example.invalid"
        user = {"doctype": "User", "email": email, "first_name": "Phó Hiệu Trưởng", "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": roles.PRINCIPAL}]}).insert(ignore_permissions=True)
        staff = {"doctype": "HBS Staff Member", "full_name": "Phó Hiệu Trưởng", "citizen_id": "999180000123"}
        staff |= {"unit": self.unit, "from_date": "2020-01-01", "user": email, "job_title": "Phó hiệu trưởng"}
        decided = {"is_principal": 1, "replaces": self.staff(self.play.school.principal), "decision_number": DECISION}
        days = {"replaces_from": today(), "replaces_to": add_days(today(), 5)}
        return frappe.get_doc({**staff, **decided, **days, **values}).insert(ignore_permissions=True)

    def test_the_managers_deputy_needs_a_decision_with_days(self) -> None:
        wrong: tuple[dict[str, Any], ...] = (
            {"replaces": None},
            {"decision_number": None},
            {"replaces_to": None},
            {"replaces_to": add_days(today(), -1)},
        )
        for values in wrong:
            frappe.db.savepoint("wrong")
            with self.assertRaises(frappe.ValidationError):
                self.vice(**values)
            frappe.db.rollback(save_point="wrong")

    def test_the_managers_deputy_stands_in_the_file_and_only_in_his_days(self) -> None:
        self.play.sign_subjects()
        vice = self.vice()
        self.play.sign_homeroom()
        said = self.record().general
        self.assertEqual((said.principal_name, said.principal_title), ("Phó Hiệu Trưởng", "Phó hiệu trưởng"))
        substitution = said.principal_substitution
        self.assertEqual(
            (substitution.absent_name, substitution.decision_number), (self.play.school.principal.name, DECISION)
        )
        with acting_as(self.play.principal), self.assertRaises(NotYoursError):
            prepare.open_batch("cbql", [self.name])
        frappe.db.set_value("HBS Staff Member", vice.name, "replaces_to", add_days(today(), -1))
        frappe.db.set_value("HBS Staff Member", vice.name, "replaces_from", add_days(today(), -9))
        with acting_as(vice.user), self.assertRaises(NotYoursError):
            prepare.open_batch("cbql", [self.name])
        moved = assignments.follow_dates()
        self.assertIn(self.name, [move.record for move in moved])
        self.assertEqual(self.record().general.principal_citizen_id, self.play.school.principal.citizen_id)
        self.assertIsNone(self.record().general.principal_substitution)

    def test_no_signature_in_a_session_that_somebody_else_opened(self) -> None:
        with acting_as(self.user(self.absent)):
            frappe.session.data.impersonated_by = "Administrator"
            try:
                with self.assertRaises(NotYoursError):
                    sign.sign("gvbm", [self.name], self.play.pin(self.absent))
                certificate = frappe.db.get_value("HBS Certificate", {"staff": self.staff(self.absent)})
                with self.assertRaises(NotYoursError):
                    enrolment.begin_test(certificate)
            finally:
                frappe.session.data.pop("impersonated_by")
            sign.sign("gvbm", [self.name], self.play.pin(self.absent))

    def test_a_device_stays_with_its_signer_where_the_school_wants_it(self) -> None:
        device = "0123456789abcdef0123"
        with acting_as(self.user(self.absent)):
            sign.confirm("gvbm", [self.name], self.play.pin(self.absent), device=device)
        with acting_as(self.user(self.deputy)):
            frappe.db.savepoint("any")
            prepare.open_batch("gvbm", [self.name], device=device)
            frappe.db.rollback(save_point="any")
            frappe.db.set_single_value("HBS Settings", "device_days", 30)
            with self.assertRaises(NotYoursError):
                prepare.open_batch("gvbm", [self.name], device=device)
            prepare.open_batch("gvbm", [self.name], device="fedcba9876543210fedc")
        with acting_as(self.user(self.absent)), self.assertRaises(frappe.ValidationError):
            prepare.open_batch("gvbm", [self.name], device=device)  # his own: signed already, not refused as a device

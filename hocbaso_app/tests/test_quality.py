"""The quality of a school's data: whole data have no fault, five known faults are exactly those found."""

from __future__ import annotations

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services.quality import score
from hocbaso_app.setup import roles
from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import Play, acting_as

test_ignore = NO_TEST_RECORDS


class TestQuality(FrappeTestCase):
    """One class of drafts that are read in."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=3, grade=4)
        self.unit, self.year = self.play.world.unit, self.play.school.school_year

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}

    def found(self) -> list[tuple[str, str]]:
        sheet = score.sheet_of(self.unit, self.year)
        return sorted((fault.code, fault.name) for fault in sheet.faults)

    def write(self, doctype: str, name: str, **values: object) -> None:
        frappe.db.set_value(doctype, name, values)
        frappe.clear_document_cache(doctype, name)

    def insert_five(self) -> list[tuple[str, str]]:
        """A fault in each area, entered past the forms, as an import would; gives what is to be found."""
        first, second, _third = self.play.names()
        clerk = self.play.world.staff[self.play.school.clerk.citizen_id]
        specialist = self.play.specialists[0]
        certificate = {"staff": self.play.world.staff[specialist.citizen_id]}
        taught = {**certificate, "student_group": self.play.group, "kind": "Subject"}
        self.write("HBS Record", first, citizen_id=None)
        self.write("HBS Record", second, mother_name=None, guardian_name=None)
        self.write("HBS Unit", self.unit, release_place=None)
        self.write("HBS Staff Member", clerk, job_title=None)
        self.write("HBS Certificate", frappe.db.get_value("HBS Certificate", certificate), status="Withdrawn")
        self.assertTrue(frappe.db.exists("HBS Teaching Assignment", taught))
        return sorted(
            [
                ("CCCD_MISSING", first),
                ("PARENT_MISSING", second),
                ("UNIT_RELEASE_PLACE", self.unit),
                ("STAFF_JOB_TITLE", clerk),
                ("STAFF_CERTIFICATE", certificate["staff"]),
            ]
        )

    @requirement("Y055")
    def test_five_known_faults_are_exactly_those_found(self) -> None:
        self.play.read_in()
        whole = score.sheet_of(self.unit, self.year)
        self.assertEqual((whole.faults, whole.score), ([], 100.0))
        expected = self.insert_five()
        self.assertEqual(self.found(), expected)
        officer = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        with acting_as(officer):
            sheet = score.of_school(self.unit, self.year, officer)
            (row,) = score.schools(officer, self.year)
        self.assertEqual((len(sheet.faults), row["faults"], row["in_pupils"], row["in_staff"]), (5, 5, 2, 1))
        self.assertEqual(sheet.made, whole.made, "the same questions, other answers")
        self.assertAlmostEqual(sheet.score or 0, 100 * (1 - 5 / sheet.made), delta=0.1)
        self.assertIn(str(sheet.made), score.explain(sheet))

    def test_pupils_of_education_count_before_they_are_read_in(self) -> None:
        student = frappe.get_all(
            "Student Group Student", {"parent": self.play.group}, pluck="student", order_by="idx", limit=1
        )[0]
        self.assertEqual(self.found(), [])
        self.write("Student", student, hbs_ethnic_group="99", hbs_birth_place="")
        found = self.found()
        self.assertEqual({name for _code, name in found}, {student})
        self.assertEqual([code for code, _name in found], ["CODE_UNKNOWN", "VALUE_MISSING"])

    def test_a_number_twice_and_an_odd_age(self) -> None:
        first, second, third = self.play.until("entered")
        number = frappe.db.get_value("HBS Record", second, "citizen_id")
        self.write("HBS Record", first, citizen_id=number)
        self.write("HBS Record", third, birth_date="1991-05-01")
        codes = [("BIRTH_DATE_ODD", third), ("CITIZEN_ID_TWICE", first), ("CITIZEN_ID_TWICE", second)]
        self.assertEqual(self.found(), sorted(codes))

    def test_a_class_without_its_homeroom_teacher(self) -> None:
        self.play.read_in()
        work = {"student_group": self.play.group, "kind": "Homeroom"}
        self.write(
            "HBS Teaching Assignment", frappe.db.get_value("HBS Teaching Assignment", work), to_date="2021-01-01"
        )
        self.assertEqual(self.found(), [("CLASS_HOMEROOM", self.play.group)])

    def test_what_is_released_was_verified(self) -> None:
        (name, *_others) = self.play.until("released")
        self.write("HBS Record", name, residence=None)
        self.assertEqual(self.found(), [])

    def test_many_schools_are_shown_as_of_last_night(self) -> None:
        other_school()
        self.play.read_in()
        kept = score.keep(self.unit, self.year)
        self.insert_five()
        score.LIVE, before = 0, score.LIVE
        try:
            rows = {row["unit"]: row for row in score.schools("Administrator", self.year)}
        finally:
            score.LIVE = before
        self.assertEqual((rows[self.unit]["score"], rows[self.unit]["checks"]), (100.0, kept.made))
        self.assertIsNone(rows[OTHER]["score"])
        score.keep(self.unit, self.year)
        self.assertEqual(frappe.db.count("HBS Unit Quality", {"unit": self.unit}), 1)
        self.assertEqual(frappe.db.get_value("HBS Unit Quality", {"unit": self.unit}, "faults"), 5)

    def test_another_school_is_not_told(self) -> None:
        other_school()
        stranger = school_person("la@example.invalid", roles.PRINCIPAL, OTHER)
        self.play.read_in()
        with acting_as(stranger):
            with self.assertRaises(NotYoursError):
                score.of_school(self.unit, self.year, stranger)
            self.assertEqual([row["unit"] for row in score.schools(stranger, self.year)], [OTHER])

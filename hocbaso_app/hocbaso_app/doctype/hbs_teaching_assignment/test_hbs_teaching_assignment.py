"""Who teaches what, when."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.world import Play

test_ignore = NO_TEST_RECORDS


class TestHBSTeachingAssignment(FrappeTestCase):
    """One person per work and day; substitution by decision."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        self.play = Play(pupils=1, grade=3)

    def tearDown(self) -> None:
        frappe.db.rollback()

    def _second(self, **values: Any) -> Any:
        first = frappe.get_doc("HBS Teaching Assignment", {"student_group": self.play.group, "subject": "01"})
        doc = frappe.copy_doc(first)
        doc.staff = self.play.world.staff[self.play.specialists[0].citizen_id]
        doc.update(values)
        return first, doc

    def test_no_two_people_for_the_same_days(self) -> None:
        _first, second = self._second()
        with self.assertRaises(frappe.ValidationError):
            second.insert()

    def test_successor_from_the_next_day(self) -> None:
        first, second = self._second(from_date="2026-02-01")
        first.to_date = "2026-01-31"
        first.save()
        second.insert()
        self.assertEqual(
            frappe.db.count("HBS Teaching Assignment", {"student_group": first.student_group, "subject": "01"}), 2
        )

    def test_substitution_needs_a_decision(self) -> None:
        first, second = self._second(from_date="2026-02-01")
        first.to_date = "2026-01-31"
        first.save()
        second.replaces = first.staff
        with self.assertRaises(frappe.ValidationError):
            second.insert()

    def test_person_of_another_unit_is_refused(self) -> None:
        unit = {
            "doctype": "HBS Unit",
            "code": "T-X",
            "unit_name": "Trường khác",
            "kind": "School",
            "valid_from": "2020-01-01",
        }
        frappe.get_doc(unit).insert()
        _first, second = self._second(unit="T-X")
        with self.assertRaises(frappe.ValidationError):
            second.insert()

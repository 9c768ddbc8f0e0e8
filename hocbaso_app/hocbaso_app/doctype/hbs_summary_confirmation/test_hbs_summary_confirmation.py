"""Which pupils of a class the year-end summary covers."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as, state

test_ignore = NO_TEST_RECORDS


class TestHBSSummaryConfirmation(FrappeTestCase):
    """Pupils left out with a reason; the rest of the class goes on."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=3, grade=2)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    def _confirm(self, *rows: dict[str, Any]) -> Any:
        values = {"unit": self.play.world.unit, "academic_year": self.play.school.school_year}
        doc = {"doctype": "HBS Summary Confirmation", **values, "student_group": self.play.group}
        with acting_as(self.play.principal):
            return frappe.get_doc(
                {**doc, "minutes_number": "05/BB-HĐ", "confirmed_on": frappe.utils.today(), "unconfirmed": list(rows)}
            ).insert()

    @requirement("Y087")
    def test_unconfirmed_pupil_is_not_initialised_the_others_are(self) -> None:
        first, *others = self.play.until("entered")
        student = frappe.db.get_value("HBS Record", first, "student")
        confirmation = self._confirm({"student": student, "reason": "Summer training", "note": "đến 15/8"})
        self.assertEqual(confirmation.pupils, 2)
        answer = self.play.initialise()
        self.assertEqual(answer["initialised"], others)
        (sentence,) = answer["refused"]
        self.assertIn("đến 15/8", sentence)
        self.assertEqual([state(name) for name in (first, *others)], ["Draft", "Initialised", "Initialised"])
        self.assertIn("đến 15/8", frappe.db.get_value("HBS Record", first, "faults"))
        self._confirm()
        self.assertEqual(self.play.initialise()["initialised"], [first])

    def test_only_pupils_of_the_class_each_once_with_a_reason(self) -> None:
        student = frappe.get_all("Student Group Student", {"parent": self.play.group}, pluck="student", limit=1)[0]
        row = {"student": student, "reason": "Summer training"}
        foreign = frappe.get_all("Student", {"name": ("!=", student)}, pluck="name", order_by="name")
        mates = frappe.get_all("Student Group Student", {"parent": self.play.group}, pluck="student")
        stranger = next((name for name in foreign if name not in mates), "nobody")
        for rows in ([row, row], [{**row, "student": stranger}], [{**row, "reason": "Other reason"}]):
            with self.assertRaises(frappe.ValidationError):
                self._confirm(*rows)

    def test_evidence(self) -> None:
        doc = self._confirm()
        doc.minutes_number = "06"
        with self.assertRaises(EvidenceError):
            doc.save()
        with self.assertRaises(EvidenceError):
            frappe.delete_doc("HBS Summary Confirmation", doc.name, force=True)

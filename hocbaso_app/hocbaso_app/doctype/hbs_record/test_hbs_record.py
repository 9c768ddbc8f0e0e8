"""HBS Record: what stands on the desk is what stands in the file."""

from __future__ import annotations

from dataclasses import replace

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import StepOrderError
from hocbaso_app.services import convert, files
from hocbaso_app.setup.demo.world import values_of
from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.world import Play

test_ignore = NO_TEST_RECORDS


class TestHBSRecord(FrappeTestCase):
    """Conversion and creation."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        self.play = Play(pupils=3, grade=2)

    def tearDown(self) -> None:
        frappe.db.rollback()

    def test_values_survive_the_desk(self) -> None:
        for name, record in zip(self.play.read_in(), values_of(self.play.world, self.play.school_class), strict=True):
            doc = frappe.get_doc("HBS Record", name)
            convert.fill(doc, record)
            doc.flags.hbs_service = True
            doc.save()
            back = convert.to_record(frappe.get_doc("HBS Record", name))
            weight = convert.to_record(doc).general.weight_kg
            self.assertEqual(float(weight or 0), float(record.general.weight_kg or 0))
            self.assertEqual(replace(back, general=replace(back.general, weight_kg=record.general.weight_kg)), record)

    def test_file_says_what_the_desk_says(self) -> None:
        for name in self.play.until("initialised"):
            doc = frappe.get_doc("HBS Record", name)
            _version, document = files.load(doc.current_version)
            self.assertEqual(document.record, convert.to_record(doc))

    def test_record_is_not_entered_by_hand(self) -> None:
        name = self.play.read_in()[0]
        copy = frappe.copy_doc(frappe.get_doc("HBS Record", name))
        with self.assertRaises(StepOrderError):
            copy.insert(ignore_permissions=True)

    def test_one_record_per_pupil_and_year(self) -> None:
        name = self.play.read_in()[0]
        copy = frappe.copy_doc(frappe.get_doc("HBS Record", name))
        copy.flags.hbs_service = True
        with self.assertRaises(frappe.UniqueValidationError):
            copy.insert(ignore_permissions=True)

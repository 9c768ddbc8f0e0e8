"""Progress of the schools as dashboards above them read it."""

from __future__ import annotations

from typing import Any, ClassVar

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.jobs import channel
from hocbaso_app.services import progress, unit_progress
from hocbaso_app.tests.test_isolation import OTHER, other_school
from hocbaso_app.tests.world import Play


class TestUnitProgress(FrappeTestCase):
    """A school whose records lie here, and one that reports."""

    play: ClassVar[Play]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=2, grade=2)
        cls.play.until("entered")
        other_school()

    def rows(self, unit: str) -> list[Any]:
        """What is known of a school."""
        return frappe.get_all(unit_progress.DOCTYPE, {"unit": unit}, ["*"], order_by="student_group, state")

    def test_counts_equal_the_schools_own_table(self) -> None:
        unit = self.play.world.unit
        channel.count_progress()
        channel.count_progress()
        (own,) = [row for row in progress.by_class() if row["unit"] == unit]
        (row,) = self.rows(unit)
        self.assertEqual((row.state, row["count"], row.complete), ("Draft", own["pupils"], own["complete"]))
        self.assertEqual((row.student_group, row.academic_year), (self.play.group, self.play.school.school_year))
        self.play.confirm_and_initialise()
        channel.count_progress()
        self.assertEqual([(row.state, row["count"]) for row in self.rows(unit)], [("Initialised", 2)])

    def test_an_older_report_changes_nothing(self) -> None:
        moment = now_datetime().replace(microsecond=0)
        told = [{"academic_year": "2025-2026", "student_group": "1A", "grade": "01", "state": "Draft", "count": 30}]
        self.assertTrue(unit_progress.take_report(OTHER, told, moment))
        self.assertFalse(unit_progress.take_report(OTHER, [], add_to_date(moment, hours=-1)))
        channel.count_progress()
        self.assertEqual([(row.student_group, row["count"]) for row in self.rows(OTHER)], [("1A", 30)])

    def test_a_school_of_this_site_is_not_taken_from_a_report(self) -> None:
        channel.count_progress()
        before = self.rows(self.play.world.unit)
        self.assertFalse(unit_progress.take_report(self.play.world.unit, [], now_datetime()))
        self.assertEqual(self.rows(self.play.world.unit), before)

"""The tree of units."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.tests import NO_TEST_RECORDS

test_ignore = NO_TEST_RECORDS


def make(code: str, kind: str, parent: str | None = None, **values: Any) -> Any:
    """A unit in being since 2020."""
    unit = {"doctype": "HBS Unit", "code": code, "unit_name": f"Đơn vị {code}", "kind": kind, "parent_hbs_unit": parent}
    return frappe.get_doc({**unit, "valid_from": "2020-01-01", **values}).insert()


class TestHBSUnit(FrappeTestCase):
    """Kinds, dates, deletion."""

    def tearDown(self) -> None:
        frappe.db.rollback()

    def test_school_below_office_below_department(self) -> None:
        make("T-S", "Department")
        make("T-P", "Office", "T-S")
        school = make("T-T", "School", "T-P")
        department = frappe.get_doc("HBS Unit", "T-S")
        self.assertTrue(department.lft < school.lft < school.rgt < department.rgt)
        self.assertEqual((department.is_group, school.is_group), (1, 0))

    def test_no_office_below_a_school(self) -> None:
        make("T-T", "School")
        with self.assertRaises(frappe.ValidationError):
            make("T-P", "Office", "T-T")

    def test_end_not_before_start(self) -> None:
        with self.assertRaises(frappe.ValidationError):
            make("T-T", "School", valid_to="2019-12-31")

    def test_unit_in_use_is_not_deleted(self) -> None:
        make("T-T", "School")
        staff = {"doctype": "HBS Staff Member", "full_name": "Người Thử", "citizen_id": "999000000001", "unit": "T-T"}
        frappe.get_doc({**staff, "from_date": "2020-01-01"}).insert()
        with self.assertRaises(frappe.ValidationError):
            frappe.delete_doc("HBS Unit", "T-T", force=True)

    def test_code_never_changes(self) -> None:
        unit = make("T-T", "School")
        unit.code = "T-U"
        unit.save()
        self.assertEqual((unit.reload().code, frappe.db.exists("HBS Unit", "T-U")), ("T-T", None))

"""Units change by date and decision: an office is replaced, schools move, names change; the sums stay."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, getdate, today

from hocbaso_app.exceptions import NotYoursError, StepOrderError
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services.overview import behind, table
from hocbaso_app.services.overview.figures import COLUMNS, STAGES, Asked
from hocbaso_app.services.units import changes, follow, heads, history
from hocbaso_app.setup import roles
from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as

test_ignore = NO_TEST_RECORDS

OLD, NEW, DECISION = "31-HP", "31-XM", "1685/NQ-UBTVQH15"
"""The office of the demo school, the commune that replaces it, and by what."""


class TestUnitsByDate(FrappeTestCase):
    """Two pupils of one school: one record was released before the day, the other is released after it."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=2, grade=4)
        self.year = self.play.school.school_year
        self.day = add_days(today(), -10)
        self.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}

    @property
    def unit(self) -> str:
        return self.play.world.unit

    def commune(self, code: str = NEW, kind: str = "Office", begins: str = "") -> str:
        values = {"code": code, "unit_name": f"Ủy ban nhân dân {code}", "kind": kind, "parent_hbs_unit": "31"}
        frappe.get_doc({"doctype": "HBS Unit", **values, "valid_from": begins or self.day}).insert()
        return code

    def school(self, code: str, parent: str) -> str:
        values = {"code": code, "unit_name": f"Trường {code}", "kind": "School", "parent_hbs_unit": parent}
        frappe.get_doc({"doctype": "HBS Unit", **values, "valid_from": "2020-09-01"}).insert()
        return code

    def rows(self, depth: str = "School", **asked: Any) -> dict[tuple[str, str | None], dict[str, Any]]:
        found = table.rows(Asked(asked.get("user", "Administrator"), self.year), depth)
        return {(row["unit"], row["above"] if row["kind"] == "School" else None): row for row in found}

    def replace(self, **values: Any) -> list[str]:
        with acting_as(self.department):
            return changes.merge(OLD, NEW, values.pop("on", self.day), DECISION, **values)

    @requirement("Y006")
    def test_an_office_is_replaced_by_a_commune(self) -> None:
        """Records before the day stay under the old office, after it they are the commune's; the sums are the same."""
        old_one, new_one = self.play.until("released")
        frappe.db.set_value("HBS Record", old_one, "released_at", f"{add_days(self.day, -1)} 00:00:00")
        frappe.db.set_value("HBS Record", new_one, "released_at", f"{self.day} 00:00:00")
        before = table.total(table.rows(Asked("Administrator", self.year)))
        self.commune()
        self.assertEqual(self.replace(), [self.unit])
        rows = self.rows()
        self.assertEqual(rows[OLD, None]["released"], 1)
        self.assertEqual(rows[NEW, None]["released"], 1)
        self.assertIn("đến" if frappe.local.lang == "vi" else "until", rows[OLD, None]["label"])
        self.assertEqual((rows[self.unit, OLD]["released"], rows[self.unit, NEW]["released"]), (1, 1))
        self.assertEqual(table.total(list(rows.values())), before)
        self.assertEqual(rows["31", None]["records"], 2)
        for office, name in ((OLD, old_one), (NEW, new_one)):
            found = behind.names(Asked("Administrator", self.year), "released", above=office)
            self.assertEqual([row["name"] for row in found["rows"]], [name])
        self.assertEqual(history.parent_on(self.unit, add_days(self.day, -1)), OLD)
        self.assertEqual(history.parent_on(self.unit, self.day), NEW)
        self.assertEqual(frappe.db.get_value("HBS Unit", self.unit, "parent_hbs_unit"), NEW)
        ended = frappe.get_doc("HBS Unit", OLD)
        self.assertEqual((str(ended.valid_to), ended.successor), (str(add_days(self.day, -1)), NEW))
        entry = frappe.get_last_doc("HBS Audit Entry", {"action": "unit merged", "reference_name": OLD})
        self.assertEqual((json.loads(entry.details)["decision"], entry.actor), (DECISION, self.department))

    def test_the_successor_sees_what_the_old_office_saw(self) -> None:
        self.play.until("draft")
        self.commune()
        old = school_person("phong@example.invalid", roles.OFFICE_OFFICER, OLD)
        new = school_person("xa@example.invalid", roles.OFFICE_OFFICER, NEW)
        self.assertEqual((len(scope_of(old).units), scope_of(new).units), (2, frozenset({NEW})))
        self.replace(take_staff=False)
        frappe.local.hbs_scopes = {}
        self.assertEqual(scope_of(old).units, frozenset())
        self.assertEqual(scope_of(new).units, frozenset({NEW, OLD, self.unit}))
        with acting_as(new):
            self.assertEqual(frappe.get_list("HBS Record", pluck="name", order_by="name"), self.play.names())
            self.assertIn(OLD, frappe.get_list("HBS Unit", pluck="name", order_by="name"))
        with acting_as(old):
            self.assertEqual(frappe.get_list("HBS Record"), [])

    def test_its_people_go_on_at_the_successor(self) -> None:
        self.commune()
        old = school_person("phong@example.invalid", roles.OFFICE_OFFICER, OLD)
        self.replace()
        frappe.local.hbs_scopes = {}
        self.assertEqual(scope_of(old).units, frozenset({NEW, OLD, self.unit}))
        entries = frappe.get_all("HBS Staff Member", {"user": old}, ["unit", "to_date"], order_by="from_date")
        self.assertEqual(
            [(e.unit, str(e.to_date)) for e in entries], [(OLD, str(add_days(self.day, -1))), (NEW, "None")]
        )
        self.assertEqual([row["unit"] for row in heads.missing()], [NEW], "the head is appointed, not taken along")

    def test_a_day_to_come_changes_nothing_before_it(self) -> None:
        later = add_days(today(), 5)
        self.commune(begins=later)
        self.replace(on=later)
        doc = frappe.get_doc("HBS Unit", self.unit)
        self.assertEqual((doc.parent_hbs_unit, len(doc.placements)), (OLD, 2))
        self.assertEqual(follow.follow_dates(), [])
        self.assertEqual((follow.follow_dates(later), follow.follow_dates(later)), ([self.unit], []))
        self.assertEqual(frappe.db.get_value("HBS Unit", self.unit, "parent_hbs_unit"), NEW)
        self.assertTrue(self._lies_below(self.unit, NEW))

    def _lies_below(self, unit: str, above: str) -> bool:
        lower, upper = (frappe.db.get_value("HBS Unit", name, ["lft", "rgt"]) for name in (unit, above))
        return upper[0] < lower[0] and lower[1] < upper[1]

    def test_the_middle_tier_may_end_altogether(self) -> None:
        """A school directly below the department, as since July 2025: figures, scope, who is waited for."""
        self.play.until("draft")
        with acting_as(self.department):
            changes.merge(OLD, "31", self.day, DECISION)
        frappe.local.hbs_scopes = {}
        self.assertEqual(frappe.db.get_value("HBS Unit", self.unit, "parent_hbs_unit"), "31")
        rows = self.rows(user=self.department)
        self.assertEqual((rows["31", None]["records"], rows[self.unit, "31"]["records"]), (2, 2))
        self.assertEqual(rows[self.unit, "31"]["parent_place"], rows["31", None]["place"])
        self.play.enter()
        self.play.confirm_and_initialise()
        self.assertEqual(frappe.db.get_value("HBS Record", self.play.names()[0], "department_code"), "31")

    def test_a_school_moves_and_one_is_merged(self) -> None:
        self.commune()
        other = self.school("31999944", NEW)
        with acting_as(self.department):
            changes.move(self.unit, NEW, self.day, "12/QĐ")
            changes.merge(other, self.unit, add_days(today(), -1), "13/QĐ")
        frappe.local.hbs_scopes = {}
        self.assertEqual(history.parent_on(self.unit, today()), NEW)
        self.assertIn(other, scope_of(self.play.principal).units)

    def test_names_by_date(self) -> None:
        old = frappe.db.get_value("HBS Unit", self.unit, "unit_name")
        with acting_as(self.department):
            changes.rename(self.unit, "Trường Tiểu học Hoa Ban", self.day, "99/QĐ")
            says = changes.preview("rename", self.unit, self.day)
        self.assertEqual(history.name_on(self.unit, add_days(self.day, -1)), old)
        self.assertEqual(history.name_on(self.unit, self.day), "Trường Tiểu học Hoa Ban")
        self.assertEqual(frappe.db.get_value("HBS Unit", self.unit, "unit_name"), "Trường Tiểu học Hoa Ban")
        self.assertEqual(len(says), 3, "what stays, the seal's certificate, records that are initialised")

    def test_what_can_not_be(self) -> None:
        self.commune()
        foreign = self.commune("31-ZZ", begins=add_days(today(), 30))
        refused = (
            lambda: changes.move(self.unit, NEW, self.day, ""),
            lambda: changes.move(self.unit, OLD, self.day, "1/QĐ"),
            lambda: changes.move(self.unit, foreign, self.day, "1/QĐ"),
            lambda: changes.move(self.unit, NEW, "2019-01-01", "1/QĐ"),
            lambda: changes.move(OLD, NEW, self.day, "1/QĐ"),
            lambda: changes.merge(self.unit, NEW, self.day, "1/QĐ"),
            lambda: changes.end(OLD, self.day, "1/QĐ"),
            lambda: changes.rename(self.unit, " ", self.day, "1/QĐ"),
        )
        for attempt in refused:
            with self.assertRaises(frappe.ValidationError):
                attempt()
        changes.move(self.unit, NEW, self.day, "1/QĐ")
        with self.assertRaises(StepOrderError):
            changes.move(self.unit, OLD, add_days(self.day, -1), "2/QĐ")
        changes.end(OLD, self.day, "3/QĐ")
        with self.assertRaises(StepOrderError):
            changes.rename(OLD, "Khác", today(), "4/QĐ")

    def test_only_the_department_and_only_its_own(self) -> None:
        self.commune()
        office = school_person("phong@example.invalid", roles.OFFICE_OFFICER, OLD)
        foreign = school_person("so.khac@example.invalid", roles.DEPARTMENT_OFFICER, self.commune("32", "Office"))
        for user in (office, foreign, self.play.principal):
            with acting_as(user), self.assertRaises(NotYoursError):
                changes.move(self.unit, NEW, self.day, "1/QĐ")

    def test_a_form_does_not_rewrite_history(self) -> None:
        self.play.until("draft")
        self.commune()
        doc = frappe.get_doc("HBS Unit", self.unit)
        doc.parent_hbs_unit = NEW
        with self.assertRaises(StepOrderError):
            doc.save()
        doc.reload()
        doc.valid_to, doc.successor = self.day, NEW
        doc.placements[0].parent_unit = NEW
        doc.tax_code = "0209999123"
        doc.save()
        doc.reload()
        self.assertEqual((doc.valid_to, doc.successor, doc.tax_code), (None, None, "0209999123"))
        self.assertEqual([row.parent_unit for row in doc.placements], [OLD])

    def test_a_typing_error_is_mended_before_the_unit_is_used(self) -> None:
        doc = frappe.get_doc("HBS Unit", self.school("31999945", OLD))
        doc.unit_name, doc.valid_from = "Trường Tiểu học Hoa Lan", "2021-01-01"
        doc.save()
        self.assertEqual(
            [(r.unit_name, getdate(r.from_date)) for r in doc.names], [(doc.unit_name, getdate("2021-01-01"))]
        )

    @requirement("Y003")
    def test_units_without_a_head(self) -> None:
        from frappe.desk.query_report import run

        self.assertEqual(heads.missing(), [], "the made-up school, its office and its department")
        name = frappe.db.get_value("HBS Staff Member", {"unit": self.unit, "is_head": 1})
        doc = frappe.get_doc("HBS Staff Member", name)
        doc.is_head = 0
        doc.save()
        with acting_as(self.department):
            answer = run("HBS Units without a Head", {})
        self.assertEqual([row["unit"] for row in answer["result"]], [self.unit])
        doc.is_head = 1
        doc.save()
        self.assertEqual(heads.missing(), [])
        second = frappe.copy_doc(frappe.get_doc("HBS Staff Member", {"unit": self.unit, "is_head": 0}))
        second.update({"citizen_id": "999000000777", "user": None, "is_head": 1})
        with self.assertRaises(frappe.ValidationError):
            second.insert()

    def test_columns_add_up(self) -> None:
        self.play.until("entered")
        for row in self.rows("Class").values():
            stages = sum(row[name] for name in STAGES)
            self.assertEqual(stages, row["records"])
            self.assertLessEqual(set(COLUMNS), set(row))

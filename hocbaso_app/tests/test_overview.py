"""Figures from the city down to the record: equal to the files, within the area, with names behind them."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import frappe
from frappe.desk.query_report import run
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, today

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import files, schedule, states
from hocbaso_app.services.overview import behind, lagging, reminders, table
from hocbaso_app.services.overview.figures import NO_NAMES, RECEPTION, STAGES, Asked
from hocbaso_app.setup import roles
from hocbaso_app.tests import NO_TEST_RECORDS
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as

test_ignore = NO_TEST_RECORDS

COMMUNE, SECOND = "31-XB", "31999955"
"""Another commune and its school."""


class TestOverview(FrappeTestCase):
    """Three classes: released, half signed, drafts; the last belongs to a school of another commune."""

    plays: ClassVar[list[Play]]
    year: ClassVar[str]
    department: ClassVar[str]
    office: ClassVar[str]
    inner_office: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.plays = [Play(pupils=2, grade=4), Play(pupils=3, grade=2), Play(pupils=1, grade=3)]
        for play in cls.plays[1:]:
            play.world.pins = cls.plays[0].world.pins
        for play, stage in zip(cls.plays, ("released", "subjects", "draft"), strict=True):
            play.until(stage)
        cls.year = cls.plays[0].school.school_year
        cls.unit_below(COMMUNE, "Office", "31")
        cls.unit_below(SECOND, "School", COMMUNE)
        for name in cls.plays[2].names():
            frappe.db.set_value("HBS Record", name, "unit", SECOND)
        cls.unit_below("31-P1", "Office", "31", whole_area=1)
        cls.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        cls.office = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        cls.inner_office = school_person("phongth@example.invalid", roles.OFFICE_OFFICER, "31-P1")

    @staticmethod
    def unit_below(code: str, kind: str, parent: str, **values: Any) -> None:
        unit = {"doctype": "HBS Unit", "code": code, "unit_name": f"Đơn vị {code}", "kind": kind, **values}
        frappe.get_doc({**unit, "parent_hbs_unit": parent, "valid_from": "2020-01-01"}).insert()

    def setUp(self) -> None:
        frappe.local.hbs_scopes = {}
        frappe.db.savepoint("before_test")

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="before_test")
        schedule.forget()

    def rows(self, user: str, depth: str = "Class") -> list[dict[str, Any]]:
        with acting_as(user):
            return table.rows(Asked(user, self.year), depth)

    def of_unit(self, rows: list[dict[str, Any]], unit: str) -> dict[str, Any]:
        (row,) = [row for row in rows if row["unit"] == unit and row["kind"] != "Class"]
        return row

    @staticmethod
    def by_files(names: list[str]) -> Counter[str]:
        """Column → records, by nothing but the files and their signatures."""
        found: Counter[str] = Counter()
        for name in names:
            version = frappe.db.get_value("HBS Record", name, "current_version")
            document = files.load(version)[1] if version else None
            if document is None:
                found["entry"] += 1
            elif document.slot("ky-phat-hanh"):
                found["unsent"] += 1
            elif document.slot("ky-gvcn"):
                found["manager"] += 1
            elif all(inner for slot, inner in document.slots.items() if slot.startswith("ky-mon-")):
                found["homeroom"] += 1
            else:
                found["elsewhere"] += 1
        return found

    def assert_equal_to_files(self, row: dict[str, Any], names: list[str]) -> None:
        counted = self.by_files(names)
        self.assertEqual({column: row[column] for column in STAGES if row[column]}, dict(counted))
        self.assertEqual((row["records"], row["released"]), (len(names), counted["unsent"]))

    @requirement("Y051")
    def test_city_figures_equal_the_files_down_to_the_class(self) -> None:
        rows = self.rows(self.department)
        names = [play.names() for play in self.plays]
        self.assert_equal_to_files(self.of_unit(rows, "31"), [*names[0], *names[1], *names[2]])
        self.assert_equal_to_files(self.of_unit(rows, "31-HP"), [*names[0], *names[1]])
        self.assert_equal_to_files(self.of_unit(rows, COMMUNE), names[2])
        self.assert_equal_to_files(self.of_unit(rows, SECOND), names[2])
        for play, own in zip(self.plays, names, strict=True):
            (row,) = [row for row in rows if row["student_group"] == play.group]
            self.assert_equal_to_files(row, own)
        shown = [(row["kind"], row["indent"]) for row in rows]
        self.assertEqual(shown[0], ("Department", 0))
        self.assertEqual({indent for kind, indent in shown if kind == "Class"}, {3})

    def test_the_names_behind_every_number(self) -> None:
        """Each number of each row, asked for as the page asks, lists just as many records."""
        asked = 0
        for row in self.rows(self.department):
            place = {
                "Department": {"unit": row["unit"]},
                "Office": {"above": row["unit"]},
                "School": {"unit": row["unit"], "above": row["above"]},
                "Class": {"unit": row["unit"], "above": row["above"], "student_group": row["student_group"]},
            }[row["kind"]]
            for column in ("records", "released", "late", *STAGES, *RECEPTION):
                unit = place.get("unit")
                rest = {key: value for key, value in place.items() if key != "unit"}
                with acting_as(self.department):
                    found = behind.names(Asked(self.department, self.year, unit), column, **rest)
                self.assertEqual(found["total"], row[column], (row["label"], column))
                asked += 1
        self.assertGreater(asked, 100)

    @requirement("Y056")
    def test_an_area_has_its_own_figures_only(self) -> None:
        """As for the city: equal to the files of the area, names behind them, nothing of the other commune."""
        rows = self.rows(self.office)
        names = [*self.plays[0].names(), *self.plays[1].names()]
        self.assert_equal_to_files(self.of_unit(rows, "31-HP"), names)
        self.assertEqual(table.total(rows)["records"], 5)
        self.assertFalse({COMMUNE, SECOND, "31"} & {row["unit"] for row in rows})
        for play in self.plays[:2]:
            (row,) = [row for row in rows if row["student_group"] == play.group]
            self.assert_equal_to_files(row, play.names())
        with acting_as(self.office):
            everything = behind.names(Asked(self.office, self.year), "records")
            foreign = behind.names(Asked(self.office, self.year, SECOND), "records", above=COMMUNE)
        self.assertEqual((everything["total"], foreign["total"]), (5, 0))
        self.assertEqual({row["name"] for row in everything["rows"]}, set(names))
        self.set_due(schedule.ENTRY, add_days(today(), -4), SECOND)
        with acting_as(self.office):
            self.assertEqual(lagging.rows(Asked(self.office, self.year)), [])
            with self.assertRaises(NotYoursError):
                reminders.remind([SECOND], self.year)

    @requirement("Y005")
    def test_an_office_of_the_department_sees_the_city_and_edits_no_record(self) -> None:
        rows = self.rows(self.inner_office, "School")
        self.assertEqual(table.total(rows), table.total(self.rows(self.department, "School")))
        self.assertEqual(self.of_unit(rows, "31")["records"], 6)
        for user in (self.inner_office, self.office, self.department):
            with acting_as(user):
                name = self.plays[1].names()[0]
                doc = frappe.get_doc("HBS Record", name)
                self.assertTrue(doc.has_permission("read"))
                self.assertFalse(any(doc.has_permission(right) for right in ("write", "create", "delete", "submit")))
                doc.homeroom_remark = "Sở sửa thử"
                with self.assertRaises(frappe.PermissionError):
                    doc.save()
                with self.assertRaises(frappe.PermissionError):
                    frappe.client.set_value("HBS Record", name, "homeroom_remark", "Sở sửa thử")
        self.assertNotEqual(frappe.db.get_value("HBS Record", name, "homeroom_remark"), "Sở sửa thử")
        with self.assertRaises(frappe.ValidationError):
            self.unit_below("31999956", "School", "31-P1")

    def test_a_teacher_has_no_overview(self) -> None:
        with acting_as(self.plays[0].homeroom), self.assertRaises(frappe.PermissionError):
            run("HBS Overview", {})

    def test_a_school_of_another_site_as_it_reported(self) -> None:
        far = "31999957"
        self.unit_below(far, "School", COMMUNE)
        values = {
            "unit": far,
            "academic_year": self.year,
            "student_group": "5A",
            "grade": "05",
            "source": "Report of the school",
        }
        for state, count in ((states.DRAFT, 7), (states.RELEASED, 3)):
            row = {
                "doctype": "HBS Unit Progress",
                **values,
                "state": state,
                "count": count,
                "as_of": frappe.utils.now(),
            }
            doc = frappe.get_doc(row)
            doc.flags.hbs_service = True
            doc.insert(ignore_permissions=True)
        row = self.of_unit(self.rows(self.department), far)
        self.assertEqual((row["records"], row["entry"], row["unsent"], row["released"]), (10, 7, 3, 3))
        self.assertEqual((row["named"], row["from_elsewhere"]), (False, True))
        self.assertEqual(NO_NAMES, {"reported"})

    def set_due(self, stage: str, day: Any, unit: str = "31") -> None:
        values = {"doctype": "HBS Schedule", "unit": unit, "academic_year": self.year, "decision_number": "7/KH"}
        frappe.get_doc({**values, "stages": [{"stage": stage, "due_date": day}]}).insert(ignore_permissions=True)
        schedule.forget()

    def test_late_schools_the_worst_first_and_reminded_once_a_day(self) -> None:
        self.unit_below("31999958", "School", COMMUNE)
        self.set_due(schedule.ENTRY, add_days(today(), -9))
        self.set_due(schedule.SUBMISSION, add_days(today(), -2), self.plays[0].world.unit)
        with acting_as(self.department):
            rows = lagging.rows(Asked(self.department, self.year))
        seen = [(row["unit"], row["stage"], row["records"], row["days"], row["silent"]) for row in rows]
        unit = self.plays[0].world.unit
        self.assertEqual(
            seen,
            [
                ("31999958", schedule.ENTRY, 0, 9, 1),
                (SECOND, schedule.ENTRY, 1, 9, 0),
                (unit, schedule.SUBMISSION, 2, 2, 0),
            ],
        )
        with acting_as(self.department):
            answer = reminders.remind([unit, "31-HP"], self.year, "Xin hoàn thành trong tuần.")
            again = reminders.remind([unit], self.year)
        with acting_as(self.inner_office):
            inner = reminders.remind([SECOND], self.year)
        self.assertEqual(inner["reminded"], [SECOND], "an office of the department reminds in the whole city")
        self.assertEqual(
            (answer["reminded"], answer["nothing_late"], again["today_already"]), ([unit], ["31-HP"], [unit])
        )
        (receipt,) = frappe.get_all("HBS Notice Receipt", {"unit": unit}, ["text", "kind"], order_by="name")
        self.assertEqual(receipt.kind, "Task")
        self.assertIn("2", receipt.text)
        self.assertIn("Xin hoàn thành trong tuần.", receipt.text)
        self.assertTrue(lagging.last_reminders([unit])[unit])
        with acting_as(self.plays[0].principal), self.assertRaises(frappe.PermissionError):
            reminders.remind([unit], self.year)

    def test_the_reports_open_and_export(self) -> None:
        for user in (self.department, self.office, self.plays[0].principal):
            with acting_as(user):
                answer = run("HBS Overview", {"academic_year": self.year, "depth": "Class"})
                self.assertTrue(answer["result"] and answer["report_summary"])
                quality = run("HBS Data Quality", {"academic_year": self.year, "unit": self.plays[0].world.unit})
                self.assertIn("columns", quality)
        with acting_as(self.department):
            self.assertIn("result", run("HBS Late Schools", {"academic_year": self.year}))

"""Class entry as its people do it: own sheets, cells saved through the record's checks, conflicts, lengths."""

from __future__ import annotations

import unicodedata
from io import BytesIO
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import entry, entry_sheets, entry_xlsx
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as

PUPILS = 4


class EntryCase(FrappeTestCase):
    """One class of drafts for all tests of a case; each test is rolled back to it."""

    stage = "draft"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=PUPILS, grade=4)
        cls.names = cls.play.until(cls.stage)
        cls.group = cls.play.group

    def setUp(self) -> None:
        frappe.clear_messages()
        frappe.db.savepoint("entry_case")
        frappe.local.hbs_scopes = {}

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="entry_case")

    @classmethod
    def tearDownClass(cls) -> None:
        frappe.db.rollback()
        super().tearDownClass()

    def teacher(self, code: str) -> str:
        """Login of the teacher of a subject."""
        return self.play.world.user_of(self.play.school_class.teachers[code])

    def save(self, key: str, *cells: tuple[int, str, Any, Any]) -> list[dict[str, Any]]:
        """Cells (pupil's place, column, old, new) saved as the present user; outcomes."""
        changes = [{"record": self.names[i], "column": c, "old": old, "new": new} for i, c, old, new in cells]
        return entry.save_cells(self.group, key, changes)["outcomes"]

    def filled_in(self, *cells: tuple[str, Any], key: str = "subject-01") -> bytes:
        """A sheet's exported file with these cells (address, value) changed."""
        from openpyxl import load_workbook

        _name, content = entry_xlsx.export(self.group, key)
        book = load_workbook(BytesIO(content))
        for address, value in cells:
            book.worksheets[0][address] = value
        stream = BytesIO()
        book.save(stream)
        return stream.getvalue()

    def in_database(self, place: int, field: str, subject: str | None = None) -> Any:
        """A value as it stands in the table."""
        if subject:
            key = {"parent": self.names[place], "subject_code": subject}
            return frappe.db.get_value("HBS Record Result", key, field)
        return frappe.db.get_value("HBS Record", self.names[place], field)


class TestSheets(EntryCase):
    """Who has which sheet and what stands on it."""

    def test_each_person_has_his_own_sheets(self) -> None:
        for code, teacher in self.play.school_class.teachers.items():
            mine = {row["sheet"] for row in entry_sheets.sheets_of(self.play.world.user_of(teacher))}
            self.assertIn(f"subject-{code}", mine)
        with acting_as(self.play.homeroom):
            mine = {row["sheet"] for row in entry_sheets.sheets_of(self.play.homeroom)}
        self.assertLessEqual({"qualities", "year-end"}, mine)
        self.assertNotIn("promotion", mine)
        with acting_as(self.play.principal):
            principal = entry_sheets.sheets_of(self.play.principal)
        self.assertEqual([(r["sheet"], r["pupils"], r["filled"]) for r in principal], [("promotion", PUPILS, 0)])
        with acting_as(self.play.clerk):
            self.assertEqual(entry_sheets.sheets_of(self.play.clerk), [])

    def test_foreign_sheets_are_not_opened(self) -> None:
        english = self.teacher("11")
        for user, key in (
            (english, "subject-01"),
            (english, "qualities"),
            (english, "promotion"),
            (self.play.homeroom, "promotion"),
            (self.play.principal, "subject-01"),
            (self.play.clerk, "qualities"),
        ):
            with acting_as(user), self.assertRaises(NotYoursError):
                entry.open_sheet(self.group, key)
            with acting_as(user), self.assertRaises(NotYoursError):
                entry.save_cells(self.group, key, [])
        with acting_as(self.play.homeroom), self.assertRaises(HbsError):
            entry_sheets.sheet("không có", "04")

    def test_columns_follow_grade_and_rule_pack(self) -> None:
        names = {key: [c.name for c in entry_sheets.sheet(key, "04").columns] for key in ("subject-01", "subject-88")}
        self.assertEqual(names, {"subject-01": ["level", "score", "remark"], "subject-88": ["level", "remark"]})
        self.assertEqual(len(entry_sheets.sheet("qualities", "04").columns), 18)
        self.assertEqual(len(entry_sheets.sheet("qualities", "01").columns), 16)
        self.assertIn("primary_completed", [c.name for c in entry_sheets.sheet("year-end", "05").columns])
        self.assertNotIn("primary_completed", [c.name for c in entry_sheets.sheet("year-end", "04").columns])
        with self.assertRaises(NotYoursError):
            entry_sheets.sheet("subject-01", "04").column("teacher_name")

    def test_rows_come_in_roll_order_with_faults(self) -> None:
        with acting_as(self.teacher("01")):
            sheet = entry.open_sheet(self.group, "subject-01")
        roll = frappe.get_all(
            "Student Group Student", {"parent": self.group}, pluck="student_name", order_by="group_roll_number"
        )
        self.assertEqual([row["full_name"] for row in sheet["rows"]], roll)
        for row in sheet["rows"]:
            self.assertIn("LEVEL_MISSING", [fault["code"] for fault in row["faults"]])
        self.assertTrue(sheet["suggestions"]["remark"]["T"])

    def test_marks_of_education_are_shown_and_not_entered(self) -> None:
        with acting_as(self.teacher("01")):
            row = entry.open_sheet(self.group, "subject-01")["rows"][0]
            self.assertTrue(row["values"]["score"])
            self.assertIn("score", row["locked_cells"])
            (outcome,) = self.save("subject-01", (0, "score", row["values"]["score"], "3"))
        self.assertIn("score", outcome["wrong"])
        self.assertEqual(self.in_database(0, "score", "01"), row["values"]["score"])

    def test_mark_that_education_lacks_is_entered(self) -> None:
        student = self.in_database(0, "student")
        for name in frappe.get_all(
            "Assessment Result", {"student": student, "course": ("like", "Toán%")}, pluck="name"
        ):
            frappe.db.set_value("Assessment Result", name, "docstatus", 2)
        with acting_as(self.teacher("01")):
            (outcome,) = self.save("subject-01", (0, "score", self.in_database(0, "score", "01"), "10"))
        self.assertTrue(outcome["saved"], outcome)
        self.assertEqual(self.in_database(0, "score", "01"), "10")


class TestSaving(EntryCase):
    """What becomes of a cell."""

    def test_column_is_saved_and_faults_come_back(self) -> None:
        with acting_as(self.teacher("01")):
            outcomes = self.save("subject-01", *[(i, "level", "", "t") for i in range(PUPILS)])
        self.assertTrue(all(outcome["saved"] for outcome in outcomes))
        self.assertEqual([self.in_database(i, "level", "01") for i in range(PUPILS)], ["T"] * PUPILS)
        codes = [fault["code"] for outcome in outcomes for fault in outcome["row"]["faults"]]
        self.assertNotIn("LEVEL_MISSING", codes)

    def test_faults_are_the_rule_packs_and_name_their_column(self) -> None:
        with acting_as(self.teacher("88")):
            (outcome,) = self.save("subject-88", (0, "level", "", "M"), (0, "remark", "", "Được miễn."))
        self.assertEqual(outcome["row"]["faults"], [])
        with acting_as(self.play.homeroom):
            (outcome,) = self.save("qualities", (0, "self_study", "", "đ"))
        self.assertEqual(outcome["row"]["values"]["self_study"], "Đ")
        missing = [f["column"] for f in outcome["row"]["faults"] if f["code"] == "QUALITY_MISSING"]
        self.assertEqual(len(missing), 14)
        self.assertNotIn("self_study", missing)

    def test_year_end_and_promotion_by_their_people(self) -> None:
        self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
        frappe.local.lang = "vi"
        with acting_as(self.play.homeroom):
            (outcome,) = self.save(
                "year-end", (0, "homeroom_remark", "", "Chăm ngoan."), (0, "grade_completed", "", "Có")
            )
        self.assertTrue(outcome["saved"], outcome)
        with acting_as(self.play.principal):
            (outcome,) = self.save("promotion", (0, "promoted", "", "Yes"), (0, "promotion_decision", "", "12/QĐ"))
        self.assertTrue(outcome["saved"], outcome)
        stored = [self.in_database(0, field) for field in ("homeroom_remark", "grade_completed", "promoted")]
        self.assertEqual(stored, ["Chăm ngoan.", "Yes", "Yes"])
        with acting_as(self.play.homeroom):
            sheet = entry.open_sheet(self.group, "year-end")
            (text,) = sheet["suggestions"]["completion_text"]["Yes"]
            (outcome,) = self.save("year-end", (0, "completion_text", "", text))
        self.assertEqual(outcome["row"]["faults"], [])

    def test_one_bad_pupil_does_not_spoil_the_class(self) -> None:
        with acting_as(self.teacher("01")):
            outcomes = self.save(
                "subject-01",
                (0, "level", "", "T"),
                (1, "level", "", "X"),
                (1, "remark", "", "Tốt."),
                (2, "level", "", "H"),
            )
            foreign = entry.save_cells(
                self.group, "subject-01", [{"record": "HBS-2000-000001", "column": "level", "old": "", "new": "T"}]
            )
        self.assertEqual([outcome["saved"] for outcome in outcomes], [True, False, True])
        self.assertIn("X", outcomes[1]["wrong"]["level"])
        self.assertEqual([self.in_database(i, "level", "01") or "" for i in range(3)], ["T", "", "H"])
        self.assertEqual(self.in_database(1, "remark", "01"), "Tốt.")
        self.assertFalse(foreign["outcomes"][0]["saved"])
        self.assertEqual(frappe.local.message_log, [])

    def test_field_of_another_sheet_is_refused(self) -> None:
        with acting_as(self.teacher("11")):
            outcomes = self.save("subject-11", (0, "homeroom_remark", "", "x"), (1, "level", "", "T"))
        self.assertEqual([outcome["saved"] for outcome in outcomes], [False, True])
        self.assertFalse(self.in_database(0, "homeroom_remark"))

    def test_changed_meanwhile_shows_both_and_writes_nothing(self) -> None:
        with acting_as(self.teacher("01")):
            self.save("subject-01", (0, "level", "", "T"))
            (outcome,) = self.save("subject-01", (0, "level", "", "H"), (0, "remark", "", "Tính đúng."))
            self.assertEqual(outcome["conflicts"], {"level": {"mine": "H", "theirs": "T"}})
            self.assertEqual(outcome["by"], self.play.school_class.teachers["01"].name)
            self.assertEqual(self.in_database(0, "level", "01"), "T")
            self.assertEqual(self.in_database(0, "remark", "01"), "Tính đúng.")
            (again,) = self.save("subject-01", (0, "level", "T", "H"))
        self.assertTrue(again["saved"])
        self.assertEqual(self.in_database(0, "level", "01"), "H")

    def test_duty_that_ended_ends_the_sheet(self) -> None:
        key = {"student_group": self.group, "subject": "11"}
        name = frappe.db.get_value("HBS Teaching Assignment", key)
        frappe.db.set_value("HBS Teaching Assignment", name, "to_date", "2021-01-01")
        with acting_as(self.teacher("11")), self.assertRaises((NotYoursError, frappe.PermissionError)):
            self.save("subject-11", (0, "level", "", "T"))

    def test_hints_come_with_the_sheet(self) -> None:
        with acting_as(self.teacher("01")):
            full_name = frappe.db.get_value("HBS Record", self.names[1], "full_name")
            (outcome,) = self.save("subject-01", (0, "level", "", "T"), (0, "remark", "", "Em {name} tính nhanh."))
            self.assertEqual([h["code"] for h in outcome["row"]["hints"]], ["REMARK_PLACEHOLDER"])
            given = full_name.split()[-1]
            (outcome,) = self.save("subject-01", (0, "remark", "Em {name} tính nhanh.", f"Em {given} tính nhanh."))
            own = self.in_database(0, "full_name").split()
            expected = [] if given in own else ["REMARK_NAME_OTHER"]
            self.assertEqual([h["code"] for h in outcome["row"]["hints"]], expected)


class TestFixed(EntryCase):
    """Records whose file is made."""

    stage = "initialised"

    def test_fixed_rows_say_why_and_are_refused(self) -> None:
        with acting_as(self.teacher("01")):
            row = entry.open_sheet(self.group, "subject-01")["rows"][0]
            self.assertTrue(row["locked"])
            old = row["values"]["remark"]
            (outcome,) = self.save("subject-01", (0, "remark", old, "Khác"))
        self.assertFalse(outcome["saved"])
        self.assertTrue(outcome["message"])
        self.assertEqual(self.in_database(0, "remark", "01"), old)
        self.assertEqual(frappe.local.message_log, [])


class TestLengths(EntryCase):
    """One character more than the XSD allows: refused on every path; a Vietnamese letter counts once."""

    exact = "ế" * 500

    @requirement("Y015")
    def test_length_plus_one_is_refused_at_entry_import_and_api_alike(self) -> None:
        from frappe.api.v1 import update_doc

        teacher, longer = self.teacher("01"), self.exact + "ế"
        with acting_as(teacher):
            (outcome,) = self.save("subject-01", (0, "remark", "", longer))
            self.assertIn("501", outcome["wrong"]["remark"])
            self.assertIn("500", outcome["wrong"]["remark"])
        for text, allowed in ((longer, False), (unicodedata.normalize("NFD", self.exact), True)):
            with acting_as(teacher):
                doc = frappe.get_doc("HBS Record", self.names[1])
                row = next(r for r in doc.results if r.subject_code == "01")
                row.remark = text
                if allowed:
                    doc.save()
                else:
                    with self.assertRaises(HbsError):
                        doc.save()
                doc = frappe.get_doc("HBS Record", self.names[2])
                rows = [r.as_dict(convert_dates_to_str=True) for r in doc.results]
                next(r for r in rows if r["subject_code"] == "01")["remark"] = text
                frappe.local.form_dict = frappe._dict(data=frappe.as_json({"results": rows}))
                if allowed:
                    update_doc("HBS Record", doc.name)
                else:
                    with self.assertRaises(HbsError):
                        update_doc("HBS Record", doc.name)
        frappe.local.form_dict = frappe._dict()
        self.assertEqual([self.in_database(i, "remark", "01") or "" for i in (1, 2)], [self.exact, self.exact])
        with acting_as(teacher):
            content = self.filled_in(("F4", longer), ("F7", unicodedata.normalize("NFD", self.exact)))
            planned = entry_xlsx.plan(self.group, "subject-01", content)
            self.assertEqual([w["cell"] for p in planned for w in p.wrong], ["F4"])
            self.assertIn("501", planned[0].wrong[0]["message"])
            entry_xlsx.apply(self.group, "subject-01", content)
        self.assertEqual([self.in_database(i, "remark", "01") or "" for i in (0, 3)], ["", self.exact])

    def test_short_field_counts_letters_too(self) -> None:
        with acting_as(self.play.principal):
            decision = unicodedata.normalize("NFD", "Ệ" * 50)
            (outcome,) = self.save("promotion", (0, "promotion_decision", "", decision))
            self.assertTrue(outcome["saved"], outcome)
            (outcome,) = self.save("promotion", (1, "promotion_decision", "", "Ệ" * 51))
            self.assertIn("51", outcome["wrong"]["promotion_decision"])
            doc = frappe.get_doc("HBS Record", self.names[2])
            doc.promotion_decision = "Ệ" * 51
            with self.assertRaises(HbsError):
                doc.save()
        self.assertEqual(self.in_database(0, "promotion_decision"), "Ệ" * 50)


class TestSpreadsheet(EntryCase):
    """Out as XLSX, filled in, in again."""

    key = "subject-01"

    def test_file_shows_the_class_locked_but_for_the_cells_to_fill_in(self) -> None:
        from openpyxl import load_workbook

        with acting_as(self.teacher("01")):
            self.save(self.key, (0, "level", "", "T"), (0, "remark", "", "=1+1 là phép tính"))
            name, content = entry_xlsx.export(self.group, self.key)
        page = load_workbook(BytesIO(content)).worksheets[0]
        self.assertIn("Toán", name)
        self.assertEqual(page["B4"].value, self.in_database(0, "pupil_code"))
        self.assertEqual((page["D4"].value, page["F4"].value), ("T", "=1+1 là phép tính"))
        self.assertEqual(page["F4"].data_type, "s")
        self.assertTrue(page.protection.sheet)
        locked = {address: page[address].protection.locked for address in ("A3", "B4", "C4", "D4", "E4", "F4")}
        expected = {"A3": True, "B4": True, "C4": True, "D4": False, "E4": True, "F4": False}
        self.assertEqual(locked, expected)  # E: the mark is Education's
        rules = {str(rule.sqref): rule.formula1 for rule in page.data_validations.dataValidation}
        self.assertEqual((rules["D4:D7"], rules["F4:F7"]), ('"T,H,C,M"', "500"))
        self.assertEqual(frappe.get_last_doc("HBS Audit Entry").action, "export sheet")

    def test_round_trip_changes_nothing(self) -> None:
        self.save_all()
        with acting_as(self.teacher("01")):
            planned = entry_xlsx.plan(self.group, self.key, self.filled_in())
        self.assertEqual([(p.changes, p.wrong) for p in planned], [([], [])] * PUPILS)

    def save_all(self) -> None:
        """Levels and remarks in the whole column."""
        with acting_as(self.teacher("01")):
            self.save(
                self.key, *[(i, c, "", v) for i in range(PUPILS) for c, v in (("level", "H"), ("remark", "Tốt."))]
            )

    def test_dry_run_then_good_cells_only(self) -> None:
        with acting_as(self.teacher("01")):
            content = self.filled_in(
                ("D4", "t"), ("F4", "Tính nhanh."), ("D5", "X"), ("F5", "Tính đúng."), ("F6", "ế" * 501), ("D7", "=A1")
            )
            planned = entry_xlsx.plan(self.group, self.key, content)
            self.assertFalse(self.in_database(0, "level", "01"))
            wrong = {w["cell"]: w["message"] for p in planned for w in p.wrong}
            self.assertEqual(set(wrong), {"D5", "F6", "D7"})
            self.assertIn("X", wrong["D5"])
            self.assertEqual([len(p.changes) for p in planned], [2, 1, 0, 0])
            done = entry_xlsx.apply(self.group, self.key, content)
        self.assertEqual(done, {"saved": 2, "refused": []})
        self.assertEqual(self.in_database(0, "level", "01"), "T")
        self.assertEqual([self.in_database(i, "remark", "01") for i in (0, 1)], ["Tính nhanh.", "Tính đúng."])
        self.assertFalse(self.in_database(2, "remark", "01"))
        self.assertEqual(frappe.local.message_log, [])

    def test_cell_changed_meanwhile_is_refused_and_untouched_ones_stay(self) -> None:
        with acting_as(self.teacher("01")):
            content = self.filled_in(("D4", "T"))
            self.save(self.key, (0, "level", "", "C"), (1, "level", "", "H"))
            planned = entry_xlsx.plan(self.group, self.key, content)
            self.assertEqual([w["cell"] for p in planned for w in p.wrong], ["D4"])
            entry_xlsx.apply(self.group, self.key, content)
        self.assertEqual([self.in_database(i, "level", "01") for i in (0, 1)], ["C", "H"])

    def test_wrong_files_are_refused(self) -> None:
        from openpyxl import Workbook, load_workbook

        teacher = self.teacher("01")
        with acting_as(teacher):
            good = self.filled_in()
        with acting_as(self.teacher("88")):
            other_sheet = self.filled_in(key="subject-88")
        stream = BytesIO()
        Workbook().save(stream)
        book = load_workbook(BytesIO(good))
        book["_hbs"]["B1"] = "5A9"
        other_class = BytesIO()
        book.save(other_class)
        with acting_as(teacher):
            header = self.filled_in(("D3", "Điểm"))
        for content in (b"", b"no file", good[:200], stream.getvalue(), other_sheet, other_class.getvalue(), header):
            with acting_as(teacher), self.assertRaises(HbsError):
                entry_xlsx.plan(self.group, self.key, content)
        with acting_as(teacher), self.assertRaisesRegex(HbsError, "D3"):
            entry_xlsx.plan(self.group, self.key, header)
        with acting_as(self.teacher("11")), self.assertRaises(NotYoursError):
            entry_xlsx.apply(self.group, self.key, good)
        with acting_as(self.teacher("11")), self.assertRaises(NotYoursError):
            entry_xlsx.export(self.group, self.key)

    def test_rows_of_strangers_and_doubles_are_told(self) -> None:
        first = self.in_database(0, "pupil_code")
        with acting_as(self.teacher("01")):
            content = self.filled_in(("B5", "0000000000"), ("B6", first), ("C7", "Tên Khác"), ("D7", "T"))
            planned = entry_xlsx.plan(self.group, self.key, content)
            entry_xlsx.apply(self.group, self.key, content)
        self.assertEqual([w["cell"] for p in planned for w in p.wrong], ["B5", "B6", "B7"])
        self.assertFalse(self.in_database(3, "level", "01"))

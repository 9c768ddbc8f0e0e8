"""The desk of the office that receives: report from receipts, received figures, statistics of verified files."""

from __future__ import annotations

import base64
from collections import Counter
from contextlib import ExitStack
from typing import Any, ClassVar

import frappe
from frappe.desk.query_report import run
from frappe.utils import add_days, getdate, today

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.exchange import receipts as receipt_seals
from hocbaso_app.jobs import overview as overview_job
from hocbaso_app.record.document import Document
from hocbaso_app.services import trust
from hocbaso_app.services.overview import behind, reception
from hocbaso_app.services.overview import table as overview
from hocbaso_app.services.overview.figures import Asked
from hocbaso_app.services.quality import score
from hocbaso_app.services.statistics import kept, kinds, table
from hocbaso_app.services.statistics.kinds import Question
from hocbaso_app.services.units import changes
from hocbaso_app.setup import roles
from hocbaso_app.tests.authority import DEPARTMENT, OFFICE, Authority, running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.portal import no_jobs
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as


class TestReceptionDesk(CommittedTestCase):
    """Six records are received by the department; two more of another class wait at the school."""

    play: ClassVar[Play]
    waiting: ClassVar[Play]
    city: ClassVar[Authority]
    year: ClassVar[str]
    office: ClassVar[str]
    principal: ClassVar[str]

    @classmethod
    def make_world(cls) -> None:
        with no_jobs():
            cls.play, cls.waiting = Play(pupils=6, grade=4), Play(pupils=2, grade=2)
            cls.waiting.world.pins = cls.play.world.pins
            cls.play.until("released")
            cls.waiting.until("entered")
        cls.year = cls.play.school.school_year
        cls.principal = cls.play.principal
        frappe.db.commit()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.city = stack.enter_context(running_authority(cls.play))
        cls.office = school_person("phong.tn@example.invalid", roles.OFFICE_OFFICER, OFFICE)
        frappe.db.commit()
        cls.city.exchange()

    def setUp(self) -> None:
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    @property
    def officer(self) -> str:
        return self.city.officer

    def files(self) -> list[Any]:
        """Values of the received files, read off their bytes."""
        contents = frappe.get_all("HBS Received Record", pluck="content", order_by="name")
        return [Document.parse(base64.b64decode(content)).record for content in contents]

    @requirement("Y095")
    def test_report_from_office_to_department_is_built_from_receipts(self) -> None:
        with acting_as(self.office):
            answer = run("HBS Reception Report", {"academic_year": self.year})
        school, total = answer["result"]
        receipts = frappe.get_all("HBS Received Record", ["name", "receipt"], order_by="receipt_number")
        given = {receipt_seals.read(base64.b64decode(row.receipt), trust.store()).record_code for row in receipts}
        self.assertEqual((school["receipts"], total["receipts"], len(given)), (6, 6, 6))
        self.assertEqual(school["unit"], self.play.world.unit)
        self.assertEqual(school["above"], OFFICE)
        for column in reception.NUMBERS:
            with acting_as(self.office):
                asked = Asked(self.office, self.year, school["unit"])
                found = reception.names(asked, column, school["above"])
            self.assertEqual(found["total"], school[column], column)
        self.assertEqual((found["doctype"], found["total"]), ("HBS Received Record", 0), "no new issue")
        with acting_as(self.office):
            found = reception.names(Asked(self.office, self.year), "receipts", None)
            self.assertEqual({row["name"] for row in found["rows"]}, given)
            for row in found["rows"]:
                frappe.get_doc(found["doctype"], row["name"]).check_permission("read")
                self.assertTrue(row["says"], "its receipt number")

    def test_a_decision_entered_late_moves_what_came_since(self) -> None:
        """The office was replaced yesterday and it is entered today: what came since is the successor's."""
        values = {"code": "31-XN", "unit_name": "Xã Nối Tiếp", "kind": "Office", "parent_hbs_unit": DEPARTMENT}
        frappe.get_doc({"doctype": "HBS Unit", **values, "valid_from": add_days(today(), -1)}).insert()
        first, *_others = frappe.get_all("HBS Received Record", pluck="name", order_by="name")
        frappe.db.set_value("HBS Received Record", first, "received_at", f"{add_days(today(), -3)} 08:00:00")
        case = {"message": "m-1", "position": 0, "unit": self.play.world.unit, "record_code": first}
        case |= {
            "received_record": first,
            "full_name": "x",
            "pupil_code": "1",
            "reason": "Sai tên",
            "requested_by": "1",
        }
        doc = frappe.get_doc({"doctype": "HBS Recall Case", **case})
        doc.flags.hbs_service = True
        frappe.db.set_single_value("HBS Receiving Settings", "recall_tier", "Office")
        doc.insert(ignore_permissions=True)
        self.assertEqual(doc.office, OFFICE)
        changes.merge(OFFICE, "31-XN", add_days(today(), -1), "9/NQ")
        rows = {row["above"]: row["receipts"] for row in reception.rows(Asked("Administrator", self.year))}
        self.assertEqual(rows, {OFFICE: 1, "31-XN": 5})
        self.assertEqual(frappe.db.count("HBS Received Result", {"office": "31-XN"}), 5)
        self.assertEqual(frappe.db.get_value("HBS Recall Case", doc.name, "office"), "31-XN")

    def test_days_of_the_report(self) -> None:
        asked = Asked(self.officer, self.year)
        with acting_as(self.officer):
            now = reception.rows(asked, today(), today())
            later = reception.rows(asked, add_days(today(), 1))
        self.assertEqual(([row["receipts"] for row in now], later), ([6], []))
        self.assertEqual(getdate(now[0]["last_received_at"]), getdate())

    def test_received_figures_equal_the_files_and_have_names(self) -> None:
        for user in (self.officer, self.office):
            with acting_as(user):
                rows = overview.rows(Asked(user, self.year), "Class")
                (school,) = [row for row in rows if row["kind"] == "School" and row["records"]]
                found = behind.names(Asked(user, self.year, school["unit"]), "received", above=school["above"])
            self.assertEqual((school["records"], school["accepted"], school["received"]), (8, 6, 6))
            self.assertEqual((found["total"], found["doctype"]), (6, "HBS Received Record"))
            classes = {row["student_group"]: row["received"] for row in rows if row["kind"] == "Class"}
            self.assertEqual(classes, {self.play.group: 6, self.waiting.group: 0})

    def test_what_is_kept_of_a_file_says_what_the_file_says(self) -> None:
        for record in self.files():
            row = frappe.get_doc("HBS Received Result", record.general.record_code)
            levels = [(s.subject_code, s.level or "", int(s.score) if s.score else None) for s in record.subjects]
            self.assertEqual(kept.unpacked_levels(row.levels), levels)
            letters = [getattr(record.qualities, name) or kept.NONE for name in kept.quality_names()]
            self.assertEqual(list(row.qualities), letters)
            self.assertEqual(row.overall_result, record.summary.overall_result)
            self.assertEqual((row.gender, row.grade, row.unit), (record.general.gender, "04", self.play.world.unit))

    def question(self, kind: str, by: str, source: str = kinds.RECEIVED, **more: Any) -> Question:
        return Question(kind, by, self.year, source, **more)

    def test_statistics_of_received_files_are_counted_from_their_values(self) -> None:
        with acting_as(self.officer):
            rows = table.rows(self.officer, self.question(kinds.SUBJECTS, kinds.SCHOOL))
        expected = Counter((s.subject_code, s.level) for record in self.files() for s in record.subjects)
        for row in rows:
            for level in kinds.LEVELS:
                self.assertEqual(row[kinds.column(kinds.SUBJECTS, level)], expected[row["item"], level])
        marks = [int(s.score) for record in self.files() for s in record.subjects if s.subject_code == "01" and s.score]
        (first,) = [row for row in rows if row["item"] == "01"]
        self.assertEqual(first["average"], round(sum(marks) / len(marks), 2))

    def test_both_sources_agree_for_every_kind_and_group(self) -> None:
        """The school's desk rows and the received files, each asked by itself; names behind each number."""
        numbers = 0
        for kind in kinds.KINDS:
            for by in kinds.GROUPS:
                asked = {source: self.question(kind, by, source, grade="04") for source in kinds.SOURCES}
                with acting_as(self.officer):
                    desk, received = (table.rows(self.officer, asked[source]) for source in kinds.SOURCES)
                    self.assertEqual(desk, received, (kind, by))
                    for row in received[:2]:
                        for value in kinds.VALUES[kind]:
                            count = row[kinds.column(kind, value)]
                            place = (row["group"], row["item"], value)
                            found = [table.names(self.officer, q, *place)["total"] for q in asked.values()]
                            self.assertEqual(found, [count, count], (kind, by, place))
                            numbers += 1
        self.assertGreater(numbers, 60)

    def test_small_groups_are_hidden_from_who_may_not_see_pupils(self) -> None:
        teacher = self.play.world.user_of(self.play.specialists[0])
        question = self.question(kinds.RESULTS, kinds.CLASS, kinds.RECORDS)
        with acting_as(teacher):
            rows = {row["group"]: row for row in table.rows(teacher, question)}
            with self.assertRaises(NotYoursError):
                table.names(teacher, question, self.play.group, "", kinds.OVERALL[0])
            with self.assertRaises(frappe.PermissionError):
                table.rows(teacher, self.question(kinds.RESULTS, kinds.CLASS))
        self.assertEqual(rows[self.waiting.group]["pupils"], table.HIDDEN)
        columns = [kinds.column(kinds.RESULTS, value) for value in (*kinds.OVERALL, kinds.MISSING)]
        self.assertEqual({rows[self.waiting.group][name] for name in columns}, {table.HIDDEN})
        self.assertEqual(rows[self.play.group]["pupils"], 6)
        shown = [rows[self.play.group][name] for name in columns]
        self.assertFalse([n for n in shown if isinstance(n, int) and 0 < n < table.SMALLEST])
        self.assertNotEqual(shown.count(table.HIDDEN), 1, "one alone could be told from the sum")
        with acting_as(self.officer):
            (open_row,) = [r for r in table.rows(self.officer, question) if r["group"] == self.waiting.group]
            hidden = table.rows(self.officer, question, hide_small=True)
        self.assertEqual(open_row["pupils"], 2)
        self.assertIn(table.HIDDEN, {row["pupils"] for row in hidden})

    def test_statistics_export_to_a_spreadsheet(self) -> None:
        from frappe.desk.query_report import export_query
        from openpyxl import load_workbook

        asked = {"report_name": "HBS Statistics", "file_format_type": "Excel", "visible_idx": "[]"}
        filters = {"academic_year": self.year, "kind": kinds.RESULTS, "by": kinds.SCHOOL, "source": kinds.RECEIVED}
        with acting_as(self.officer):
            frappe.local.form_dict = frappe._dict(asked, filters=frappe.as_json(filters))
            frappe.local.response = frappe._dict()
            export_query()
            content = frappe.local.response["filecontent"]
        from io import BytesIO

        sheet = load_workbook(BytesIO(content)).active
        cells = {str(cell) for line in sheet.iter_rows(values_only=True) for cell in line if cell is not None}
        self.assertIn(self.play.school.name, cells)
        teacher = self.play.world.user_of(self.play.specialists[0])
        with acting_as(teacher), self.assertRaises(frappe.PermissionError):
            frappe.local.form_dict = frappe._dict(asked, filters=frappe.as_json(filters))
            export_query()

    def test_quality_is_counted_at_night(self) -> None:
        frappe.db.delete("HBS Unit Quality")
        self.assertEqual(overview_job.count_quality(), 1)
        frappe.db.rollback()
        row = frappe.get_last_doc("HBS Unit Quality")
        self.assertEqual((row.unit, row.academic_year), (self.play.world.unit, self.year))
        self.assertEqual(row.score, score.sheet_of(row.unit, self.year).score)

    def test_default_source_and_the_report_for_everybody(self) -> None:
        teacher = self.play.world.user_of(self.play.specialists[0])
        for user, source in ((self.officer, kinds.RECEIVED), (self.principal, None), (teacher, kinds.RECORDS)):
            with acting_as(user):
                answer = run("HBS Statistics", {"academic_year": self.year})
                self.assertTrue(answer["result"], user)
                if source:
                    self.assertEqual(table.default_source(user, self.year), source)

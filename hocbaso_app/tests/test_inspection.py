"""Inspection: read by decision only, every reading and export logged; samples that come out the same again."""

from __future__ import annotations

import json
import time
from typing import Any, ClassVar

import frappe
from frappe.utils import add_days, today

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.exchange import sampling
from hocbaso_app.permissions.scope import forget_scopes
from hocbaso_app.services.inspection import decisions, samples
from hocbaso_app.setup import roles
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import Play, acting_as

LOG = "HBS Access Log"


class TestInspection(CommittedTestCase):
    """A released class; an auditor of another office and an officer of the department."""

    play: ClassVar[Play]
    records: ClassVar[list[str]]
    officer: ClassVar[str]
    inspector: ClassVar[str]
    unit: ClassVar[str]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=6, grade=1)
        cls.records = cls.play.until("released")
        cls.unit = cls.play.world.unit
        other_school()
        office = {"doctype": "HBS Unit", "code": "31-KHAC", "unit_name": "Xã khác", "kind": "Office"}
        frappe.get_doc({**office, "parent_hbs_unit": "31", "valid_from": "2020-01-01"}).insert()
        cls.officer = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        cls.inspector = school_person("thanhtra@example.invalid", roles.AUDITOR, "31-KHAC")
        time.sleep(1)  # a sample is as of a whole second: what was released in this one is not in it yet

    def setUp(self) -> None:
        """Decisions of the tests before are over: requests over HTTP have committed them."""
        frappe.db.sql("update `tabHBS Inspection` set ended_at = now()")
        frappe.db.commit()
        forget_scopes()

    def decide(self, **values: Any) -> str:
        """By the department: the inspector, the school, this week."""
        own = {"doctype": "HBS Inspection", "unit": "31", "decision_number": "15/QĐ-TTr", "reason": "Kiểm tra cuối năm"}
        own |= {"from_date": today(), "to_date": add_days(today(), 5)}
        rows = {"inspectors": [{"user": self.inspector}], "units": [{"unit": self.unit}]}
        with acting_as(self.officer):
            name = frappe.get_doc({**own, **rows, **values}).insert().name
        forget_scopes()
        return str(name)

    def sees(self) -> list[str]:
        """Records in the inspector's list."""
        with acting_as(self.inspector):
            return list(frappe.get_list("HBS Record", pluck="name", order_by="name", limit_page_length=0))

    @requirement("Y053")
    def test_the_inspectors_reading_appears_in_the_access_log(self) -> None:
        decision = self.decide()
        frappe.db.commit()
        browser = Browser(self.inspector)
        path = "/api/method/frappe.desk.form.load.getdoc"
        answer = browser.get(path, doctype="HBS Record", name=self.records[0])
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(browser.get(f"/api/resource/HBS Record/{self.records[1]}").status_code, 200)
        columns = ["record", "action", "channel", "reader_kind", "inspection", "unit"]
        found = frappe.get_all(LOG, {"user": self.inspector, "action": "Opened"}, columns, order_by="name")
        self.assertEqual([row.record for row in found], self.records[:2])
        self.assertEqual({(r.action, r.reader_kind, r.inspection, r.unit) for r in found},
                         {("Opened", "Auditor", decision, self.unit)})  # fmt: skip
        with acting_as(self.officer):
            self.assertEqual({row["record"] for row in decisions.readings(decision)}, set(self.records[:2]))
            self.assertIn(found[0].record, frappe.get_list(LOG, pluck="record", order_by="name"))
        for method, body in (("PUT", {"homeroom_remark": "Khác"}), ("DELETE", {})):
            answer = browser.open(method, f"/api/resource/HBS Record/{self.records[0]}", json=body)
            self.assertIn(answer.status_code, (403, 417))

    @requirement("Y053")
    def test_exports_are_logged(self) -> None:
        decision = self.decide()
        frappe.db.commit()
        browser = Browser(self.inspector)
        asked = {"doctype": "HBS Record", "fields": '["name", "full_name"]', "file_format_type": "CSV", "title": "x"}
        asked |= {"filters": json.dumps([["HBS Record", "student_group", "=", self.play.group]])}
        answer = browser.open("POST", "/api/method/frappe.desk.reportview.export_query", data=asked)
        self.assertEqual(answer.status_code, 200)
        self.assertIn(self.records[0], answer.get_data(as_text=True))
        columns = ["action", "channel", "exported", "unit", "inspection", "purpose"]
        (row,) = frappe.get_all(LOG, {"user": self.inspector, "action": "Exported"}, columns, order_by="name")
        self.assertEqual((row.channel, row.exported, row.unit, row.inspection), ("List", 6, self.unit, decision))
        self.assertIn(self.play.group, row.purpose)
        own = Browser(self.play.principal)
        asked = {"report_name": "HBS Signing Progress", "file_format_type": "CSV", "filters": "{}", "visible_idx": "[]"}
        answer = own.open("POST", "/api/method/frappe.desk.query_report.export_query", data=asked)
        self.assertEqual(answer.status_code, 200)
        columns = ["channel", "unit"]
        (row,) = frappe.get_all(LOG, {"user": self.play.principal, "action": "Exported"}, columns, order_by="name")
        self.assertEqual((row.channel, row.unit), ("Report", self.unit))
        teacher = Browser(self.play.homeroom)
        asked = {"doctype": "HBS Record", "export_records": "all", "export_fields": '{"HBS Record": ["full_name"]}'}
        path = "/api/method/frappe.core.doctype.data_import.data_import.download_template"
        self.assertEqual(teacher.open("POST", path, data=asked).status_code, 403)
        answer = teacher.open("POST", "/api/method/frappe.desk.reportview.export_query", data={"doctype": "HBS Record"})
        self.assertGreaterEqual(answer.status_code, 400)
        self.assertFalse(frappe.db.exists(LOG, {"user": self.play.homeroom, "action": "Exported"}))

    def test_only_by_decision_only_in_its_days_only_reading(self) -> None:
        self.assertEqual(self.sees(), [])
        self.decide(from_date=add_days(today(), 1))
        self.decide(from_date=add_days(today(), -9), to_date=add_days(today(), -1))
        self.assertEqual(self.sees(), [])
        name = self.decide()
        self.assertEqual(self.sees(), self.records)
        with acting_as(self.inspector):
            doc = frappe.get_doc("HBS Record", self.records[0])
            self.assertTrue(doc.has_permission("read"))
            self.assertFalse(doc.has_permission("write"))
            for doctype in ("HBS Staff Member", "HBS Audit Entry", "HBS Certificate", "HBS Teaching Assignment"):
                self.assertEqual(frappe.get_list(doctype, {"unit": self.unit}), [], doctype)
        with acting_as(self.officer):
            decisions.end(name)
        self.assertEqual(self.sees(), [])

    def test_an_officer_who_inspects_gets_no_right_to_write(self) -> None:
        user = frappe.get_doc("User", self.inspector)
        user.add_roles(roles.OFFICE_OFFICER, roles.PRINCIPAL)
        try:
            self.decide()
            with acting_as(self.inspector):
                doc = frappe.get_doc("HBS Record", self.records[0])
                self.assertTrue(doc.has_permission("read"))
                self.assertFalse(doc.has_permission("write"))
                unit = frappe.get_doc("HBS Unit", self.unit)
                self.assertFalse(unit.has_permission("write"))
        finally:
            user.remove_roles(roles.OFFICE_OFFICER, roles.PRINCIPAL)

    def test_what_a_decision_must_say(self) -> None:
        for values in (
            {"to_date": add_days(today(), -1)},
            {"units": [{"unit": "31-HP"}]},
            {"inspectors": [{"user": self.play.principal}]},
        ):
            with self.assertRaises(HbsError):
                self.decide(**values)
        with self.assertRaises((NotYoursError, frappe.PermissionError)):
            self.decide(unit="31-HP")
        name = self.decide()
        with acting_as(self.officer):
            doc = frappe.get_doc("HBS Inspection", name)
            doc.to_date = add_days(today(), 300)
            with self.assertRaises(EvidenceError):
                doc.save()
        with acting_as(self.inspector), self.assertRaises(frappe.PermissionError):
            decisions.end(name)

    # ── samples ─────────────────────────────────────────────────────────────
    def sample(self, **values: Any) -> Any:
        """A draft of the department."""
        own = {"doctype": "HBS Inspection Sample", "unit": "31", "title": "Mẫu cuối năm", "per_school": 2}
        own |= {"population": "Released records", "academic_year": self.play.school.school_year}
        with acting_as(self.officer):
            return frappe.get_doc({**own, **values}).insert()

    @requirement("Y052")
    def test_a_sample_is_reproducible_by_seed_and_logged(self) -> None:
        drafts = [self.sample(seed="Bốc thăm 07"), self.sample(seed="Bốc thăm 07"), self.sample()]
        with acting_as(self.officer):
            for draft in drafts:
                self.assertEqual(samples.draw(draft.name), 2)
        first, second, third = (frappe.get_doc("HBS Inspection Sample", draft.name) for draft in drafts)
        codes = [row.record_code for row in first.items]
        self.assertEqual(codes, [row.record_code for row in second.items])
        population = frappe.get_all("HBS Record", {"unit": self.unit}, pluck="record_code", order_by="name")
        self.assertEqual(tuple(codes), sampling.draw(population, 2, "Bốc thăm 07").codes)
        own = next(row for row in first.schools if row.unit == self.unit)
        self.assertEqual((own.population, own.drawn, own.population_sha256), (6, 2, sampling.name_of(population)))
        self.assertEqual({row.unit: row.drawn for row in first.schools}, {self.unit: 2, OTHER: 0})
        self.assertRegex(third.seed, "^[0-9a-f]{32}$")
        where = {"reference_name": first.name, "action": "draw sample"}
        trail = json.loads(frappe.db.get_value("HBS Audit Entry", where, "details"))
        self.assertEqual((trail["seed"], trail["drawn"][self.unit][2]), ("Bốc thăm 07", codes))
        with acting_as(self.officer):
            self.assertEqual(samples.draw_again(first.name), [])
        later = frappe.utils.add_to_date(first.as_of, seconds=5)
        frappe.db.set_value("HBS Record Version", {"record_code": codes[0]}, "released_on", later)
        with acting_as(self.officer):
            self.assertEqual(samples.draw_again(first.name), [self.unit])

    @requirement("Y052")
    def test_each_record_of_a_sample_is_looked_at(self) -> None:
        draft = self.sample()
        with acting_as(self.officer):
            samples.draw(draft.name)
            first, second = (row.name for row in frappe.get_doc(draft.doctype, draft.name).items)
            samples.look(first, "In order")
            with self.assertRaises(HbsError):
                samples.finish(draft.name)
            with self.assertRaises(HbsError):
                samples.look(second, "Finding", " ")
            samples.look(second, "Finding", "Thiếu nhận xét")
            samples.finish(draft.name)
            with self.assertRaises(EvidenceError):
                samples.look(second, "In order")
        with acting_as(self.play.principal), self.assertRaises(frappe.PermissionError):
            samples.look(first, "In order")
        doc = frappe.get_doc(draft.doctype, draft.name)
        self.assertEqual(
            (doc.status, doc.items[1].finding, doc.items[1].seen_by), ("Finished", "Thiếu nhận xét", "Người Thử")
        )

    def test_what_was_drawn_stays_drawn(self) -> None:
        draft = self.sample()
        with acting_as(self.officer):
            samples.draw(draft.name)
            with self.assertRaises(EvidenceError):
                samples.draw(draft.name)
            doc = frappe.get_doc(draft.doctype, draft.name)
            doc.seed = "khác"
            with self.assertRaises(EvidenceError):
                doc.save()
            with self.assertRaises(HbsError):
                self.sample(per_school=0)
            with self.assertRaises(HbsError):
                samples.draw(self.sample(academic_year="1999-2000").name)

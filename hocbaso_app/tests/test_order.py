"""The order of the year-end can't be broken, and nobody but its owner enters a value: by any path Frappe offers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import frappe
from frappe.model.workflow import apply_workflow, bulk_workflow_approval

from hocbaso_app.services import evidence, states
from hocbaso_app.setup import roles
from hocbaso_app.tests import ways
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.test_immutability import REFUSALS, SILENT
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as


class TestOrder(CommittedTestCase):
    """A class in draft with all results entered, and everybody with every right a System Manager could give."""

    play: ClassVar[Play]
    record: ClassVar[str]
    users: ClassVar[dict[str, str]]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=1, grade=1)
        cls.record = cls.play.until("entered")[0]
        cls.users = {
            "System Manager": school_person("it@example.invalid", "System Manager", cls.play.world.unit),
            roles.SCHOOL_ADMIN: frappe.db.get_value("User", {"email": ("like", "quantri@%")}),
            roles.PRINCIPAL: cls.play.principal,
            roles.CLERK: cls.play.clerk,
            "Administrator": "Administrator",
        }
        frappe.get_doc("User", cls.users["System Manager"]).add_roles(*roles.ROLES)
        ways.give_every_right("HBS Record", "state")

    def stored(self) -> list[Any]:
        """The record with its rows."""
        found = [frappe.db.sql("select * from `tabHBS Record` where name = %s", self.record, as_dict=True)]
        for rows in ("Result", "History", "Slot"):
            query = f"select * from `tabHBS Record {rows}` where parent = %s order by name"
            found.append(frappe.db.sql(query, self.record, as_dict=True))
        return [*found, frappe.db.count("HBS Record"), frappe.db.count("HBS Record Version")]

    def walk(self, user: str, tried: tuple[ways.Way, ...], field: str, value: Any) -> None:
        """Each way refuses, and nothing is changed by any."""
        before = self.stored()
        for way in tried:
            with self.subTest(f"{way.__name__}: {field} as {user}"), acting_as(user):
                try:
                    way("HBS Record", self.record, field, value)
                except REFUSALS:
                    frappe.db.rollback()
                else:
                    frappe.db.commit()
                    self.assertIn(way.__name__, SILENT)
                finally:
                    frappe.clear_messages()
        self.assertEqual(self.stored(), before, f"{field} as {user}")

    def test_state_is_set_by_no_path(self) -> None:
        for state in (states.INITIALISED, states.RELEASED):
            for user in self.users.values():
                tried = ways.EVERY if user == "Administrator" else ways.BY_CLIENT
                self.walk(user, tried if state == states.RELEASED else ways.COMMON, "state", state)

    def test_file_of_a_record_is_named_by_no_path(self) -> None:
        self.walk("Administrator", ways.EVERY, "current_version", "HBS-TEP-000000")

    def test_administrators_touch_no_result_by_any_path(self) -> None:
        """The record is a draft: its teachers could."""
        for role in ("Administrator", "System Manager", roles.SCHOOL_ADMIN, roles.CLERK):
            for field, value in (("homeroom_remark", "Nhận xét khác"), ("promoted", "No"), ("full_name", "Tên Khác")):
                tried = ways.EVERY if role == "Administrator" and field == "promoted" else ways.BY_CLIENT
                self.walk(self.users[role], tried if field == "promoted" else ways.COMMON, field, value)

    def test_administrators_touch_no_row_by_any_path(self) -> None:
        before = self.stored()
        row = frappe.db.get_value("HBS Record Result", {"parent": self.record, "subject_code": "02"})
        level = frappe.db.get_value("HBS Record Result", row, "level")
        other = "C" if level != "C" else "T"
        tried = (ways.client_set_value, ways.client_save, ways.bulk_edit, ways.client_delete, ways.delete_by_force,
                 ways.delete_without_trash, ways.doc_save, ways.client_rename)  # fmt: skip
        for user in (*self.users.values(), self.play.homeroom):
            for way in tried:
                if user == self.play.homeroom and way is ways.client_set_value:
                    continue  # a teacher may change his own, through the form that this call opens
                with self.subTest(f"{way.__name__} as {user}"), acting_as(user):
                    try:
                        way("HBS Record Result", row, "level", other)
                    except REFUSALS:
                        frappe.db.rollback()
                    else:
                        frappe.db.commit()
                        self.assertIn(way.__name__, SILENT)
        self.assertEqual(self.stored(), before)

    def test_workflow_and_bulk_approval_move_nothing(self) -> None:
        before = self.stored()
        for user in self.users.values():
            with acting_as(user):
                for action in ("Initialise", "Sign", "Release record"):
                    with self.assertRaises(REFUSALS):
                        apply_workflow(frappe.get_doc("HBS Record", self.record), action)
                    frappe.db.rollback()
                    bulk_workflow_approval(json.dumps([self.record]), "HBS Record", action)
                    frappe.db.commit()
                    frappe.clear_messages()
        self.assertEqual(self.stored(), before)

    def test_workflow_switched_off_opens_no_gate(self) -> None:
        """An administrator may change the Workflow; the services' own checks stay."""
        name = frappe.db.get_value("Workflow", {"document_type": "HBS Record"})
        frappe.db.set_value("Workflow", name, "is_active", 0)
        frappe.clear_cache(doctype="HBS Record")
        frappe.cache.delete_value("workflow_HBS Record")
        try:
            self.walk("Administrator", (ways.form, ways.client_save, ways.doc_save), "state", states.RELEASED)
        finally:
            frappe.db.set_value("Workflow", name, "is_active", 1)
            frappe.db.commit()
            frappe.clear_cache(doctype="HBS Record")
            frappe.cache.delete_value("workflow_HBS Record")

    def test_data_import_moves_and_enters_nothing(self) -> None:
        before = self.stored()
        state, remark, pupil, unit = (
            frappe.get_meta("HBS Record").get_label(f) for f in ("state", "homeroom_remark", "student", "unit")
        )
        student = frappe.db.get_value("HBS Record", self.record, "student")
        imports = (
            ("Update Existing Records", [["ID", state], [self.record, states.RELEASED]]),
            ("Update Existing Records", [["ID", remark], [self.record, "Nhận xét khác"]]),
            ("Insert New Records", [[pupil, unit, state], [student, self.play.world.unit, states.RELEASED]]),
        )
        for kind, rows in imports:
            with self.subTest(f"{kind}: {rows[0]}"):
                self.assertNotIn(ways.data_import("HBS Record", kind, rows), ("Success", "Partial Success"))
                self.assertEqual(self.stored(), before)

    def test_over_rest_nothing_is_moved_or_entered(self) -> None:
        before = self.stored()
        sent = ({"state": states.RELEASED}, {"promoted": "No", "flags": {"hbs_service": True}}, {"docstatus": 1})
        for role in ("System Manager", roles.SCHOOL_ADMIN, roles.CLERK):
            browser = Browser(self.users[role])
            for path in (f"/api/resource/HBS Record/{self.record}", f"/api/v2/document/HBS Record/{self.record}"):
                for values in sent:
                    answer = browser.open("PUT", path, json=values)
                    self.assertGreaterEqual(answer.status_code, 400, f"{role} {values}")
            answer = browser.post("/api/resource/HBS Record", student="x", unit=self.play.world.unit, state="Released")
            self.assertGreaterEqual(answer.status_code, 400, role)
        self.assertEqual(self.stored(), before)

    def test_nobody_signs_with_another_ones_certificate(self) -> None:
        """The administrator of the school has no slot, whatever role he gives himself."""
        from hocbaso_app.services import sign

        play = Play(pupils=1, grade=2)
        play.world.pins.update(self.play.world.pins)
        play.until("checked")
        for user in (self.users["System Manager"], self.users[roles.SCHOOL_ADMIN], "Administrator"):
            for stage, person in (("gvbm", play.specialists[0]), ("gvcn", play.school_class.homeroom)):
                with acting_as(user), self.assertRaises(REFUSALS):
                    sign.sign(stage, play.names(), play.pin(person))
        frappe.db.rollback()

    def test_what_can_not_be_refused_is_detected(self) -> None:
        """``frappe.db.set_value`` and raw SQL ask nobody; the nightly check tells."""
        changes: tuple[Callable[[], object], ...] = (
            lambda: frappe.db.set_value("HBS Record", self.record, "state", states.RELEASED),
            lambda: frappe.db.sql("update `tabHBS Record` set state = 'Accepted' where name = %s", self.record),
        )
        for change in changes:
            change()
            self.assertIn(self.record, {finding.name for finding in evidence.check_records()})
            frappe.db.rollback()
        self.assertEqual(list(evidence.check_records()), [])

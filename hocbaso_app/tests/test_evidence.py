"""The nightly check: what was changed below Frappe is found, kept and told to the right people."""

from __future__ import annotations

import base64
from collections.abc import Callable

import frappe

from hocbaso_app.jobs import nightly
from hocbaso_app.services import evidence
from hocbaso_app.setup import roles
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.untouched import UntouchedTestCase
from hocbaso_app.tests.world import Play, acting_as


class TestEvidence(UntouchedTestCase):
    """A class with a released record, one in signing and a draft, and people around it."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.play = Play(pupils=2, grade=2)
        cls.record, cls.second = cls.play.until("released")
        cls.version = frappe.db.get_value("HBS Record", cls.record, "current_version")
        cls.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        other_school()
        cls.stranger = school_person("ht.khac@example.invalid", roles.PRINCIPAL, OTHER)

    def found(self) -> dict[str, str]:
        """Document → kind, of what tonight's run found."""
        nightly.verify_evidence()
        rows = frappe.get_all("HBS Finding", fields=["reference_name", "kind"], order_by="name")
        return {row.reference_name: row.kind for row in rows}

    def test_an_untouched_site_has_no_finding(self) -> None:
        self.assertEqual(nightly.verify_evidence(), [])
        self.assertEqual(self.found(), {})

    @requirement("Y028")
    def test_one_changed_byte_is_found_and_shown_to_the_department(self) -> None:
        content = base64.b64decode(frappe.db.get_value("HBS Record Version", self.version, "content"))
        changed = base64.b64encode(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]).decode()
        frappe.db.set_value("HBS Record Version", self.version, "content", changed, update_modified=False)
        self.assertEqual(self.found(), {self.version: "File changed"})
        for user in (self.play.principal, self.department):
            with acting_as(user):
                self.assertTrue(frappe.get_list("HBS Finding", {"reference_name": self.version}), user)
            told = frappe.get_all("Notification Log", {"for_user": user, "document_type": "HBS Finding"}, "subject")
            self.assertEqual(len(told), 1, user)
        self.assertFalse(frappe.get_all("Notification Log", {"for_user": self.stranger}))
        with acting_as(self.stranger):
            self.assertEqual(frappe.get_list("HBS Finding"), [])

    @requirement("Y046")
    def test_signed_values_changed_by_sql_are_found(self) -> None:
        row = frappe.db.get_value("HBS Record Result", {"parent": self.record, "subject_code": "01"})
        changes: list[tuple[str, Callable[[], object]]] = [
            ("a level", lambda: frappe.db.sql("update `tabHBS Record Result` set level = 'C' where name = %s", row)),
            ("a name", lambda: frappe.db.set_value("HBS Record", self.record, "full_name", "Tên Khác")),
            ("promotion", lambda: frappe.db.set_value("HBS Record", self.record, "promoted", "No")),
            ("a remark", lambda: frappe.db.sql("update `tabHBS Record` set homeroom_remark = 'x' where name = %s",
                                               self.record)),
            ("the state back", lambda: frappe.db.set_value("HBS Record", self.record, "state", "Release")),
            ("the state on", lambda: frappe.db.set_value("HBS Record", self.record, "state", "Accepted")),
            ("a signature's row", lambda: frappe.db.delete("HBS Record Slot",
                                                             {"parent": self.record, "stage": "cbql"})),
            ("a subject's row", lambda: frappe.db.delete("HBS Record Result", {"name": row})),
            ("no file", lambda: frappe.db.set_value("HBS Record", self.record, "current_version", None)),
            ("another's file", lambda: frappe.db.set_value("HBS Record", self.record, "current_version",
                frappe.db.get_value("HBS Record", self.second, "current_version"))),
            ("the code", lambda: frappe.db.set_value("HBS Record", self.record, "record_code", "x")),
        ]  # fmt: skip
        for what, change in changes:
            with self.subTest(what):
                frappe.db.savepoint("one_change")
                change()
                self.assertEqual(self.found(), {self.record: "Desk differs from file"})
                frappe.db.rollback(save_point="one_change")

    @requirement("Y046")
    def test_file_and_hash_changed_together_are_found(self) -> None:
        import hashlib

        content = base64.b64decode(frappe.db.get_value("HBS Record Version", self.version, "content"))
        changed = content.replace(b"<DUOC_LEN_LOP>1<", b"<DUOC_LEN_LOP>0<", 1)
        self.assertFalse(changed == content)
        values = {"content": base64.b64encode(changed).decode(), "sha256": hashlib.sha256(changed).hexdigest()}
        frappe.db.set_value("HBS Record Version", self.version, values, update_modified=False)
        self.assertEqual(self.found()[self.version], "File changed")

    def test_a_lost_file_is_found(self) -> None:
        frappe.db.sql("delete from `tabHBS Record Version` where name = %s", self.version)
        found = self.found()
        self.assertEqual(found[self.version], "File missing")
        self.assertEqual(frappe.db.get_value("HBS Finding", {"kind": "File missing"}, "unit"), self.play.world.unit)

    def test_a_changed_trail_is_found(self) -> None:
        name = frappe.db.get_value("HBS Audit Entry", {"action": "sign"}, "name", order_by="name")
        frappe.db.set_value("HBS Audit Entry", name, "actor", "ai-do@example.invalid", update_modified=False)
        self.assertEqual(self.found()[str(name)], "Audit trail broken")

    def test_a_returned_record_is_no_finding(self) -> None:
        from hocbaso_app.services import check

        other = Play(pupils=1, grade=3)
        other.world.pins.update(self.play.world.pins)
        name = other.until("manager")[0]
        with acting_as(other.principal):
            check.return_record(name, "Xem lại")
        with acting_as(other.homeroom):
            doc = frappe.get_doc("HBS Record", name)
            doc.homeroom_remark = "Em đã tiến bộ nhiều trong học kì hai."
            doc.save()
        self.assertEqual(self.found(), {})

    def test_the_same_finding_is_kept_once(self) -> None:
        frappe.db.set_value("HBS Record", self.record, "promoted", "No")
        self.assertEqual(nightly.verify_evidence(), [f"HBS Record {self.record}"])
        self.assertEqual(nightly.verify_evidence(), [])
        trail = frappe.get_all("HBS Audit Entry", {"action": "evidence changed"}, order_by="name")
        self.assertEqual(len(trail), 1)

    def test_pages_cover_everything(self) -> None:
        """Smaller pages find the same: nothing lies between two of them."""
        for name in (self.record, self.second):
            frappe.db.set_value("HBS Record", name, "promoted", "No")
        at_once, evidence.AT_ONCE = evidence.AT_ONCE, 1
        try:
            self.assertEqual({f.name for f in evidence.check_records()}, {self.record, self.second})
        finally:
            evidence.AT_ONCE = at_once

    def test_the_job_is_scheduled_daily(self) -> None:
        jobs = frappe.get_hooks("scheduler_events")["daily_long"]
        self.assertIn("hocbaso_app.jobs.nightly.verify_evidence", jobs)

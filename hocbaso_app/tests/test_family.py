"""The parents' portal: own child, released records, nothing else; over HTTP with real sessions."""

from __future__ import annotations

import io
import json
from typing import Any, ClassVar

import frappe
from frappe.utils.password import update_password

from hocbaso_app.permissions.scoped import SCOPED_DOCTYPES
from hocbaso_app.services import access, family, files, print_store, sign
from hocbaso_app.setup.demo.parents import make_parent
from hocbaso_app.tests.committed import PASSWORD, Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as

PDF, VIEW = "/api/method/hocbaso_app.api.family.pdf", "/hoc-ba-xem"
INVENTED = "HBS-2026-999999"


class TestFamily(CommittedTestCase):
    """A class of two: the first pupil's record is released, the second's waits for the seal. Each has a parent."""

    play: ClassVar[Play]
    released: ClassVar[str]
    waiting: ClassVar[str]
    parent: ClassVar[str]
    other: ClassVar[str]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=2, grade=3)
        cls.released, cls.waiting = cls.play.until("manager")
        with acting_as(cls.play.clerk):
            sign.sign("release", [cls.released], cls.play.world.pins[cls.play.school.code])
        cls.parent, cls.other = "ph1@example.invalid", "ph2@example.invalid"
        for record, email in ((cls.released, cls.parent), (cls.waiting, cls.other)):
            make_parent(frappe.db.get_value("HBS Record", record, "student"), email)

    def setUp(self) -> None:
        for user in (self.parent, self.other):
            frappe.cache.delete(frappe.cache.make_key(f"hbs-family:{user}"))

    def name_of(self, record: str) -> str:
        return str(frappe.db.get_value("HBS Record", record, "full_name"))

    def version(self) -> Any:
        return frappe.get_doc(files.DOCTYPE, frappe.db.get_value("HBS Record", self.released, "current_version"))

    def test_login_leads_to_the_portal(self) -> None:
        answers = {}
        for user in (self.parent, self.play.clerk):
            update_password(user, PASSWORD)
            frappe.db.commit()
            answers[user] = Browser().post("/api/method/login", usr=user, pwd=PASSWORD).json["home_page"]
        self.assertEqual(answers[self.parent], "/hoc-ba")
        self.assertNotEqual(answers[self.play.clerk], "/hoc-ba")

    def test_the_list_has_own_children_only(self) -> None:
        answer = Browser(self.parent).get("/hoc-ba")
        self.assertEqual(answer.status_code, 200)
        self.assertIn(self.name_of(self.released), answer.text)
        self.assertNotIn(self.name_of(self.waiting), answer.text)
        self.assertIn(f"name={self.released}", answer.text)
        answer = Browser(self.other).get("/hoc-ba")
        self.assertIn(self.name_of(self.waiting), answer.text)
        self.assertNotIn("hoc-ba-xem?name", answer.text)
        self.assertNotIn(self.name_of(self.released), answer.text)

    def test_the_page_is_the_cores_from_verified_bytes(self) -> None:
        answer = Browser(self.parent).get(VIEW, name=self.released)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("width=device-width", answer.text)
        document = files.load(self.version().name)[1]
        for value in (document.sha256, document.record.remarks.homeroom_remark, document.record.general.record_code):
            self.assertIn(value, answer.text)
        self.assertNotIn("CHƯA XÁC THỰC", answer.text)
        rows = frappe.get_all(access.DOCTYPE, {"user": self.parent}, ["reader_kind", "action", "channel"], limit=1)
        self.assertEqual([tuple(row.values()) for row in rows], [("Family", "Opened", "Family portal")])

    @requirement("Y039")
    def test_family_prints_own_child_only(self) -> None:
        own = Browser(self.parent).get(PDF, name=self.released)
        self.assertEqual((own.status_code, own.data[:4]), (200, b"%PDF"))
        self.assertEqual(own.data, Browser(self.parent).get(PDF, name=self.released).data)
        kept = frappe.get_doc(print_store.DOCTYPE, {"record": self.released})
        self.assertEqual((print_store.read(kept), kept.kind), (own.data, "For information"))
        printed = {"user": self.parent, "action": "Printed", "record": self.released}
        self.assertEqual(frappe.db.count(access.DOCTYPE, printed), 2)
        answers = set()
        foreign, version = Browser(self.other), self.version().name
        for browser, name, wanted in (
            (foreign, self.released, None),
            (foreign, self.released, version),
            (foreign, self.waiting, version),
            (foreign, INVENTED, None),
            (foreign, self.waiting, None),
            (Browser(self.parent), self.waiting, None),
            (Browser(self.parent), self.released, "HBS-TEP-999999"),
        ):
            for path in (PDF, VIEW):
                answer = browser.get(path, name=name, **({"version": wanted} if wanted else {}))
                self.assertEqual(answer.status_code, 404, f"{path} {name} {wanted}")
                self.assertNotIn(self.name_of(self.released), answer.text)
                if path == PDF:
                    (message,) = json.loads(answer.json["_server_messages"])
                    answers.add((json.loads(message)["message"], answer.json["exc_type"]))
        self.assertEqual(len(answers), 1)
        self.assertEqual(Browser(self.parent).get(VIEW, name=self.released).status_code, 200)

    def test_staff_and_guests_are_no_family(self) -> None:
        self.assertEqual(Browser().get("/hoc-ba").status_code, 302)
        self.assertIn("/login", Browser().get(VIEW, name=self.released).headers["Location"])
        self.assertIn(Browser().get(PDF, name=self.released).status_code, (401, 403, 404))
        guardian = frappe.db.get_value("Guardian", {"user": self.parent})
        teacher = self.play.world.user_of(self.play.specialists[0])
        frappe.db.set_value("Guardian", guardian, "user", teacher)
        with acting_as(teacher), self.assertRaises(frappe.DoesNotExistError):
            family.pdf(self.released)

    def test_a_guardian_who_is_taken_off_the_list_sees_nothing(self) -> None:
        with acting_as(self.parent):
            self.assertTrue(family.overview())
        frappe.db.delete("Student Guardian", {"parent": frappe.db.get_value("HBS Record", self.released, "student")})
        with acting_as(self.parent):
            self.assertEqual(family.overview(), [])
            with self.assertRaises(frappe.DoesNotExistError):
                family.page(self.released)

    def test_parents_have_no_right_on_the_desk(self) -> None:
        browser = Browser(self.parent)
        own = {
            "HBS Record": self.released,
            "HBS Record Version": self.version().name,
            "HBS Print": frappe.db.get_value(print_store.DOCTYPE, {"record": self.released}) or "x",
        }
        for doctype in SCOPED_DOCTYPES:
            self.assertEqual(browser.get(f"/api/resource/{doctype}").status_code, 403, doctype)
            if doctype in own:
                self.assertEqual(browser.get(f"/api/resource/{doctype}/{own[doctype]}").status_code, 403, doctype)
        record = {"doctype": "HBS Record", "name": self.released}
        for path, values in (
            ("/printview", record),
            ("/api/method/frappe.utils.print_format.download_pdf", record),
            ("/api/method/frappe.www.printview.get_html_and_style", {"doc": "HBS Record", "name": self.released}),
            ("/api/method/hocbaso_app.api.prints.record_pdf", {"name": self.released}),
            ("/api/method/hocbaso_app.api.prints.original", {"name": self.released}),
            ("/api/method/hocbaso_app.api.prints.package", {"name": self.released}),
        ):
            answer = browser.get(path, **values)
            self.assertEqual(answer.status_code, 403, path)
            self.assertNotIn(b"%PDF", answer.data)

    def test_recalled_is_shown_as_recalled_with_what_is_corrected(self) -> None:
        stored = self.version()
        files.set_status(stored, "Recalled")
        request = frappe.get_doc(
            {
                "doctype": family.RECALL,
                "unit": stored.unit,
                "status": "Answered",
                "reason": "Nội dung nội bộ",
                "items": [
                    {
                        "record": self.released,
                        "version": stored.name,
                        "part": "01",
                        "fault": "Cô A nhập nhầm",
                        "status": "Approved",
                    }
                ],
            }
        )
        request.flags.hbs_service = True
        request.insert(ignore_permissions=True)
        with acting_as(self.parent):
            ((year,),) = [child["years"] for child in family.overview()]
            (shown,) = year["files"]
            page = family.page(self.released)
            made = family.pdf(self.released)
        self.assertFalse(shown["in_force"])
        self.assertIn(frappe.db.get_value("HBS Subject", "01", "subject_name"), shown["reason"])
        self.assertIn("ĐÃ THU HỒI", page["html"])
        for private in ("Nội dung nội bộ", "Cô A nhập nhầm"):
            self.assertNotIn(private, str(year) + page["html"] + page["file"]["reason"])
        from pypdf import PdfReader

        self.assertIn("ĐÃ THU HỒI", PdfReader(io.BytesIO(made.data)).pages[0].extract_text())

    def test_the_family_sees_who_has_read(self) -> None:
        with acting_as(self.play.principal):
            access.note(frappe.get_doc("HBS Record", self.released), access.PRINTED, access.PRINT)
        with acting_as(self.parent):
            shown = family.page(self.released)["readings"]
        self.assertIn((frappe._("School"), frappe._("Printed")), {(row["who"], row["what"]) for row in shown})
        self.assertNotIn(self.play.principal, str(shown))

    def test_too_many_requests_are_refused(self) -> None:
        browser = Browser(self.parent)
        self.assertEqual(browser.get("/hoc-ba").status_code, 200)
        frappe.cache.set(frappe.cache.make_key(f"hbs-family:{self.parent}"), family.LIMIT)
        self.assertEqual(browser.get(PDF, name=self.released).status_code, 429)
        self.assertEqual(Browser(self.other).get("/hoc-ba").status_code, 200)

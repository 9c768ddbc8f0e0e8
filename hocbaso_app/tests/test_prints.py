"""Printing: one PDF per version, kind and state; drafts marked; nobody else's records by any of Frappe's ways."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.jobs import prints as jobs
from hocbaso_app.services import (
    access,
    files,
    handover,
    print_register,
    print_runs,
    print_store,
    prints,
    receipt,
    sign,
    trust,
)
from hocbaso_app.setup import roles
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import other_school, school_person
from hocbaso_app.tests.worker import work_off
from hocbaso_app.tests.world import Play, acting_as

DRAFT, NOT_RELEASED, RECALLED, PRACTICE = "BẢN NHÁP", "CHƯA PHÁT HÀNH", "ĐÃ THU HỒI", "THỬ NGHIỆM"


def text_of(pdf: bytes) -> str:
    """All words of a PDF, as a reader program finds them."""
    from pypdf import PdfReader

    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


class TestDrafts(FrappeTestCase):
    """Before there is a file."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=1, grade=1)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}

    def test_a_draft_prints_with_its_mark_and_is_not_kept(self) -> None:
        name = self.play.until("entered")[0]
        with acting_as(self.play.homeroom):
            made = prints.pdf(prints.printable(name))
            with self.assertRaises(HbsError):
                prints.pdf(prints.printable(name), "With the original")
        text = text_of(made.data)
        self.assertIn(DRAFT, text)
        self.assertIn(frappe.db.get_value("HBS Record", name, "full_name"), text)
        self.assertIsNone(made.print_name)
        self.assertEqual(frappe.db.count(print_store.DOCTYPE), 0)

    def test_a_draft_that_can_not_be_shown_says_what_is_missing(self) -> None:
        name = self.play.until("draft")[0]
        doc = frappe.get_doc("HBS Record", name)
        self.assertTrue(doc.faults)
        with acting_as(self.play.homeroom), self.assertRaises(HbsError) as refused:
            prints.pdf(prints.printable(name))
        self.assertIn(doc.faults.split("\n")[0], str(refused.exception))


class TestPrints(CommittedTestCase):
    """A class of two: the first pupil's record is released, the second's waits for the seal."""

    play: ClassVar[Play]
    released: ClassVar[str]
    waiting: ClassVar[str]
    foreign: ClassVar[str]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=2, grade=2)
        cls.released, cls.waiting = cls.play.until("manager")
        with acting_as(cls.play.clerk):
            sign.sign("release", [cls.released], cls.play.world.pins[cls.play.school.code])
        other_school()
        cls.foreign = school_person("hieutruong.khac@example.invalid", roles.PRINCIPAL, is_principal=1)

    def tearDown(self) -> None:
        for name in frappe.get_all("File", {"attached_to_doctype": print_runs.DOCTYPE}, pluck="name", order_by="name"):
            frappe.delete_doc("File", name, force=True)
        super().tearDown()

    def pdf(self, name: str, kind: str = prints.INFORMATION, user: str | None = None) -> prints.Made:
        with acting_as(user or self.play.clerk):
            return prints.pdf(prints.printable(name), kind)

    def original(self) -> bytes:
        version = frappe.db.get_value("HBS Record", self.released, "current_version")
        return files.read(frappe.get_doc(files.DOCTYPE, version))

    def test_the_released_pdf_is_made_once(self) -> None:
        from hocbaso_app.print_formats.pdfa import original

        first = self.pdf(self.released)
        second = self.pdf(self.released, user=self.play.principal)
        self.assertEqual((first.data, first.print_name), (second.data, second.print_name))
        self.assertEqual(original(first.data), self.original())
        line = frappe.get_doc(print_store.DOCTYPE, first.print_name)
        self.assertEqual(line.pdf_sha256, hashlib.sha256(first.data).hexdigest())
        self.assertEqual(line.record_sha256, hashlib.sha256(self.original()).hexdigest())
        other = self.pdf(self.released, "With the original")
        self.assertNotEqual(first.print_name, other.print_name)
        text = text_of(other.data)
        self.assertIn("kèm theo bản gốc", text)
        self.assertIn(PRACTICE, text)
        self.assertNotIn(DRAFT, text)

    def test_before_release_the_mark_stays_on(self) -> None:
        made = self.pdf(self.waiting)
        text = text_of(made.data)
        self.assertIn(DRAFT, text)
        self.assertIn(NOT_RELEASED, text)
        self.assertIsNone(made.print_name)

    def test_recalled_prints_as_recalled_and_for_information_only(self) -> None:
        before = self.pdf(self.released)
        version = frappe.get_doc(files.DOCTYPE, before.version)
        files.set_status(version, "Recalled")
        made = self.pdf(self.released)
        self.assertIn(RECALLED, text_of(made.data))
        self.assertNotEqual(made.print_name, before.print_name)
        self.assertEqual(made.data, self.pdf(self.released).data)
        with self.assertRaises(HbsError):
            self.pdf(self.released, "With the original")

    def test_the_receipt_stands_on_the_print_once_there_is_one(self) -> None:
        before = self.pdf(self.released)
        (submission,) = frappe.get_all(receipt.SUBMISSION, {"version": before.version}, pluck="name", order_by="name")
        link = "https://tra-cuu.example.invalid/hbs/1"
        answer = {"receipt_number": "BN-2026-000017", "received_at": "2026-06-05 09:30:00", "lookup_link": link}
        frappe.db.set_value(receipt.SUBMISSION, submission, answer)
        made = self.pdf(self.released)
        text = text_of(made.data)
        for words in ("BN-2026-000017", "05/06/2026", link):
            self.assertIn(words, text)
        self.assertNotIn("BN-2026-000017", text_of(before.data))
        self.assertEqual(frappe.db.get_value(print_store.DOCTYPE, made.print_name, "record_status"), prints.ACCEPTED)
        with acting_as(self.play.clerk):
            package = zipfile.ZipFile(io.BytesIO(handover.package(self.released)[0]))
        self.assertIn("BN-2026-000017", package.read("bien-nhan.json").decode())

    def test_prints_are_evidence(self) -> None:
        name = self.pdf(self.released).print_name
        line = frappe.get_doc(print_store.DOCTYPE, name)
        for by_service in (False, True):
            line.reload()
            line.content = ""
            line.flags.hbs_service = by_service
            with self.assertRaises(EvidenceError):
                line.save()
        with self.assertRaises(EvidenceError):
            frappe.delete_doc(print_store.DOCTYPE, name, force=True, ignore_permissions=True)
        frappe.db.set_value(print_store.DOCTYPE, name, "content", base64.b64encode(b"x").decode())
        with self.assertRaises(EvidenceError):
            self.pdf(self.released)
        with acting_as(self.play.principal):
            self.assertIsNone(frappe.client.get(print_store.DOCTYPE, name).get("content"))

    @requirement("Y037")
    def test_register_of_confirmed_prints(self) -> None:
        with self.assertRaises(HbsError):
            self.pdf(self.released, print_register.CONFIRMED)
        with acting_as(self.play.clerk):
            lines = [
                print_register.ask(self.released, text, "Trường mới").name for text in ("Chuyển trường", "Học bổng")
            ]
            with self.assertRaises(NotYoursError):
                print_register.confirm(lines[0])
            with self.assertRaises(HbsError):
                print_register.ask(self.waiting, "Chuyển trường")
        with acting_as(self.foreign), self.assertRaises(frappe.PermissionError):
            print_register.confirm(lines[0])
        with acting_as(self.play.principal):
            made = print_register.confirm(lines[0], "07/BI")
            with self.assertRaises(HbsError):
                print_register.confirm(lines[1], "07/BI")
            with self.assertRaises(HbsError):
                print_register.confirm(lines[0], "08/BI")
            second = print_register.confirm(lines[1])
            listed = frappe.get_list(
                print_store.DOCTYPE,
                {"serial_number": ("is", "set")},
                ["full_name", "purpose", "issue_number", "version", "confirmed_on", "principal_name", "serial_number"],
                order_by="name",
            )
        self.assertEqual(second.serial_number, f"1/{frappe.utils.getdate().year}")
        pupil, principal = frappe.db.get_value("HBS Record", self.released, ["full_name", "principal_name"])
        version = frappe.db.get_value("HBS Record", self.released, "current_version")
        today = frappe.utils.getdate()
        self.assertEqual(
            [tuple(row.values()) for row in listed],
            [
                (pupil, "Chuyển trường", 1, version, today, principal, "07/BI"),
                (pupil, "Học bổng", 1, version, today, principal, second.serial_number),
            ],
        )
        text = text_of(print_store.read(made))
        self.assertIn("07/BI", text)
        self.assertIn("HIỆU TRƯỞNG XÁC NHẬN BẢN IN", text)
        self.assertEqual(self.pdf(self.released, print_register.CONFIRMED).print_name, second.name)
        made.serial_key = f"{made.unit}:{second.serial_number}"
        with self.assertRaises(EvidenceError):
            made.save()

    def test_the_database_itself_refuses_a_second_serial_number(self) -> None:
        with acting_as(self.play.clerk):
            first, second = (print_register.ask(self.released, "Chuyển trường").name for _ in range(2))
        with acting_as(self.play.principal):
            made = print_register.confirm(first)
        with self.assertRaises(frappe.db.ProgrammingError.__mro__[2]):
            frappe.db.set_value(print_store.DOCTYPE, second, "serial_key", made.serial_key)

    @requirement("Y036")
    def test_hand_over_package_opens_elsewhere_and_is_genuine(self) -> None:
        """A folder with nothing of the site but the authority's trust; the checker is the command line."""
        with acting_as(self.play.clerk):
            data, name = handover.package(self.released, "Chuyển trường")
        self.assertTrue(name.isascii() and name.endswith(".zip"))
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            zipfile.ZipFile(io.BytesIO(data)).extractall(place)
            for line in (place / handover.MANIFEST).read_text().splitlines():
                digest, path = line.split("  ")
                self.assertEqual(hashlib.sha256((place / path).read_bytes()).hexdigest(), digest)
            self.assertEqual((place / "hoc-ba.xml").read_bytes(), self.original())
            self.assertIn("kèm theo bản gốc", text_of((place / "ban-in.pdf").read_bytes()))
            self.assertEqual(self.check(place, "hoc-ba.xml"), 0)
            damaged = (place / "hoc-ba.xml").read_bytes().replace(b"<MUC_DAT_DUOC>T<", b"<MUC_DAT_DUOC>H<", 1)
            damaged = damaged.replace(b"</HO_VA_TEN>", b"x</HO_VA_TEN>", 1)
            (place / "sua.xml").write_bytes(damaged)
            self.assertNotEqual(self.check(place, "sua.xml"), 0)
        entry = frappe.get_last_doc(access.DOCTYPE, order_by="name desc")
        self.assertEqual((entry.action, entry.purpose, entry.user), ("Handed over", "Chuyển trường", self.play.clerk))
        with acting_as(self.play.clerk), self.assertRaises(HbsError):
            handover.package(self.waiting)

    def check(self, place: Path, name: str) -> int:
        command = [sys.executable, "-m", "hocbaso_app.cli", "verify", name, "--trust", str(trust.folder().resolve())]
        return subprocess.run(command, cwd=place, capture_output=True, check=False).returncode

    def test_class_in_one_go(self) -> None:
        with acting_as(self.play.clerk):
            run = print_runs.start(self.play.group, "With the original")
            self.assertEqual(print_runs.start(self.play.group, "With the original").name, run.name)
            steps = list(print_runs.work(run.name, run.attempt))
        run.reload()
        self.assertEqual(steps, [(1, 2), (2, 2), (2, 2)])
        self.assertEqual((run.status, run.done, run.not_printed), (print_runs.PARTLY, 1, 1))
        self.assertIn(frappe.db.get_value("HBS Record", self.waiting, "full_name"), run.problems)
        package = zipfile.ZipFile(io.BytesIO(self.content(run.zip_file)))
        (original,) = [name for name in package.namelist() if name.endswith(".xml")]
        self.assertTrue(original.startswith("01-"))
        self.assertEqual(package.read(original), self.original())
        for line in package.read(handover.MANIFEST).decode().splitlines():
            digest, path = line.split("  ")
            self.assertEqual(hashlib.sha256(package.read(path)).hexdigest(), digest)
        self.assertEqual(self.pdf(self.released, "With the original").data, package.read(f"{original[:-10]}ban-in.pdf"))

    def test_a_damaged_file_is_listed_and_the_class_goes_on(self) -> None:
        version = frappe.db.get_value("HBS Record", self.waiting, "current_version")
        frappe.db.set_value(files.DOCTYPE, version, "content", "x", update_modified=False)
        with acting_as(self.play.clerk):
            run = print_runs.start(self.play.group, prints.INFORMATION)
            list(print_runs.work(run.name, run.attempt))
        run.reload()
        self.assertEqual((run.status, run.done, run.not_printed), (print_runs.PARTLY, 1, 1))
        self.assertIn(frappe.db.get_value("HBS Record", self.waiting, "full_name"), run.problems)
        self.assertTrue(run.zip_file)

    def test_the_job_tells_why_a_run_failed(self) -> None:
        usual = frappe.db.get_single_value("System Settings", "max_file_size")
        self.limit_files(0, 1000)
        try:
            with acting_as(self.play.clerk):
                run = print_runs.start(self.play.group, prints.INFORMATION)
            frappe.db.commit()
            with self.assertRaises(frappe.ValidationError):
                jobs.print_class(run.name, run.attempt)
        finally:
            self.limit_files(usual, None)
        run.reload()
        self.assertEqual((run.status, run.pdf_file), (print_runs.FAILED, None))
        self.assertIn("MB", run.error)
        self.assertEqual(frappe.session.user, "Administrator")
        with acting_as(self.play.clerk):
            again = print_runs.start_again(run.name)
        jobs.print_class(run.name, again.attempt)
        run.reload()
        self.assertEqual((run.status, run.error), (print_runs.DONE, None))

    def limit_files(self, megabytes: int, octets: int | None) -> None:
        frappe.db.set_single_value("System Settings", "max_file_size", megabytes)
        frappe.clear_document_cache("System Settings", "System Settings")
        frappe.local.system_settings = None
        frappe.local.conf.max_file_size = octets
        frappe.db.commit()

    def test_class_in_the_order_of_its_list_each_pupil_on_new_sheets(self) -> None:
        from pypdf import PdfReader

        rows = frappe.get_all(
            "Student Group Student", {"parent": self.play.group}, ["name", "student"], order_by="group_roll_number"
        )
        for number, row in enumerate(reversed(rows), 1):
            frappe.db.set_value("Student Group Student", row.name, "group_roll_number", number)
        with acting_as(self.play.clerk):
            run = print_runs.start(self.play.group, prints.INFORMATION)
            list(print_runs.work(run.name, run.attempt))
            single = self.pdf(self.waiting).data
        run.reload()
        self.assertEqual((run.status, run.problems), (print_runs.DONE, None))
        book = PdfReader(io.BytesIO(self.content(run.pdf_file)))
        titles = [str(item.title) for item in book.outline]
        names = [frappe.db.get_value("HBS Record", n, "full_name") for n in (self.waiting, self.released)]
        self.assertEqual(titles, [f"{n}. {name}" for n, name in enumerate(names, 1)])
        pages = len(PdfReader(io.BytesIO(single)).pages)
        self.assertEqual(book.get_destination_page_number(book.outline[1]), pages + pages % 2)

    def test_a_run_whose_worker_is_gone_is_started_again(self) -> None:
        with acting_as(self.play.clerk):
            run = print_runs.start(self.play.group, prints.INFORMATION)
            cut_off = print_runs.work(run.name, run.attempt)
            next(cut_off)
            with self.assertRaises(HbsError):
                print_runs.start_again(run.name)
            long_ago = frappe.utils.add_to_date(frappe.utils.now_datetime(), minutes=-print_runs.SILENCE - 1)
            frappe.db.set_value(print_runs.DOCTYPE, run.name, "heartbeat", long_ago)
            again = print_runs.start_again(run.name)
            self.assertEqual((again.name, again.attempt), (run.name, 2))
            self.assertEqual(list(cut_off), [])  # the first worker, had it only been slow
            list(print_runs.work(run.name, again.attempt))
        again.reload()
        self.assertEqual((again.status, again.done), (print_runs.DONE, 2))

    def test_files_of_a_run_go_after_their_days(self) -> None:
        with acting_as(self.play.clerk):
            run = print_runs.start(self.play.group, prints.INFORMATION)
            list(print_runs.work(run.name, run.attempt))
        run.reload()
        path = Path(self.file(run.pdf_file).get_full_path())
        self.assertEqual(print_runs.clear_old(), [])
        self.assertTrue(path.exists())
        over = frappe.utils.add_days(frappe.utils.today(), -1)
        frappe.db.set_value(print_runs.DOCTYPE, run.name, "kept_until", over)
        jobs.clear_old_runs()
        self.assertFalse(path.exists())
        run.reload()
        self.assertEqual((run.pdf_file, run.zip_file, run.status), (None, None, print_runs.DONE))

    def test_class_by_a_real_worker_and_its_files_over_http(self) -> None:
        clerk = Browser(self.play.clerk)
        asked = {"student_group": self.play.group, "kind": prints.INFORMATION}
        answer = clerk.post("/api/method/hocbaso_app.api.prints.print_class", **asked)
        self.assertEqual(answer.status_code, 200, answer.text)
        name = answer.json["message"]
        self.assertEqual(frappe.db.get_value(print_runs.DOCTYPE, name, "status"), print_runs.QUEUED)
        work_off("long", f"hbs-print-{name}-1")
        run = frappe.get_doc(print_runs.DOCTYPE, name)
        self.assertEqual((run.status, run.done), (print_runs.DONE, 2), run.problems or run.error)
        self.assertEqual(self.file(run.zip_file).owner, "Administrator")
        taken = clerk.get(run.zip_file)
        self.assertEqual(taken.status_code, 200)
        self.assertEqual(len(zipfile.ZipFile(io.BytesIO(taken.data)).namelist()), 5)
        others = (self.foreign, self.play.world.user_of(self.play.specialists[0]))
        for user in others:
            browser = Browser(user)
            for url in (run.pdf_file, run.zip_file, f"/api/resource/HBS Print Run/{name}"):
                self.assertEqual(browser.get(url).status_code, 403, f"{url} for {user}")
            self.assertEqual(browser.get("/api/resource/HBS Print Run").json["data"], [])
        self.assertEqual(Browser().get(run.pdf_file).status_code, 403)
        self.assertEqual(Browser(self.play.principal).get(run.pdf_file).status_code, 200)

    def test_nobody_elses_record_by_any_way_to_print(self) -> None:
        kept = str(self.pdf(self.released).print_name)
        frappe.db.commit()
        frappe.get_doc("User", self.foreign).add_roles("System Manager")
        frappe.db.commit()
        for person in (Browser(self.foreign), Browser()):
            for path, values in self.ways(kept):
                answer = person.get(path, **values)
                self.assertIn(answer.status_code, (401, 403, 404), f"{path} {values}: {answer.status_code}")
                self.assertNotIn(b"%PDF", answer.data)
                self.assertNotIn(self.secret().encode(), answer.data)

    def ways(self, kept: str) -> list[tuple[str, dict[str, Any]]]:
        record = {"doctype": "HBS Record", "name": self.released}
        own, framework = "/api/method/hocbaso_app.api.prints.", "/api/method/frappe."
        forged = frappe.as_json({**record, "unit": "31999977", "__islocal": 1})
        return [
            (f"{own}record_pdf", {"name": self.released}),
            (f"{own}record_pdf", {"name": self.released, "kind": "With the original"}),
            (f"{own}original", {"name": self.released}),
            (f"{own}package", {"name": self.released}),
            (f"{own}stored_pdf", {"name": kept}),
            ("/printview", record),
            ("/printview", {**record, "format": "Standard"}),
            (f"{framework}utils.print_format.download_pdf", record),
            (f"{framework}utils.print_format.download_pdf", {**record, "format": "Standard"}),
            (f"{framework}utils.weasyprint.download_pdf", {**record, "print_format": "Học bạ số – bản xem"}),
            (f"{framework}www.printview.get_html_and_style", {"doc": "HBS Record", "name": self.released}),
            (f"{framework}www.printview.get_html_and_style", {"doc": forged, "print_format": "Học bạ số – bản xem"}),
            ("/api/resource/HBS Print/" + kept, {}),
        ]

    def secret(self) -> str:
        return str(frappe.db.get_value("HBS Record", self.released, "full_name"))

    def test_print_view_shows_the_cores_page_whatever_format_is_asked_for(self) -> None:
        clerk = Browser(self.play.clerk)
        frappe.db.commit()
        for extra in ({}, {"format": "Standard"}, {"format": "Học bạ số – bản xem"}):
            answer = clerk.get("/printview", doctype="HBS Record", name=self.released, **extra)
            self.assertEqual(answer.status_code, 200)
            self.assertIn("BẢN XEM", answer.text)
            self.assertIn(self.secret(), answer.text)
            self.assertIn("không có giá trị thay thế bản điện tử gốc", answer.text)
            self.assertNotIn("data-fieldname", answer.text)
        answer = clerk.get("/printview", doctype="HBS Record", name=self.waiting)
        self.assertIn(DRAFT, answer.text)
        found = frappe.get_all(access.DOCTYPE, {"channel": access.VIEW}, pluck="user", order_by="name")
        self.assertEqual(set(found), {self.play.clerk})

    def test_the_pdf_button_of_the_print_view_gives_the_kept_pdf(self) -> None:
        clerk = Browser(self.play.clerk)
        path = "/api/method/frappe.utils.print_format.download_pdf"
        answer = clerk.get(path, doctype="HBS Record", name=self.released, format="Standard")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.data, self.pdf(self.released).data)
        note = {"doctype": "ToDo", "description": "Việc của văn thư", "allocated_to": self.play.clerk}
        todo = frappe.get_doc(note).insert(ignore_permissions=True)
        frappe.db.commit()
        shown = clerk.get("/printview", doctype="ToDo", name=todo.name)
        self.assertIn("Việc của văn thư", shown.text)
        refused = Browser().get(path, doctype="ToDo", name=todo.name)
        self.assertEqual(refused.status_code, 403)

    def test_original_over_http_is_octet_for_octet(self) -> None:
        answer = Browser(self.play.homeroom).get("/api/method/hocbaso_app.api.prints.original", name=self.released)
        self.assertEqual((answer.status_code, answer.data), (200, self.original()))

    def test_no_home_made_form_of_a_record(self) -> None:
        own = {"doctype": "Print Format", "name": "Mẫu tự làm", "doc_type": "HBS Record", "standard": "No"}
        with self.assertRaises(HbsError):
            frappe.get_doc({**own, "custom_format": 1, "html": "{{ doc.full_name }}"}).insert()

    def test_reading_is_logged_for_officers_through_form_and_rest(self) -> None:
        officer = school_person("canbo.xem@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        frappe.db.commit()
        browser = Browser(officer)
        form = {"doctype": "HBS Record", "name": self.released}
        self.assertEqual(browser.get("/api/method/frappe.desk.form.load.getdoc", **form).status_code, 200)
        self.assertEqual(browser.get("/api/method/frappe.desk.form.load.getdoc", **form).status_code, 200)
        self.assertEqual(browser.get(f"/api/resource/HBS Record/{self.released}").status_code, 200)
        rows = frappe.get_all(
            access.DOCTYPE,
            {"user": officer, "record": self.released},
            ["action", "channel", "reader_kind", "unit"],
            order_by="name",
        )
        unit = self.play.world.unit
        self.assertEqual(
            [tuple(row.values()) for row in rows],
            [("Opened", "Desk form", "Office", unit), ("Opened", "REST", "Office", unit)],
        )
        with acting_as(self.play.principal):
            self.assertTrue(frappe.get_list(access.DOCTYPE, {"user": officer}, pluck="name"))
        with acting_as(self.foreign):
            self.assertEqual(frappe.get_list(access.DOCTYPE, pluck="name"), [])
        entry = frappe.get_last_doc(access.DOCTYPE)
        with self.assertRaises(EvidenceError):
            frappe.delete_doc(access.DOCTYPE, entry.name, force=True)
        entry.flags.hbs_service = True
        with self.assertRaises(EvidenceError):
            entry.save()

    def file(self, url: str) -> Any:
        return frappe.get_doc("File", {"file_url": url})

    def content(self, url: str) -> bytes:
        return Path(self.file(url).get_full_path()).read_bytes()

"""A pupil comes from another school: his record is handed in, verified and kept without anybody of that school."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import frappe

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.record.document import Document
from hocbaso_app.services import files, handover, read_in, trust
from hocbaso_app.services.transfer_in import history, keep
from hocbaso_app.setup import roles
from hocbaso_app.tests.authority import Authority, running_authority
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import Play, acting_as

CLERK_B = "vanthu.b@example.invalid"


class TestTransferIn(CommittedTestCase):
    """School A has released records and sent them; school B on the same site takes the pupils."""

    play: ClassVar[Play]
    authority: ClassVar[Authority]
    documents: ClassVar[list[Document]]
    packages: ClassVar[list[bytes]]
    students: ClassVar[list[str]]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=3, grade=4)
        names = cls.play.until("released")
        docs = [frappe.get_doc("HBS Record", name) for name in names]
        versions = [frappe.get_doc("HBS Record Version", doc.current_version) for doc in docs]
        cls.documents = [Document.parse(files.read(version)) for version in versions]
        cls.students = [doc.student for doc in docs]
        frappe.db.commit()
        context = running_authority(cls.play)
        cls.authority = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        cls.authority.exchange()
        with acting_as(cls.play.clerk):
            cls.packages = [handover.package(name, "Chuyển trường")[0] for name in names]
        other_school()
        school_person(CLERK_B, roles.CLERK, OTHER, is_clerk=1)
        for student in cls.students:
            cls.enrol(student)

    @classmethod
    def enrol(cls, student: str) -> None:
        """A class of school B with the pupil in it."""
        year = cls.play.school.school_year
        group = f"4B {year}"
        if not frappe.db.exists("Student Group", group):
            program = frappe.db.get_value("Student Group", cls.play.group, "program")
            values = {"student_group_name": group, "academic_year": year, "group_based_on": "Activity"}
            values["program"] = program
            frappe.get_doc({"doctype": "Student Group", **values}).insert(ignore_permissions=True)
            staff = frappe.db.get_value("HBS Staff Member", {"unit": OTHER})
            duty = {"staff": staff, "unit": OTHER, "student_group": group, "academic_year": year}
            frappe.get_doc(
                {"doctype": "HBS Teaching Assignment", **duty, "kind": "Homeroom", "from_date": "2025-09-01"}
            ).insert(ignore_permissions=True)
        doc = frappe.get_doc("Student Group", group)
        doc.append("students", {"student": student, "active": 1})
        doc.save(ignore_permissions=True)

    def receive(self, data: bytes, student: str | None = None) -> list[dict[str, Any]]:
        with acting_as(CLERK_B):
            return keep.receive(OTHER, data, student)

    @requirement("Y040")
    def test_school_b_receives_from_school_a_without_help_of_its_administrator(self) -> None:
        """School B receives from school A without help of A's administrator."""
        admins = {u for u in self.play.world.users.values() if roles.SCHOOL_ADMIN in frappe.get_roles(u)}
        before = frappe.db.count("HBS Audit Entry", {"actor": ("in", list(admins) or [""])})
        content = "data:application/zip;base64," + base64.b64encode(self.packages[0]).decode()
        browser = Browser(CLERK_B)
        answer = browser.post("/api/method/hocbaso_app.api.transfer_in.receive", unit=OTHER, content=content)
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        (row,) = answer.json["message"]
        general = self.documents[0].record.general
        self.assertEqual((row["full_name"], row["force"]), (general.full_name, "In force"))
        self.assertEqual(row["student"], self.students[0])
        doc = frappe.get_doc("HBS Transferred Record", row["kept"])
        self.assertEqual(base64.b64decode(doc.content), self.documents[0].data)
        self.assertEqual(doc.source_unit, self.play.world.unit)
        held = frappe.db.get_value("HBS Received Record", general.record_code, "receipt_number")
        self.assertEqual(doc.receipt_number, held)
        self.assertEqual(frappe.db.count("HBS Audit Entry", {"actor": ("in", list(admins) or [""])}), before)
        stranger = Browser(self.play.principal)
        self.assertEqual(stranger.get(f"/api/resource/HBS Transferred Record/{doc.name}").status_code, 403)

    @requirement("Y041")
    def test_an_outsider_checks_the_package_off_line(self) -> None:
        """Outside user checks a package off line: the command line alone, no account, no network, no site."""
        with tempfile.TemporaryDirectory() as place:
            zipfile.ZipFile(io.BytesIO(self.packages[0])).extractall(place)
            sums = (Path(place) / handover.MANIFEST).read_text(encoding="utf-8")
            self.assertIn(f"{handover.TRUST_FOLDER}/registry.cose", sums)
            for command, code in (
                (["verify", "hoc-ba.xml", "--trust", "tin-cay"], 0),
                (["receipt", "bien-nhan.cose", "--trust", "tin-cay"], 0),
            ):
                done = subprocess.run(
                    [*_without_network(), "hocbaso", *command],
                    cwd=place,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            path = Path(place) / "hoc-ba.xml"
            path.write_bytes(path.read_bytes().replace("Thành phố Hải Phòng".encode(), "Thành phố Hà Nội".encode()))
            command = [*_without_network(), "hocbaso", "verify", "hoc-ba.xml", "--trust", "tin-cay"]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_handing_in_again_changes_nothing_and_a_class_comes_as_one_package(self) -> None:
        before = self.receive(self.packages[1])
        again = self.receive(self.packages[1])
        self.assertEqual((before[0]["kept"], again[0]["again"]), (again[0]["kept"], True))
        entries = [
            handover.Entry(f"{n:02d}", b"%PDF", document.data, None) for n, document in enumerate(self.documents)
        ]
        rows = self.receive(handover.pack(entries))
        self.assertEqual([row["full_name"] for row in rows], [d.record.general.full_name for d in self.documents])

    def test_what_is_not_valid_is_not_kept(self) -> None:
        count = frappe.db.count("HBS Transferred Record")
        good = self.documents[2].data
        altered = good.replace("Thành phố Hải Phòng".encode(), "Thành phố Hà Nội".encode())
        for wrong in (altered, b"x", b"<HOC_BA></HOC_BA>"):
            (row,) = self.receive(wrong)
            self.assertIsNone(row["kept"])
        for junk in (b"", b"{", b"PK\x03\x04xxxx", handover.pack([]), b"%PDF-1.4"):
            with self.assertRaises(HbsError):
                self.receive(junk)
        with acting_as(self.play.clerk):
            (own,) = keep.receive(self.play.world.unit, good)
        self.assertIsNone(own["kept"])
        self.assertEqual(frappe.db.count("HBS Transferred Record"), count)

    def test_a_recalled_record_is_kept_as_recalled_and_tells_nothing_of_the_history(self) -> None:
        code = self.documents[2].record.general.record_code
        frappe.db.set_value("HBS Received Record", code, "status", "Recalled")
        frappe.db.set_value("HBS Received Record", code, "recalled_at", frappe.utils.now_datetime())
        (row,) = self.receive(self.packages[2])
        self.assertEqual(row["force"], "Recalled")
        record = self.own_record()
        self.assertEqual(history.with_earlier(record, self.students[2]).history, record.history)
        frappe.db.rollback()

    def test_the_years_at_the_other_school_come_into_the_record_here(self) -> None:
        self.receive(self.packages[0])
        record = self.own_record()
        found = history.with_earlier(record, self.students[0]).history
        self.assertEqual(found[: len(self.documents[0].record.history)], self.documents[0].record.history)
        self.assertEqual(found[-1], record.history[-1])
        self.assertEqual(history.with_earlier(record, "không có").history, record.history)

    def own_record(self) -> Any:
        """A record as school B would draft it, a year later."""
        from dataclasses import replace

        record = self.documents[0].record
        entry = replace(
            record.history[-1], school_year="2026-2027", school_code=OTHER, arrived_at="2026-09-05T00:00:00+07:00"
        )
        general = replace(record.general, school_code=OTHER, school_year="2026-2027")
        return replace(record, general=general, history=(entry,))

    def test_reading_a_class_in_asks_for_it(self) -> None:
        asking = patch.object(history, "with_earlier", side_effect=lambda record, student: record)
        with asking as asked, acting_as(self.play.clerk):
            read_in.plan(self.play.group)
        self.assertEqual({call.args[1] for call in asked.call_args_list}, set(self.students))

    def test_only_the_clerk_of_that_school_and_only_for_a_pupil_of_it(self) -> None:
        with acting_as(self.play.clerk), self.assertRaises(NotYoursError):
            keep.receive(OTHER, self.packages[0])
        with acting_as(self.play.homeroom), self.assertRaises(NotYoursError):
            keep.receive(self.play.world.unit, self.packages[0])
        with self.assertRaises(HbsError):
            self.receive(self.documents[1].data, "không có học sinh này")

    def test_it_is_evidence(self) -> None:
        (row,) = self.receive(self.packages[0])
        doc = frappe.get_doc("HBS Transferred Record", row["kept"])
        doc.force = "Recalled"
        with self.assertRaises(EvidenceError):
            doc.save(ignore_permissions=True)
        doc = frappe.get_doc("HBS Transferred Record", row["kept"])
        doc.force = "Recalled"
        doc.flags.hbs_service = True
        with self.assertRaises(EvidenceError):
            doc.save(ignore_permissions=True)
        with self.assertRaises(EvidenceError):
            frappe.delete_doc("HBS Transferred Record", doc.name, ignore_permissions=True)

    def test_without_the_authority_at_hand_it_is_not_known_but_kept(self) -> None:
        from hocbaso_app.services.receiving import settings
        from hocbaso_app.services.transfer_in import standing

        with patch.object(settings, "is_on", return_value=False):
            found = standing.of(self.documents[0], None, OTHER)
            self.assertEqual(found.force, standing.UNKNOWN)
            receipt = zipfile.ZipFile(io.BytesIO(self.packages[0])).read(handover.RECEIPT_NAME)
            self.assertTrue(standing.of(self.documents[0], receipt, OTHER).receipt_number)
            self.assertFalse(standing.of(self.documents[1], receipt, OTHER).receipt_number)
        self.assertTrue(trust.store())


def _without_network() -> list[str]:
    """A Python whose sockets fail."""
    script = "import socket, runpy, sys; sys.argv = sys.argv[1:]"
    script += "; socket.socket.connect = socket.getaddrinfo = lambda *given: sys.exit(99)"
    script += "; runpy.run_module('hocbaso_app.cli', run_name='__main__')"
    return [sys.executable, "-c", script]

"""The archive of a locked year from a school to its authority over real HTTP, and on to the Ministry."""

from __future__ import annotations

import base64
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import frappe

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.exchange import archive, archive_parts
from hocbaso_app.exchange.errors import UncertainError
from hocbaso_app.jobs import archives as jobs
from hocbaso_app.services import archive_files, connector, convert, received_archives, trust, year_archive
from hocbaso_app.services.locks import year_lock
from hocbaso_app.setup import roles
from hocbaso_app.tests.authority import Authority, running_authority
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.portal import no_jobs
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import Play, acting_as

OWN, RECEIVED = year_archive.DOCTYPE, received_archives.DOCTYPE


class TestYearArchive(CommittedTestCase):
    """Four accepted records; the year is locked."""

    play: Play
    city: Authority
    lock: str

    @classmethod
    def make_world(cls) -> None:
        with no_jobs():
            cls.play = Play(pupils=4, grade=4)
            cls.play.until("released")
        frappe.db.commit()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.addClassCleanup(cls.forget_files)
        cls.city = stack.enter_context(running_authority(cls.play))
        cls.city.exchange()
        unit, year = cls.play.world.unit, cls.play.school.school_year
        with acting_as(cls.play.clerk):
            values = {"unit": unit, "academic_year": year, "minutes_number": "07/BB-BQT"}
            cls.lock = frappe.get_doc({"doctype": year_lock.DOCTYPE, **values}).insert().name
        with acting_as(cls.play.principal):
            year_lock.decide(cls.lock, "45/QĐ", None, cls.play.pin(cls.play.school.principal))
        frappe.db.commit()

    @classmethod
    def forget_files(cls) -> None:
        for kind in (archive_files.OWN, archive_files.RECEIVED, archive_files.TRAYS):
            shutil.rmtree(archive_files.folder(kind), ignore_errors=True)

    def setUp(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        for doctype in (OWN, RECEIVED):
            frappe.db.delete(doctype)
        self.forget_files()
        frappe.db.commit()

    def made(self) -> Any:
        """As the principal asks and the job makes it."""
        with acting_as(self.play.principal):
            name = year_archive.start(self.play.world.unit, self.play.school.school_year)
        frappe.db.commit()
        jobs.make(name)
        return frappe.get_doc(OWN, name)

    def sent(self, doc: Any) -> Any:
        """As the clerk asks and the job sends it."""
        with acting_as(self.play.clerk):
            year_archive.ask_to_send(doc.name)
        frappe.db.commit()
        jobs.send(doc.name)
        doc.reload()
        return doc

    def received(self) -> Any:
        """At the authority."""
        frappe.db.rollback()
        return frappe.get_last_doc(RECEIVED)

    @requirement("Y103")
    def test_from_the_school_to_the_ministry(self) -> None:
        doc = self.made()
        self.assertEqual((doc.status, doc.records, doc.left_out), ("Made", 4, 0))
        path = archive_files.path(archive_files.OWN, doc.name)
        found = archive.verify(path, trust.store()).manifest
        held = received_archives.held(doc.unit, doc.academic_year)
        self.assertEqual({r.code: r.sha256 for r in found.records}, held)
        self.assertEqual({f.path for f in found.files if f.path.startswith(archive.RECEIPTS)},
                         {f"{archive.RECEIPTS}{code}.cose" for code in held})  # fmt: skip
        self.assertIn(archive.DECISION, {f.path for f in found.files})
        self.assertIn(archive.STATUS_LIST, {f.path for f in found.files})

        self.sent(doc)
        self.assertEqual((doc.status, doc.error, doc.sent_parts), ("Taken", None, doc.parts))
        there = self.received()
        self.assertEqual((there.status, there.records, there.sha256), ("Taken", 4, doc.sha256))
        self.assertEqual(doc.taken_number, there.name)
        stored = archive_files.path(archive_files.RECEIVED, there.name)
        self.assertEqual(stored.read_bytes(), path.read_bytes())
        self.assertIn("4", received_archives.check_again(there.name))

        with acting_as(self.city.officer):
            with self.assertRaises(HbsError):
                received_archives.confirm(there.name, "9/BGDĐT")
            received_archives.forward(there.name, "120/SGDĐT-GDTH", "2026-07-10")
        frappe.db.commit()
        year_archive.follow_all()
        doc.reload()
        self.assertEqual((doc.status, doc.forward_number, str(doc.forwarded_on)),
                         ("Forwarded", "120/SGDĐT-GDTH", "2026-07-10"))  # fmt: skip
        with acting_as(self.city.officer):
            received_archives.confirm(there.name, "9/BGDĐT-CNTT")
        frappe.db.commit()
        year_archive.follow_all()
        doc.reload()
        self.assertEqual((doc.status, doc.confirm_number), ("Confirmed", "9/BGDĐT-CNTT"))

    @requirement("Y103")
    def test_one_missing_file_is_refused_with_which_one(self) -> None:
        doc = self.made()
        with acting_as(self.play.clerk):
            versions = year_archive._versions(doc.unit, doc.academic_year)
        missing = versions[2][0]
        self.send_other([v for v in versions if v[0] != missing])
        there = self.received()
        self.assertEqual(there.status, "Not Taken")
        self.assertIn(f"thiếu học bạ {missing}", there.error)
        self.assertFalse(archive_files.path(archive_files.RECEIVED, there.name).exists())

    def send_other(self, versions: list[Any]) -> None:
        """What a school would send that left something out, with its right seal."""
        unit, year = self.play.world.unit, self.play.school.school_year
        facts = archive.Facts(unit, "Trường", year, convert.instant(convert.desk_time(convert.now())))
        path = archive_files.folder(archive_files.OWN) / "khac.zip"
        with path.open("wb") as out:
            archive.write(out, facts, year_archive._entries(versions, None), connector.key(unit))
        client = self.city.client()
        parcel = archive_parts.Parcel.of(path, unit, year)
        frappe.db.commit()
        list(archive_parts.send(path, parcel, lambda body: client.extension(archive_parts.NAME, body)))

    def test_what_the_school_hears_when_it_is_not_taken(self) -> None:
        doc = self.made()
        (one, *_others) = self.city.held()
        frappe.db.set_value("HBS Received Record", one.name, "sha256", "0" * 64)
        try:
            frappe.db.commit()
            self.sent(doc)
            self.assertEqual(doc.status, "Not Taken")
            self.assertIn(f"học bạ {one.name} khác bản đã tiếp nhận", doc.error)
        finally:
            frappe.db.set_value("HBS Received Record", one.name, "sha256", one.sha256)
            frappe.db.commit()
        self.sent(doc)
        self.assertEqual((doc.status, doc.error), ("Taken", None))

    def test_it_goes_on_after_every_break(self) -> None:
        real = archive_parts.send
        with patch.object(year_archive, "PART_SIZE", 10_000):
            doc = self.made()
            self.assertGreater(doc.parts, 4)

            def cut(path: Path, parcel: archive_parts.Parcel, ask: Any) -> Any:
                for number, step in enumerate(real(path, parcel, ask)):
                    if number == 3:
                        raise UncertainError("CUT", "Mất kết nối.", "cut")
                    yield step

            with patch.object(archive_parts, "send", cut):
                self.sent(doc)
            self.assertEqual((doc.status, doc.error, doc.sent_parts), ("Being Sent", "Mất kết nối.", 2))
            self.assertEqual(self.received().received_parts, 3)
            self.assertEqual(jobs.follow(), [])
            doc.reload()
        self.assertEqual((doc.status, doc.error), ("Taken", None))

    def test_who_may_and_when(self) -> None:
        unit, year = self.play.world.unit, self.play.school.school_year
        teacher = self.play.world.user_of(self.play.specialists[0])
        for user in (teacher, self.play.homeroom, self.city.officer, "Administrator"):
            with acting_as(user), self.assertRaises(NotYoursError):
                year_archive.start(unit, year)
        frappe.db.set_value(year_lock.DOCTYPE, self.lock, "status", "Lifted")
        with acting_as(self.play.clerk), self.assertRaises(HbsError):
            year_archive.start(unit, year)
        frappe.db.rollback()
        row = frappe.db.get_value("HBS Submission", {"unit": unit})
        frappe.db.set_value("HBS Submission", row, "state", "Uncertain")
        with acting_as(self.play.clerk), self.assertRaises(HbsError):
            year_archive.start(unit, year)
        frappe.db.rollback()
        doc = self.sent(self.made())
        there = self.received()
        other_school()
        foreign = school_person("hieutruong.khac@example.invalid", roles.PRINCIPAL, OTHER, is_principal=1)
        for user in (self.play.principal, self.play.clerk, foreign):
            with acting_as(user), self.assertRaises(frappe.PermissionError):
                received_archives.forward(there.name, "1/VB")
        with acting_as(foreign), self.assertRaises(frappe.PermissionError):
            year_archive.ask_to_send(doc.name)
        with acting_as(self.city.officer):
            for number, day in (("", None), ("1/VB", frappe.utils.add_days(frappe.utils.today(), 2))):
                with self.assertRaises(HbsError):
                    received_archives.forward(there.name, number, day)

    def test_a_file_that_was_changed_is_found(self) -> None:
        doc = self.sent(self.made())
        there = self.received()
        for kind, name, step in (
            (archive_files.OWN, doc.name, lambda: year_archive.download(doc.name)),
            (archive_files.RECEIVED, there.name, lambda: received_archives.check_again(there.name)),
        ):
            path = archive_files.path(kind, name)
            data = path.read_bytes()
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
            with self.assertRaises(EvidenceError):
                step()

    def test_files_over_http(self) -> None:
        doc = self.sent(self.made())
        there = self.received()
        base = "/api/method/hocbaso_app.api.archives."
        answer = Browser(self.play.principal).get(f"{base}download", name=doc.name)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.get_data(), archive_files.path(archive_files.OWN, doc.name).read_bytes())
        teacher = Browser(self.play.world.user_of(self.play.specialists[0]))
        self.assertEqual(teacher.get(f"{base}download", name=doc.name).status_code, 403)
        self.assertEqual(teacher.get(f"{base}download_received", name=there.name).status_code, 403)
        officer = Browser(self.city.officer)
        answer = officer.get(f"{base}download_received", name=there.name)
        self.assertEqual(answer.get_data(), archive_files.path(archive_files.OWN, doc.name).read_bytes())
        actions = frappe.get_all("HBS Audit Entry", {"reference_name": ("in", (doc.name, there.name))}, pluck="action")
        self.assertIn("download year archive", actions)
        self.assertIn("download received archive", actions)

    def test_the_manifest_is_kept_on_the_document_too(self) -> None:
        doc = self.made()
        path = archive_files.path(archive_files.OWN, doc.name)
        self.assertEqual(archive.read_manifest(path).token, base64.b64decode(doc.manifest))

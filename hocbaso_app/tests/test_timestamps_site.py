"""Timestamps on a site: while signing, after a service was down, before release; the trail tells each step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier
from typing import Any, ClassVar

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.tsa import TimestampAuthority, TsaApp, TsaFault
from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.jobs import timestamps as jobs
from hocbaso_app.record.document import Document
from hocbaso_app.services import audit, files, sign, states, timestamps, trust
from hocbaso_app.services.signing import progress
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.timestamps import slots_without
from hocbaso_app.signing.verify import verify
from hocbaso_app.signing.xades import without_timestamp
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.signers import play_with_authority
from hocbaso_app.tests.test_two_workers import at_once
from hocbaso_app.tests.world import Play, acting_as, state


class TestTimestamps(FrappeTestCase):
    """One pupil signed and released with a service that answers, or does not."""

    play: ClassVar[Play]
    ca: ClassVar[DemoCA]
    authority: ClassVar[TimestampAuthority]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        cls.play, cls.ca = play_with_authority(pupils=1, grade=1)
        cls.authority = TimestampAuthority.of(cls.ca)
        service = running(TsaApp(cls.authority))
        cls.address = service.__enter__()
        cls.addClassCleanup(service.__exit__, None, None, None)
        cls.name = cls.play.until("checked")[0]

    def setUp(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.savepoint("timestamps")
        self.addCleanup(frappe.db.rollback, save_point="timestamps")
        self.addCleanup(frappe.clear_document_cache, "HBS Settings", "HBS Settings")
        self.addCleanup(self.authority.faults.clear)
        self.addCleanup(frappe.cache.delete_value, timestamps.QUIET)
        frappe.cache.delete_value(timestamps.QUIET)
        self.use(self.address)

    def use(self, address: str | None, level: str = "B", user: str | None = None) -> None:
        settings = frappe.get_single("HBS Settings")
        settings.update({"timestamp_address": address, "timestamp_level": level, "timestamp_user": user})
        settings.flags.ignore_permissions = True
        settings.save()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.authority.switch(TsaFault.DOWN)
        yield
        self.authority.faults.clear()
        frappe.cache.delete_value(timestamps.QUIET)

    def file(self) -> tuple[Any, Document]:
        return files.load(frappe.db.get_value("HBS Record", self.name, "current_version"))

    def level(self, stage: Stage) -> str | None:
        report = verify(self.file()[1], trust.store(), stage=stage).report
        self.assertEqual("TOTAL-PASSED", report.conclusion.value, report.to_text())
        return report.level

    def note(self) -> str | None:
        doc = frappe.get_doc("HBS Record", self.name)
        with states.in_vietnamese():
            doc.onload()
        return doc.get_onload("timestamps")

    def sound(self) -> None:
        self.assertFalse(audit.broken_entries())
        self.assertNotIn(self.file()[0].name, files.changed_files())

    def sign_all(self) -> None:
        self.play.sign_subjects()
        self.play.sign_homeroom()
        self.play.sign_manager()

    def test_every_signature_gets_its_timestamp_while_it_is_made(self) -> None:
        self.play.sign_subjects()
        self.assertEqual("T", self.level(Stage.SUBJECT))
        self.play.sign_homeroom()
        self.play.sign_manager()
        self.play.release()
        self.assertEqual("Released", state(self.name))
        version, document = self.file()
        self.assertEqual("T", self.level(Stage.RELEASE))
        self.assertEqual((version.signatures, version.status), (version.timestamps, "Released"))
        self.assertFalse(slots_without(document))
        doc = frappe.get_doc("HBS Record", self.name)
        self.assertTrue(all(row.timestamped_at and row.timestamped_at >= row.signed_at for row in doc.slots))
        self.assertIsNone(self.note())
        self.sound()

    def test_a_service_that_is_down_holds_no_signature_up_and_is_asked_again(self) -> None:
        with self.down():
            self.play.sign_subjects()
            batch = self.play.sign_homeroom()
            self.assertEqual("B", self.level(Stage.HOMEROOM))
            count = self.file()[0].signatures
            self.assertIn(f"{count} chữ ký", self.note() or "")
            with acting_as(self.play.homeroom):
                self.assertIn("không trả lời", progress.status(batch.name, True)["sentence"])
            self.assertEqual(0, timestamps.add_missing())
        self.assertEqual([self.file()[0].name], timestamps.missing())
        self.assertEqual(1, timestamps.add_missing())
        self.assertEqual("T", self.level(Stage.HOMEROOM))
        self.assertIsNone(self.note())
        self.assertEqual(0, timestamps.add_missing())
        last = frappe.get_last_doc("HBS Audit Entry", order_by="name desc")
        self.assertEqual(("timestamp", self.file()[0].sha256), (last.action, frappe.parse_json(last.details).sha256))
        self.sound()
        self.play.sign_manager()
        self.play.release()
        self.assertEqual("T", self.level(Stage.RELEASE))

    def test_what_is_missing_is_asked_for_once_more_before_the_seal(self) -> None:
        with self.down():
            self.sign_all()
        self.play.release()
        self.assertEqual("T", self.level(Stage.RELEASE))
        self.sound()

    def test_without_need_a_record_is_released_without_and_never_changed_again(self) -> None:
        with self.down():
            self.sign_all()
            self.play.release()
        before = self.file()[0].sha256
        self.assertEqual(0, timestamps.add_missing())
        self.assertEqual((before, "B"), (self.file()[0].sha256, self.level(Stage.RELEASE)))

    def test_where_level_t_is_needed_the_release_waits_with_a_sentence(self) -> None:
        self.use(self.address, "T")
        with self.down():
            self.sign_all()
            batch = self.play.release()
            self.assertEqual("Release", state(self.name))
            item = next(item for item in batch.items if item.record == self.name)
            self.assertEqual("Refused", item.outcome)
            self.assertIn("chưa có dấu thời gian", item.message)
            self.assertIn("chưa phát hành được", self.note() or "")
            self.assertFalse(self.file()[1].slot("ky-phat-hanh"))
        self.play.release()
        self.assertEqual(("Released", "T"), (state(self.name), self.level(Stage.RELEASE)))

    def test_only_a_missing_timestamp_may_come_into_a_file(self) -> None:
        self.play.sign_subjects()
        version, document = self.file()
        slot = next(slot for slot, inner in document.slots.items() if inner)
        inner = document.slot(slot)
        plain = without_timestamp(slot, inner)
        for changed in (
            plain,
            b"",
            inner.replace(b"<xades:EncapsulatedTimeStamp>MI", b"<xades:EncapsulatedTimeStamp>MJ"),
        ):
            self.assertNotEqual(changed, inner)
            self.assertRaises(EvidenceError, files.grow, version, document.with_slot(slot, changed))

    def test_a_file_that_grew_meanwhile_is_left_to_the_next_run(self) -> None:
        with self.down():
            self.play.sign_subjects()
        name = self.file()[0].name
        tokens = timestamps.fetch([d for doc in timestamps._without([name]).values() for d in timestamps._digests(doc)])
        self.play.sign_homeroom()  # the homeroom's own value is not among the tokens
        self.assertTrue(timestamps._add(name, tokens))
        self.assertEqual("T", self.level(Stage.HOMEROOM))
        self.assertFalse(timestamps._add(name, tokens))

    def test_no_address_no_timestamps_and_nobody_is_told(self) -> None:
        self.use(None)
        self.play.sign_subjects()
        self.assertEqual("B", self.level(Stage.SUBJECT))
        self.assertIsNone(self.note())
        self.assertEqual(0, timestamps.add_missing())
        jobs.wake()

    def test_the_button_says_what_came(self) -> None:
        self.assertTrue(timestamps.try_service()["ok"])
        with self.down():
            said = timestamps.try_service()
            self.assertFalse(said["ok"])
            self.assertIn("TSA_UNREACHABLE", said["detail"])
        stranger = TimestampAuthority.of(DemoCA.create(self.ca.now, name="Khác"))
        with running(TsaApp(stranger)) as address:
            self.use(address)
            self.assertIn("TSA_NOT_TRUSTED", timestamps.try_service()["detail"])
        with acting_as(self.play.principal):
            self.assertRaises(NotYoursError, timestamps.try_service)
        for wrong in ("ftp://tsa.example.invalid", "tsa.example.invalid", "http://user:pin@tsa.example.invalid/"):
            self.assertRaises(HbsError, self.use, wrong)
        with self.assertRaises(HbsError):
            self.use("http://tsa.example.invalid/", user="truong")  # its password would be anybody's
        self.use("https://tsa.example.invalid/", user="truong")


class TestTwoWorkers(CommittedTestCase):
    """Two runs of the job and a signing at the same moment, each with a connection of its own."""

    play: ClassVar[Play]
    address: ClassVar[str]

    @classmethod
    def make_world(cls) -> None:
        cls.play, ca = play_with_authority(pupils=2, grade=4)
        service = running(TsaApp(TimestampAuthority.of(ca)))
        cls.address = service.__enter__()
        cls.addClassCleanup(service.__exit__, None, None, None)
        cls.play.until("checked")

    def test_each_signature_gets_one_timestamp_and_none_is_lost(self) -> None:
        first, second, *_others = self.play.specialists
        batches = []
        for person in (first, second):
            with acting_as(self.play.world.user_of(person)):
                batches.append(sign.confirm("gvbm", self.play.names(), self.play.pin(person)).name)
        sign.run_batch(batches[0], keep_each=True)
        settings = frappe.get_single("HBS Settings")
        settings.timestamp_address = self.address
        settings.save()
        frappe.db.commit()
        frappe.cache.delete_value(timestamps.QUIET)
        self.assertEqual(2, len(timestamps.missing()))

        def stamp(barrier: Barrier) -> None:
            timestamps.missing()  # the transaction's snapshot is taken
            barrier.wait()
            timestamps.add_missing(keep_each=True)

        def signing(barrier: Barrier) -> None:
            barrier.wait()
            sign.run_batch(batches[1], keep_each=True)

        self.assertEqual([], at_once(stamp, stamp, signing))
        timestamps.add_missing(keep_each=True)  # what a run left to the next one
        self.assertEqual([], timestamps.missing())
        for name in self.play.names():
            version = frappe.db.get_value("HBS Record", name, "current_version")
            document = files.load(version)[1]
            self.assertFalse(slots_without(document))
            filled = {slot for slot, inner in document.slots.items() if inner}
            entries = {"action": "timestamp", "reference_name": version}
            told = frappe.get_all("HBS Audit Entry", entries, pluck="details", order_by="name")
            stamped = [slot for details in told for slot in frappe.parse_json(details)["slots"]]
            self.assertEqual(len(stamped), len(set(stamped)))
            self.assertLessEqual(set(stamped), filled)
        self.assertEqual([], files.changed_files())
        self.assertEqual([], audit.broken_entries())

"""Evidence on a site: made in one go, renewed in time, used by every verification, damaged or missing said so."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.tsa import TimestampAuthority, TsaApp, TsaFault
from hocbaso_app.exceptions import HbsError
from hocbaso_app.jobs import long_term as job
from hocbaso_app.record.document import Document
from hocbaso_app.services import convert, files, handover, prints, timestamps, trust
from hocbaso_app.services.long_term import book, making, parts, showing
from hocbaso_app.services.night_watch import judge, kept, queue, watch
from hocbaso_app.services.receiving import files as received
from hocbaso_app.setup import roles
from hocbaso_app.signing.evidence.bundle import Bundle
from hocbaso_app.signing.export import read_copy
from hocbaso_app.signing.timestamps import read_token
from hocbaso_app.signing.verify import verify
from hocbaso_app.tests.authority import running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.signers import play_with_authority
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.untouched import UntouchedTestCase
from hocbaso_app.tests.world import Play, acting_as

YEAR = timedelta(days=365)


class TestLongTerm(UntouchedTestCase):
    """Two released records and a time-stamping service that answers, or does not."""

    play: ClassVar[Play]
    ca: ClassVar[DemoCA]
    authority: ClassVar[TimestampAuthority]
    names: ClassVar[list[str]]
    versions: ClassVar[list[str]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.play, cls.ca = play_with_authority(pupils=2, grade=2)
        longer = cls.ca.timestamper(not_before=cls.ca.now - timedelta(days=1), not_after=cls.ca.now + 6 * YEAR)
        cls.authority = TimestampAuthority(longer)
        service = running(TsaApp(cls.authority))
        cls.address = service.__enter__()
        cls.addClassCleanup(service.__exit__, None, None, None)
        cls.names = cls.play.until("released")
        cls.versions = [frappe.db.get_value("HBS Record", name, "current_version") for name in cls.names]
        cls.admin = school_person("qt@example.invalid", roles.SCHOOL_ADMIN, cls.play.world.unit)
        other_school()
        cls.stranger = school_person("ht.khac@example.invalid", roles.PRINCIPAL, OTHER)

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(frappe.clear_document_cache, "HBS Settings", "HBS Settings")
        self.addCleanup(self.authority.faults.clear)
        self.use(self.address)

    def use(self, address: str | None) -> None:
        frappe.db.set_single_value("HBS Settings", "timestamp_address", address)
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def rows(self, **where: Any) -> list[Any]:
        columns = ["name", "kept_name", "number", "newest", "kind", "until", "proved_at", "unit", "sha256", "content"]
        return frappe.get_all(book.DOCTYPE, where, columns, order_by="name")

    def bundle(self, version: str) -> Bundle:
        found = book.beside(frappe.db.get_value(files.DOCTYPE, version, "sha256"))
        assert isinstance(found, Bundle)
        return found

    def data(self, version: str) -> bytes:
        return files.load(version)[1].data

    def test_one_timestamp_for_all_that_is_new(self) -> None:
        done = making.run()
        self.assertEqual((done.made, done.renewed, done.problem), (2, 0, ""))
        rows = self.rows()
        self.assertEqual({row.kept_name for row in rows}, set(self.versions))
        self.assertTrue(all(row.newest and row.until and row.number == 1 for row in rows))
        tokens = {self.bundle(version).record.newest.token for version in self.versions}
        self.assertEqual(len(tokens), 1)
        for version in self.versions:
            verdict = self.bundle(version).check(self.data(version), trust.store(), convert.now())
            self.assertTrue(verdict.ok, verdict.message_en)
        self.assertEqual(making.run().made, 0, "each file once")

    def test_what_they_share_is_kept_once_and_comes_back_octet_by_octet(self) -> None:
        making.run()
        rows = self.rows()
        for row in rows:
            octets = book.octets_beside(row.sha256)
            self.assertEqual(Bundle.from_bytes(octets or b"").to_bytes(), octets)
            self.assertLess(len(row.content), len(octets or b"") // 2)
        self.assertLess(frappe.db.count(parts.DOCTYPE), 2 * len(rows) + 6)

    def test_a_changed_or_lost_part_is_no_evidence(self) -> None:
        making.run()
        frappe.db.sql(f"update `tab{parts.DOCTYPE}` set content = concat('A', content)")
        for version in self.versions:
            file = kept.load(kept.VERSION, [version])[0]
            found = judge.judge(file, trust.store())
            self.assertEqual(found.verdict, judge.BROKEN, found.explanation)

    def test_it_waits_for_lists_newer_than_the_files_where_one_is_due(self) -> None:
        """Who was revoked an hour before he signed may not be on yesterday's list."""
        store, now = trust.store(), convert.now()
        frappe.db.sql("update `tabHBS Record Version` set released_on = %s", convert.desk_time(now))

        def run(listed: datetime, days: float, at: datetime = now) -> int:
            crls = tuple(one.crl(listed, days) for one in self.ca.authorities)
            with patch.object(trust, "store", lambda: replace(store, crls=crls)):
                return making.run(self.authority_at(at), at=at).made

        yesterday = now - timedelta(days=1)
        self.assertEqual(run(yesterday, days=2), 0)
        self.assertEqual(run(now + timedelta(seconds=1), days=2), 2)
        frappe.db.delete(book.DOCTYPE)
        self.assertEqual(run(yesterday, days=3650), 2, "no newer one is due")
        frappe.db.delete(book.DOCTYPE)
        later = now + timedelta(days=making.LATE_DAYS)
        self.assertEqual(run(yesterday, days=10, at=later), 2, "not for ever")

    def test_a_service_that_is_down_leaves_all_for_the_next_night(self) -> None:
        self.authority.switch(TsaFault.DOWN)
        done = making.run()
        self.assertEqual(done.made, 0)
        self.assertTrue(done.problem)
        self.assertEqual(making.warn_when_late(done.problem), 0, "not yet late")
        frappe.db.sql("update `tabHBS Record Version` set released_on = %s", add_to_date(now_datetime(), days=-8))
        self.assertEqual(making.warn_when_late(done.problem), 2)
        self.assertEqual(making.warn_when_late(done.problem), 2)
        where = {"for_user": self.admin, "document_type": "HBS Settings"}
        (told,) = frappe.get_all("Notification Log", where, ["email_content"])
        self.assertIn(frappe.utils.escape_html(done.problem), told.email_content)
        self.authority.faults.clear()
        self.assertEqual(making.run().made, 2)
        self.assertEqual(making.warn_when_late(""), 0)

    def test_without_a_service_a_sentence_says_what_to_do(self) -> None:
        self.use(None)
        done = making.run()
        self.assertEqual((done.made, bool(done.problem)), (0, True))
        with acting_as(self.play.principal):
            self.assertIn("HBS Settings", showing.of_record(self.names[0])["evidence"])

    def test_a_file_that_is_not_valid_gets_none(self) -> None:
        other = self.data(self.versions[0]).replace(b"<DUOC_LEN_LOP>1<", b"<DUOC_LEN_LOP>0<")
        import base64
        import hashlib

        values = (base64.b64encode(other).decode(), hashlib.sha256(other).hexdigest(), self.versions[0])
        frappe.db.sql("update `tabHBS Record Version` set content = %s, sha256 = %s where name = %s", values)
        self.assertEqual(making.run().made, 1)
        self.assertEqual([row.kept_name for row in self.rows()], [self.versions[1]])

    @requirement("Y034")
    def test_records_stay_valid_on_the_desk_after_their_certificates_have_ended(self) -> None:
        """The desk's own clock goes on; without evidence the same file can't be judged any more."""
        making.run()
        document = files.load(self.versions[0])[1]
        signers = [
            slot.certificate.not_after for slot in verify(document, trust.store()).report.signatures if slot.certificate
        ]
        later = datetime.fromisoformat(max(signers)) + timedelta(days=2)
        until = get_datetime(self.rows()[0].until)
        self.assertGreater(until, convert.desk_time(later), "the time-stamping certificate of the demo lasts longer")
        store = trust.store()
        bare = verify(document, store, at=later, revocation="if-present")
        self.assertEqual(bare.report.conclusion.value, "INDETERMINATE")
        kept_one = verify(document, store, at=later, evidence=self.bundle(self.versions[0]), revocation="if-present")
        self.assertTrue(kept_one.valid, kept_one.report.to_text("en"))

    def test_renewed_before_the_end_and_only_then(self) -> None:
        making.run()
        end = min(get_datetime(row.until) for row in self.rows())
        at = convert.now() + (end - now_datetime()) - timedelta(days=making.AHEAD_DAYS + 3)
        later = self.authority_at(at)
        self.assertEqual(making.run(later, at=at).renewed, 0, "not due yet")
        at += timedelta(days=10)
        later = self.authority_at(at)
        with patch.object(making, "MOST", 1):
            self.assertEqual(making.run(later, at=at).renewed, 2, "in chunks")
        rows = self.rows()
        self.assertEqual([(row.number, row.newest) for row in rows], [(1, 0), (1, 0), (2, 1), (2, 1)])
        self.assertEqual({row.kind for row in rows[2:]}, {book.TIMESTAMP})
        self.assertTrue(all(get_datetime(row.until) > end for row in rows[2:]))
        self.assertEqual(get_datetime(rows[2].proved_at), get_datetime(rows[0].proved_at))
        renewed = self.bundle(self.versions[0])
        self.assertEqual(len(renewed.record.chains[0].timestamps), 2)
        verdict = renewed.check(self.data(self.versions[0]), trust.store(), at)
        self.assertTrue(verdict.ok, verdict.message_en)

    def test_a_digest_that_ends_gets_a_new_tree_over_files_and_evidence(self) -> None:
        making.run()
        at = convert.now() + timedelta(days=30)
        with patch("hocbaso_app.signing.evidence.forecast.due", lambda *args, **kwargs: "tree"):
            frappe.db.sql(f"update `tab{book.DOCTYPE}` set until = %s", convert.desk_time(at + timedelta(days=10)))
            self.assertEqual(making._renew(self.authority_at(at), trust.store(), at), 2)
        renewed = self.bundle(self.versions[0])
        self.assertEqual([chain.algorithm for chain in renewed.record.chains], ["sha256", "sha512"])
        verdict = renewed.check(self.data(self.versions[0]), trust.store(), at)
        self.assertTrue(verdict.ok, verdict.message_en)
        self.assertEqual({row.kind for row in self.rows(newest=1)}, {book.TREE})

    def authority_at(self, at: datetime) -> Any:
        """The service of a later day, with a younger certificate of the same authority."""
        key = self.ca.timestamper(not_before=at - timedelta(days=1), not_after=at + 5 * YEAR)
        younger = TimestampAuthority(key)
        return lambda digest: younger.stamp_digest(digest, at, {32: "sha256", 64: "sha512"}[len(digest)])

    def test_the_watch_judges_by_the_evidence(self) -> None:
        making.run()
        file = kept.load(kept.VERSION, [self.versions[0]])[0]
        found = judge.judge(file, trust.store())
        self.assertEqual((found.verdict, found.as_of), (judge.RIGHT, get_datetime(self.rows()[0].proved_at)))
        frappe.db.sql(
            f"update `tab{book.DOCTYPE}` set sha256 = %s where kept_name = %s", (file.sha256, self.versions[1])
        )
        frappe.db.sql(f"delete from `tab{book.DOCTYPE}` where kept_name = %s", self.versions[0])
        strange = judge.judge(file, trust.store())
        self.assertEqual(strange.verdict, judge.BROKEN, "evidence of another file")

    def test_prints_are_verified_with_it(self) -> None:
        making.run()
        document = files.load(self.versions[0])[1]
        with patch.object(book, "beside", wraps=book.beside) as asked:
            verification = prints.verified(document)
        self.assertTrue(verification and verification.valid)
        asked.assert_called_once_with(document.sha256)

    def test_file_and_evidence_are_handed_out_together(self) -> None:
        with acting_as(self.play.principal):
            with self.assertRaises(HbsError):
                showing.package(self.names[0])
            making.run()
            data, name = showing.package(self.names[0])
        self.assertTrue(name.endswith("-bang-chung.zip"))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = {entry.rpartition(".")[2]: archive.read(entry) for entry in archive.namelist()}
        self.assertEqual(Document.parse(found["xml"]).data, self.data(self.versions[0]))
        verdict = Bundle.from_bytes(found["evidence"]).check(found["xml"], trust.store(), convert.now())
        self.assertTrue(verdict.ok)
        with acting_as(self.stranger), self.assertRaises(frappe.PermissionError):
            showing.package(self.names[0])
        with acting_as(self.stranger), self.assertRaises(frappe.PermissionError):
            showing.of_record(self.names[0])

    def test_a_hand_over_package_has_it_beside_the_original(self) -> None:
        making.run()
        with acting_as(self.play.clerk):
            data, _name = handover.package(self.names[0], "Chuyển trường")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            original, evidence = archive.read(handover.ORIGINAL_NAME), archive.read(handover.EVIDENCE_NAME)
            self.assertIn(handover.EVIDENCE_NAME, archive.read(handover.MANIFEST).decode())
        later = convert.now() + timedelta(days=3 * 365)
        beside = verify(original, trust.store(), at=later, evidence=Bundle.from_bytes(evidence))
        self.assertTrue(beside.valid, beside.report.to_text("en"))
        self.assertFalse(verify(original, trust.store(), at=later).valid, "people's certificates have ended by then")

    def test_a_copy_for_other_software_leads_back_to_the_original(self) -> None:
        making.run()
        with acting_as(self.play.principal):
            for level in ("LT", "LTA"):
                data, name = showing.copy(self.names[0], level)
                self.assertTrue(name.endswith(f"-{level}.xml"))
                self.assertEqual(read_copy(data).original.data, self.data(self.versions[0]))
            self.use(None)
            with self.assertRaises(HbsError):
                showing.copy(self.names[0], "LTA")
        with acting_as(self.stranger), self.assertRaises(frappe.PermissionError):
            showing.copy(self.names[0], "LT")

    def test_the_form_says_until_when(self) -> None:
        making.run()
        with acting_as(self.play.principal):
            self.assertIsNone(showing.of_record(self.names[0])["watch"])
            watch.run(most=2)
            said = showing.of_record(self.names[0])
        self.assertIn(frappe.utils.format_date(self.rows()[0].until, "d/M/yyyy"), said["evidence"])
        self.assertTrue(said["watch"] and said["right"])

    @requirement("Y034")
    def test_the_forecast_names_how_many_and_why(self) -> None:
        before = showing.forecast(self.play.principal, 24)
        self.assertEqual(sum(row["files"] for row in before), 0 if not self.ends_within(24) else 2)
        many = showing.forecast(self.play.principal, 240)
        self.assertEqual({(row["files"], row["unit"]) for row in many}, {(2, self.play.world.unit)})
        making.run()
        self.assertEqual(showing.counted(self.play.principal), {"files": 2, "with_evidence": 2})
        after = showing.forecast(self.play.principal, 240)
        self.assertEqual(sum(row["files"] for row in after), 2)
        self.assertGreater(after[0]["ends"], many[0]["ends"])
        self.assertIn("dấu thời gian", after[0]["reason"])
        self.assertEqual(showing.forecast(self.stranger, 240), [])
        frappe.set_user(self.play.principal)
        from hocbaso_app.hocbaso_app.report.hbs_evidence_forecast.hbs_evidence_forecast import execute

        _columns, rows, message = execute({"months": 240})
        self.assertEqual(rows, after)
        self.assertIn("2", message)

    def ends_within(self, months: int) -> bool:
        report = verify(files.load(self.versions[0])[1], trust.store()).report
        ends = [datetime.fromisoformat(s.certificate.not_after) for s in report.signatures if s.certificate]
        return min(ends) < convert.now() + timedelta(days=round(months * 30.44))

    def test_it_runs_every_night(self) -> None:
        cron = frappe.get_hooks("scheduler_events")["cron"]
        self.assertIn("hocbaso_app.jobs.long_term.wake", cron["30 1 * * *"])
        self.assertEqual(job.run()["made"], 2)
        self.assertEqual(read_token(self.bundle(self.versions[0]).record.newest.token).algorithm, "sha256")
        self.assertTrue(timestamps.client())


class TestLongTermAtTheAuthority(CommittedTestCase):
    """School and department on one site: what was received gets evidence of its own and is watched like the rest."""

    play: ClassVar[Play]
    ca: ClassVar[DemoCA]

    @classmethod
    def make_world(cls) -> None:
        cls.play, cls.ca = play_with_authority(pupils=2, grade=2)
        cls.play.until("released")

    def test_received_records_are_watched_proved_and_read_with_their_evidence(self) -> None:
        with running_authority(self.play) as authority:
            authority.exchange()
            codes = [row.name for row in authority.held()]
            self.assertEqual(watch.run(most=queue.total()).right, 4)
            self.assertEqual(making.run(TimestampAuthority.of(self.ca).stamp_digest).made, 4)
            rows = frappe.get_all(book.DOCTYPE, {"kept_doctype": kept.RECEIVED}, ["kept_name", "unit"], order_by="name")
            self.assertEqual({(row.kept_name, row.unit) for row in rows}, {(code, authority.unit) for code in codes})
            with acting_as(authority.officer):
                self.assertTrue(received.verified(codes[0]).valid)
                said = showing.of_received(codes[0])
                until = frappe.db.get_value(book.DOCTYPE, {"kept_name": codes[0]}, "until")
                self.assertIn(frappe.utils.format_date(until, "d/M/yyyy"), said["evidence"])
                self.assertTrue(said["right"] and said["watch"])
                data, _name = showing.received_package(codes[0])
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self.assertEqual(len(archive.namelist()), 3)
            with acting_as(self.play.homeroom), self.assertRaises(frappe.PermissionError):
                showing.of_received(codes[0])
            frappe.db.sql("delete from `tabHBS Received Record` where name = %s", codes[0])
            frappe.db.sql(f"update `tab{queue.DOCTYPE}` set checked_at = %s", add_to_date(now_datetime(), days=-2))
            found = watch.run(most=queue.total() + 1).found
            self.assertEqual([(f.kind, f.doctype, f.name) for f in found], [("File missing", kept.RECEIVED, codes[0])])
            frappe.db.rollback()

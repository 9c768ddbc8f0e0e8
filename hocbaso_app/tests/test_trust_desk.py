"""The trust desk: anchors come and go by two people and a seal; newer revocation data, and a word before they end."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import frappe
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.revocation import RevocationApp, RevocationFault, RevocationService
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.exchange.client import PortalClient
from hocbaso_app.exchange.extensions import REGISTRY_PATH, TRUST_LIST_PATH
from hocbaso_app.hocbaso_app.report.hbs_revocation_data import hbs_revocation_data
from hocbaso_app.hocbaso_app.report.hbs_trust_anchors import hbs_trust_anchors
from hocbaso_app.services import convert, registering, registry, trust, trust_desk
from hocbaso_app.services.revocation import ages, fetching
from hocbaso_app.signing.revocation import Web
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_receiving import ReceivingTestCase
from hocbaso_app.tests.world import acting_as

ADMIN, AUDITOR = "quantri@hoaphuong.example.invalid", "giamsat@hoaphuong.example.invalid"


class TestTrustDesk(ReceivingTestCase):
    def setUp(self) -> None:
        super().setUp()
        kept = Path(tempfile.mkdtemp()) / "trust"
        shutil.copytree(trust.folder(), kept)
        self.addCleanup(self.put_back, kept)
        self.ca = DemoCA.create(convert.now() - timedelta(minutes=1), "Gốc thứ hai")

    def put_back(self, kept: Path) -> None:
        shutil.rmtree(trust.folder())
        shutil.copytree(kept, trust.folder())
        shutil.rmtree(kept.parent)
        frappe.local.hbs_trust = None
        frappe.db.delete(trust_desk.DOCTYPE)
        frappe.db.commit()

    def ask(self, **changes: Any) -> str:
        """A new root, asked for by whoever is logged in."""
        root = self.ca.root.certificate
        sha256 = root.fingerprint(hashes.SHA256()).hex()
        values = {
            "what": "Add",
            "anchor_name": "Gốc thứ hai",
            "kind": "Test root",
            "for_persons": 1,
            "sha256": ":".join(sha256[i : i + 2] for i in range(0, 64, 2)).upper(),
            "source": "Trang của tổ chức cấp, so với công văn 12",
            "reason": "Trường mới dùng chứng thư của tổ chức này",
            "pem": root.public_bytes(Encoding.PEM).decode(),
            **changes,
        }
        return str(frappe.get_doc({"doctype": trust_desk.DOCTYPE, **values}).insert().name)

    def test_two_people_add_a_root_and_withdraw_it(self) -> None:
        before = len(trust.store().roots)
        teacher = self.ca.person("Nguyễn Thị An", "031199000001", algorithm="ec").certificate
        for authority in self.ca.authorities:
            (trust.folder() / "crls" / f"other-{authority.name}.crl").write_bytes(authority.crl(convert.now()))
        pem = self.ca.persons.certificate.public_bytes(Encoding.PEM)
        (trust.folder() / "intermediates" / "other.pem").write_bytes(pem)
        with acting_as(self.city.officer):
            name = self.ask()
            self.assertEqual(len(TrustStore.load(trust.folder()).roots), before, "asked for is not trusted")
            with self.assertRaises(NotYoursError):
                trust_desk.agree(name)
        self.assertEqual(trust_desk.agree(name), 2)
        store = TrustStore.load(trust.folder())
        self.assertEqual(len(store.roots), before + 1)
        published = self.city.client().get(TRUST_LIST_PATH)
        self.assertEqual(published, (trust.folder() / "anchors.cose").read_bytes(), "for every school to fetch")
        found = store.paths.check(teacher, convert.now())
        self.assertTrue(found.ok, found.message_en)
        doc = frappe.get_doc(trust_desk.DOCTYPE, name)
        self.assertEqual((doc.status, doc.asked_by, doc.decided_by), ("Published", self.city.officer, "Administrator"))
        with self.assertRaises(HbsError):
            trust_desk.agree(name)
        with acting_as(self.city.officer):
            _columns, rows, _note = hbs_trust_anchors.execute()
            self.assertEqual(rows[-1]["reason"], "Trường mới dùng chứng thư của tổ chức này")
            again = self.ask(what="Withdraw", reason="Tổ chức này ngừng hoạt động", pem=None, anchor_name=None)
        self.assertEqual(trust_desk.agree(again), 3)
        found = TrustStore.load(trust.folder()).paths.check(teacher, convert.now() + timedelta(seconds=2))
        self.assertEqual(found.sub_indication, "NO_CERTIFICATE_CHAIN_FOUND")
        actions = frappe.get_all(
            "HBS Audit Entry", {"reference_doctype": trust_desk.DOCTYPE}, pluck="action", order_by="name desc", limit=4
        )
        self.assertEqual(actions[0], "trust change published")

    def test_a_school_takes_the_list_of_its_authority(self) -> None:
        with acting_as(self.city.officer):
            name = self.ask()
        old = {one: (trust.folder() / one).read_bytes() for one in ("anchors.cose", "anchors.json")}
        trust_desk.agree(name)
        frappe.db.commit()
        new = self.city.client().get(TRUST_LIST_PATH)
        with tempfile.TemporaryDirectory() as place:  # the same folder as a school has it
            school = Path(shutil.copytree(trust.folder(), Path(place) / "trust"))
            for one, data in old.items():
                (school / one).write_bytes(data)
            (school / "roots" / f"{self.ca.root.certificate.fingerprint(hashes.SHA256()).hex()}.pem").unlink()
            with patch.object(trust, "folder", lambda: school), patch.object(PortalClient, "get", self.served(new)):
                self.assertTrue(registry.fetch(self.play.world.unit, registering.school_year()))
                self.assertFalse(registry.fetch(self.play.world.unit, registering.school_year()))
            self.assertEqual(len(TrustStore.load(school).roots), len(trust.store().roots))

    def served(self, new: bytes) -> Any:
        """What the authority published, without this site's own folder in between."""
        lists = {TRUST_LIST_PATH: new, REGISTRY_PATH: (trust.folder() / "registry.cose").read_bytes()}
        return lambda client, path: lists[path]

    def test_what_is_wrong_is_said_to_who_asks(self) -> None:
        with acting_as(self.city.officer):
            wrong = (
                {"sha256": "00" * 32},
                {"reason": "ngắn"},
                {"for_persons": 0},
                {"pem": "không phải chứng thư"},
                {"what": "Withdraw", "sha256": "00" * 32},
            )
            for changes in wrong:
                with self.assertRaises(HbsError):
                    self.ask(**changes)
            name = self.ask()
            doc = frappe.get_doc(trust_desk.DOCTYPE, name)
            doc.reason = "Một lý do khác hẳn"
            with self.assertRaises(EvidenceError):
                doc.save()
            with self.assertRaises((EvidenceError, frappe.PermissionError)):
                doc.delete()
        with self.assertRaises(HbsError):
            trust_desk.refuse(name, " ")
        trust_desk.refuse(name, "Dấu vân tay chưa so với văn bản")
        self.assertEqual(frappe.db.get_value(trust_desk.DOCTYPE, name, "status"), "Refused")

    def test_others_neither_ask_nor_decide(self) -> None:
        with acting_as(self.city.officer):
            name = self.ask()
        for user in (ADMIN, AUDITOR, self.play.principal):
            with acting_as(user):
                with self.assertRaises((frappe.PermissionError, NotYoursError)):
                    self.ask()
                with self.assertRaises((frappe.PermissionError, NotYoursError)):
                    trust_desk.agree(name)

    @requirement("Y034")
    def test_a_production_list_takes_no_test_root(self) -> None:
        """Practice and real roots are never on one list, whoever agrees."""
        store = trust.store()
        real = frappe._dict(environment="production", department="Sở", department_tax_code="0209999000")
        with patch.object(trust, "store", lambda: frappe._dict(trust_list=None, registry=real)):
            for kind in ("Test root", "NEAC root"):
                with acting_as(self.city.officer), self.assertRaises(HbsError):
                    self.ask(kind=kind)
        self.assertEqual(store.registry.environment, "practice")


class TestRevocationData(FrappeTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.app = RevocationApp(None)  # type: ignore[arg-type]
        serving = running(self.app)
        address = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        self.addCleanup(shutil.rmtree, self.folder)
        now = convert.now()
        self.ca = DemoCA.create(now, address=address)
        self.app.service = RevocationService(self.ca, days=7)
        self.ca.write_trust(self.folder, ())
        self.write_lists(1)
        place = patch.object(trust, "folder", lambda: self.folder)
        place.start()
        self.addCleanup(place.stop)
        self.addCleanup(frappe.cache.delete_value, fetching.LAST)
        self.web = Web()
        self.web.session.trust_env = False

    def write_lists(self, days: float) -> None:
        for authority in self.ca.authorities:
            crl = authority.crl(convert.now() - timedelta(days=1), days=1 + days)
            (self.folder / "crls" / f"{authority.name}.crl").write_bytes(crl)

    def test_warned_before_signing_stops_and_fetched(self) -> None:
        _columns, rows, _note = hbs_revocation_data.execute()
        self.assertEqual({row["state"] for row in rows}, {frappe._("Runs out soon")})
        sentences = ages.warn()
        self.assertEqual(len(sentences), 3)
        self.assertIn("chỉ ký được đến", sentences[0])
        self.assertTrue(frappe.db.exists("Notification Log", {"document_name": "HBS Revocation Data"}))
        outcomes = fetching.fetch(self.web)
        self.assertTrue(all(outcome.ok for outcome in outcomes), outcomes)
        states = {row["authority"]: row["state"] for row in ages.rows()}
        self.assertEqual(states["Demo Root CA"], "Fresh")
        self.assertEqual(states["Demo Organisation CA"], "Fresh", "the department's own list")
        self.assertEqual(fetching.failures(), [])

    def test_a_site_whose_lists_ran_out_says_so_and_recovers(self) -> None:
        self.write_lists(-0.5)
        self.assertEqual({row["state"] for row in ages.rows()}, {"Ran out"})
        self.assertIn("đã hết hạn", ages.warn()[0])
        self.app.service.switch(RevocationFault.DOWN)
        self.assertFalse(any(outcome.ok for outcome in fetching.fetch(self.web)))
        _columns, _rows, note = hbs_revocation_data.execute()
        self.assertIn("báo lỗi 503", note)
        self.app.service.switch(RevocationFault.DOWN, 0)
        fetching.fetch(self.web)
        self.assertTrue(trust.store().paths.check(trust.store().department_certificate, convert.now()).ok)

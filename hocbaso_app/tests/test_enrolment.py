"""A certificate on its way into use: read, checked, tried with a real signature by its holder, approved by another."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest.mock import patch

import frappe
from cryptography.hazmat.primitives.serialization import Encoding
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, now_datetime, today

from hocbaso_app.api import enrolment as api
from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.csc2 import Csc2Signer
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.soft_token import SoftTokens, missing
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import certificates, convert, keys, sign
from hocbaso_app.services.enrolment import expiry, trial
from hocbaso_app.services.key_sources import kinds, providers
from hocbaso_app.signing.test_signature import check_test
from hocbaso_app.tests import signers
from hocbaso_app.tests.world import Play, acting_as

FILE, PLUGIN = kinds.PKCS12, kinds.PLUGIN


class TestEnrolment(FrappeTestCase):
    """One school with an authority whose keys the test keeps."""

    play: ClassVar[Play]
    ca: ClassVar[DemoCA]
    admin: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.play, cls.ca = signers.play_with_authority(pupils=1, grade=1)
        cls.play.until("entered")
        cls.admin = cls.play.world.users["999195900099"]

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        frappe.db.savepoint("enrolment")

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="enrolment")
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    @property
    def teacher(self) -> Any:
        return self.play.specialists[0]

    @property
    def login(self) -> str:
        return self.play.world.user_of(self.teacher)

    def person(self, name: str = "", number: str = "", **values: Any) -> Any:
        name, number = name or self.teacher.name, number or self.teacher.citizen_id
        return self.ca.person(name, number, algorithm="ec", **values)

    def place(self, key: Any, source: str = PLUGIN, kind: str = "Person") -> dict[str, Any]:
        pem = key.certificate.public_bytes(Encoding.PEM).decode()
        return {"holder_kind": kind, "unit": self.play.world.unit, "key_source": source, "pem": pem}

    def enter(self, key: Any, user: str = "", **more: Any) -> str:
        with acting_as(user or self.login):
            return api.enter(**self.place(key, **more))["certificate"]

    def try_out(self, name: str, key: Any, user: str = "") -> None:
        with acting_as(user or self.login):
            octets = base64.b64decode(api.begin_test(name)["to_be_signed"])
            api.finish_test(name, base64.b64encode(key.sign([octets])[0]).decode())

    def answers(self, key: Any) -> dict[str, bool | None]:
        with acting_as(self.login):
            return {row["key"]: row["ok"] for row in api.read(**self.place(key))["checks"]}

    def test_each_question_has_its_own_answer(self) -> None:
        now = convert.now()
        good = {"holder": True, "usage": True, "dates": True, "path": True, "revocation": True}
        self.assertEqual(self.answers(self.person()), good)
        self.assertFalse(self.answers(self.person(number="999000000001"))["holder"])
        self.assertFalse(self.answers(self.person(not_after=now - timedelta(days=1)))["dates"])
        stranger = DemoCA.create(now - timedelta(days=1), name="Fremd")
        self.assertFalse(self.answers(stranger.person("Ai", self.teacher.citizen_id, algorithm="ec"))["path"])
        self.assertFalse(self.answers(self.ca.organisation("Ai", "0200000000", algorithm="ec"))["holder"])
        revoked = self.person(revoked_at=now - timedelta(hours=2))
        self.addCleanup(self.unrevoke, revoked)
        signers.publish_lists(self.ca)
        found = self.answers(revoked)
        self.assertEqual((found["path"], found["revocation"]), (True, False))

    def unrevoke(self, key: Any) -> None:
        self.ca.persons.revoked.pop(key.certificate.serial_number)
        signers.publish_lists(self.ca)

    def test_from_reading_to_the_first_signature(self) -> None:
        key = self.person()
        name = self.enter(key)
        self.assertEqual(self.enter(key), name)
        doc = frappe.get_doc("HBS Certificate", name)
        self.assertEqual((doc.status, doc.tested_at, doc.enrolled_by), ("Pending", None, self.login))
        self.try_out(name, key)
        doc.reload()
        kept = frappe.parse_json(doc.test_signature)
        octets, value = base64.b64decode(kept["octets"]), base64.b64decode(kept["value"])
        self.assertTrue(check_test(key.certificate, octets, value))
        self.assertTrue(octets.startswith(b"HBS-KY-THU 1\n"))
        told = frappe.get_last_doc("Notification Log", {"for_user": self.admin}, order_by="creation desc")
        self.assertEqual(told.document_name, name)
        with acting_as(self.admin):
            rows = {row["key"]: row["ok"] for row in api.questions(name)}
            self.assertEqual(set(rows.values()), {True})
            api.approve(name)
        self.assertEqual(frappe.db.get_value("HBS Certificate", name, "status"), "Approved")

    def test_a_value_of_another_key_or_another_question_is_no_test(self) -> None:
        key = self.person()
        name = self.enter(key)
        with acting_as(self.login):
            octets = base64.b64decode(api.begin_test(name)["to_be_signed"])
            other = base64.b64encode(self.person().sign([octets])[0]).decode()
            with self.assertRaisesRegex(HbsError, "khóa|key"):
                api.finish_test(name, other)
            api.begin_test(name)
            with self.assertRaises(HbsError):
                api.finish_test(name, base64.b64encode(key.sign([octets])[0]).decode())
        self.assertIsNone(frappe.db.get_value("HBS Certificate", name, "tested_at"))

    def test_evidence_of_another_certificate_proves_nothing(self) -> None:
        first, second = self.person(), self.person()
        names = [self.enter(key) for key in (first, second)]
        self.try_out(names[0], first)
        one, other = (frappe.get_doc("HBS Certificate", name) for name in names)
        self.assertTrue(trial.proves(one))
        other.test_signature = one.test_signature
        self.assertFalse(trial.proves(other))

    def test_nobody_enrols_or_tries_anothers(self) -> None:
        name = self.enter(self.person())
        other = self.play.world.user_of(self.play.specialists[1])
        for user in (other, self.admin, self.play.principal):
            with acting_as(user):
                with self.assertRaises(HbsError):
                    api.enter(**self.place(self.person()))
                with self.assertRaises(NotYoursError):
                    api.begin_test(name)
        seal = self.ca.organisation(self.play.school.name, self.play.school.tax_code, algorithm="ec")
        with acting_as(self.login), self.assertRaises(NotYoursError):
            api.enter(**self.place(seal, kind="Unit"))
        self.enter(seal, self.play.clerk, kind="Unit")

    def test_key_file_of_a_practice_site(self) -> None:
        key = self.person()
        place = self.place(key, FILE) | {
            "pem": "",
            "key_file": base64.b64encode(self.ca.pkcs12(key, b"246810")).decode(),
        }
        with acting_as(self.login):
            with self.assertRaises(HbsError):
                api.read(**place, password="000000")
            self.assertEqual(api.read(**place, password="246810")["common_name"], self.teacher.name)
            name = api.enter(**place, password="246810")["certificate"]
            self.assertEqual(api.sign_test(name, password="246810")["state"], "done")
        path = keys.path_of(frappe.db.get_value("HBS Certificate", name, "sha256"))
        path.unlink()

    def test_remote_service_that_asks_the_phone(self) -> None:
        key = self.person()
        app = Csc2Signer([Subscriber(self.teacher.citizen_id, key, confirms=True)], signers.CLIENT)
        with running(app) as address:
            account = {
                "address": f"{address}/csc/v2",
                "client_id": signers.CLIENT[0],
                "client_secret": signers.CLIENT[1],
            }
            service = signers.make_service(self.play.world.unit, kinds.CSC, profile="v2", **account)
            place = {"holder_kind": "Person", "unit": self.play.world.unit, "key_source": kinds.CSC, "service": service}
            with acting_as(self.login):
                offered = {way["kind"]: way["services"] for way in api.mine()["holders"][0]["ways"]}
                self.assertEqual([row["name"] for row in offered[kinds.CSC]], [service])
                self.assertNotIn(kinds.PKCS11, offered)
                self.assertEqual(api.read(**place)["common_name"], self.teacher.name)
                name = api.enter(**place)["certificate"]
                self.assertEqual(api.sign_test(name)["state"], "waits")
                (shown,) = app.phone.waiting()
                self.assertEqual(shown.title, "Test signature, no record")
                self.assertEqual(api.ask_test(name)["state"], "waits")
                app.phone.reply(shown.id, True)
                self.assertEqual(api.ask_test(name)["state"], "done")
                api.sign_test(name)
                app.phone.reply(app.phone.waiting()[0].id, False)
                with self.assertRaises(HbsError):
                    api.ask_test(name)
        self.assertTrue(trial.proves(frappe.get_doc("HBS Certificate", name)))

    def test_seal_in_the_schools_device(self) -> None:
        if missing():
            self.skipTest(str(missing()))
        tokens = SoftTokens(Path(self.enterContext(TemporaryDirectory())))
        self.enterContext(tokens.in_use())
        seal = self.ca.organisation(self.play.school.name, self.play.school.tax_code, algorithm="ec")
        tokens.make("HSM-TRUONG", "334455")
        tokens.put("HSM-TRUONG", "334455", seal)
        real = providers.path_of
        known = {"thu": str(tokens.driver.path)}
        self.enterContext(patch.object(providers, "path_of", lambda name: known.get(name) or real(name)))
        service = signers.make_service(self.play.world.unit, kinds.PKCS11, module="thu")
        place = {"holder_kind": "Unit", "unit": self.play.world.unit, "key_source": kinds.PKCS11, "service": service}
        place["credential"] = "HSM-TRUONG"
        with acting_as(self.play.clerk):
            self.assertTrue(all(row["ok"] for row in api.read(**place, password="334455")["checks"]))
            name = api.enter(**place, password="334455")["certificate"]
            with self.assertRaises(HbsError):
                api.sign_test(name, password="000000")
            self.assertEqual(api.sign_test(name, password="334455")["state"], "done")

    def test_nobody_approves_his_own_while_there_is_another(self) -> None:
        staff = frappe.get_doc("HBS Staff Member", {"user": self.admin})
        key = self.person(staff.full_name, staff.citizen_id)
        name = self.enter(key, self.admin)
        self.try_out(name, key, self.admin)
        second = self.second_admin()
        with acting_as(self.admin), self.assertRaisesRegex(NotYoursError, "Hai"):
            api.approve(name)
        frappe.db.set_value("User", second, "enabled", 0)
        with acting_as(self.admin):
            api.approve(name)
        entry = frappe.get_last_doc("HBS Audit Entry", {"action": "certificate approved"})
        self.assertIn('"own": true', entry.details)

    def second_admin(self) -> str:
        email, role = "quantri.hai@example.invalid", {"role": "HBS School Admin"}
        user = {"doctype": "User", "email": email, "first_name": "Quản Trị Hai", "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [role]}).insert(ignore_permissions=True)
        staff = {
            "doctype": "HBS Staff Member",
            "full_name": "Quản Trị Hai",
            "citizen_id": "999195900098",
            "user": email,
        }
        entry = frappe.get_doc({**staff, "unit": self.play.world.unit, "from_date": "2020-01-01"})
        entry.insert(ignore_permissions=True)
        board = frappe.get_last_doc("HBS Board", {"unit": self.play.world.unit})
        board.append("members", {"staff": entry.name, "duty": "Member", "may_manage_certificates": 1})
        board.save(ignore_permissions=True)
        return email

    def test_refused_with_a_reason_that_the_holder_reads(self) -> None:
        name = self.enter(self.person())
        with acting_as(self.admin):
            with self.assertRaises(HbsError):
                api.refuse(name, " ")
            api.refuse(name, "Tên trong chứng thư số viết sai dấu.")
        with acting_as(self.login):
            rows = {row["name"]: row["next"] for row in api.mine()["certificates"]}
        self.assertIn("viết sai dấu", rows[name])
        told = frappe.get_last_doc("Notification Log", {"for_user": self.login}, order_by="creation desc")
        self.assertIn("viết sai dấu", told.subject)

    def test_renewal_keeps_the_old_one_until_the_new_one_is_approved(self) -> None:
        first, second = self.person(not_after=convert.now() + timedelta(days=20)), self.person()
        old, new = self.enter(first), None
        self.try_out(old, first)
        certificates.approve(old)
        new = self.enter(second)
        self.assertEqual(frappe.db.get_value("HBS Certificate", new, "replaces"), old)
        self.assertEqual(frappe.db.get_value("HBS Certificate", old, "status"), "Approved")
        self.try_out(new, second)
        certificates.approve(new)
        self.assertEqual(frappe.db.get_value("HBS Certificate", old, "status"), "Withdrawn")
        self.assertEqual(frappe.db.get_value("HBS Certificate", new, "status"), "Approved")

    def test_untested_ones_are_refused_from_the_day_that_is_set(self) -> None:
        names = self.play.names()
        self.play.confirm_and_initialise()
        self.play.see()
        frappe.db.set_single_value("HBS Settings", "tests_required_from", add_days(today(), 1))
        with acting_as(self.login):
            frappe.db.savepoint("tomorrow")
            sign.open_batch("gvbm", names)
            frappe.db.rollback(save_point="tomorrow")
        frappe.db.set_single_value("HBS Settings", "tests_required_from", today())
        with acting_as(self.login):
            with self.assertRaises(NotYoursError):
                sign.open_batch("gvbm", names)
            name = frappe.db.get_value(
                "HBS Certificate", {"staff": self.play.world.staff[self.teacher.citizen_id], "status": "Approved"}
            )
            api.sign_test(name, password=self.play.pin(self.teacher))
            sign.open_batch("gvbm", names)

    def test_warned_once_a_step(self) -> None:
        key = self.person()
        name = self.enter(key)
        staff = self.play.world.staff[self.teacher.citizen_id]
        frappe.db.set_value("HBS Certificate", {"staff": staff}, "status", "Withdrawn")
        frappe.db.set_value("HBS Certificate", name, "status", "Approved")
        told = []
        for left in (45, 29, 28, 13, 12, 6, 1, 0):
            frappe.db.set_value("HBS Certificate", name, "valid_to", add_days(now_datetime(), left))
            before = frappe.db.count("Notification Log", {"document_name": name})
            expiry.warn()
            told.append(frappe.db.count("Notification Log", {"document_name": name}) - before)
        everybody = 3  # the signer, the administrator, the principal
        self.assertEqual(told, [0, everybody, 0, everybody, 0, everybody, everybody, 0])

    def test_nobody_is_warned_who_has_one_that_lasts(self) -> None:
        key = self.person(not_after=convert.now() + timedelta(days=10))
        name = self.enter(key)
        frappe.db.set_value("HBS Certificate", name, "status", "Approved")
        self.assertNotIn(name, [row.name for row in expiry.ending(self.play.world.unit)])

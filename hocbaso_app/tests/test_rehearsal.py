"""The rehearsal of a school and its page: who would fail on the signing days, and why; nothing is green by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import frappe
from cryptography.hazmat.primitives.serialization import Encoding
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, getdate, now_datetime, today

from hocbaso_app.api import enrolment, readiness
from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.csc2 import Csc2Signer
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.jobs import signers as jobs
from hocbaso_app.services import convert, keys, rows, schedule, trust
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.services.rehearsal import run, signers
from hocbaso_app.tests import signers as school_keys
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as


class TestRehearsal(FrappeTestCase):
    """One class, everybody with an approved certificate that was never tried."""

    play: ClassVar[Play]
    ca: ClassVar[DemoCA]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        cls.play, cls.ca = school_keys.play_with_authority(pupils=1, grade=1)
        cls.play.until("draft")
        cls.unit = cls.play.world.unit
        cls.year = cls.play.school.school_year

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        schedule.forget()
        frappe.db.savepoint("rehearsal")

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="rehearsal")
        frappe.clear_document_cache("HBS Settings", "HBS Settings")
        schedule.forget()

    def schedule(self, in_days: int) -> None:
        stages = [
            {"stage": stage, "due_date": add_days(today(), in_days + n)} for n, stage in enumerate(schedule.STAGES)
        ]
        values = {"doctype": "HBS Schedule", "unit": self.unit, "academic_year": self.year}
        frappe.get_doc({**values, "decision_number": "1/KH", "stages": stages}).insert(ignore_permissions=True)
        schedule.forget()

    def try_all(self) -> None:
        """Everybody signs for a test with his own key; the keeper of the seal with the school's."""
        world = self.play.world
        names = frappe.get_all("HBS Certificate", {"unit": self.unit}, ["name", "staff"], order_by="name")
        numbers = {staff: number for number, staff in world.staff.items()}
        for row in names:
            number = numbers.get(row.staff)
            user = world.users[number] if number else self.play.clerk
            pin = world.pins[number] if number else world.pins[self.play.school.code]
            with acting_as(user):
                enrolment.sign_test(row.name, password=pin)

    def certificate(self, person: Any) -> str:
        return str(frappe.db.get_value("HBS Certificate", {"staff": self.play.world.staff[person.citizen_id]}))

    def codes(self) -> dict[str, set[str]]:
        doc = run.rehearse(self.unit, self.year)
        return {row.full_name: set((row.codes or "").split(",")) - {"", "TWO_FACTOR"} for row in doc.rows}

    def set_certificate(self, name: str, **values: Any) -> None:
        rows.update("HBS Certificate", [name], values)

    @requirement("Y081")
    def test_a_signer_without_a_working_test_signature_is_listed(self) -> None:
        with acting_as(self.play.principal):
            before = readiness.page(self.unit)
        self.assertEqual((before["ready"], before["failing"]), (0, before["total"]))
        self.try_all()
        left_out = self.play.specialists[0]
        self.set_certificate(self.certificate(left_out), tested_at=None)
        with acting_as(self.play.principal):
            after = readiness.page(self.unit)
        listed = {row["name"]: {p["code"] for p in row["problems"] if p["stops"]} for row in after["signers"]}
        self.assertEqual(listed.pop(left_out.name), {"NOT_TESTED"})
        self.assertEqual(set(map(frozenset, listed.values())), {frozenset()})
        methods = {row["method"] for row in after["signers"] if row["staff"]}
        self.assertEqual(methods, {"PKCS#12 file (demo)"})

    def test_each_reason_is_named(self) -> None:
        self.try_all()
        self.schedule(20)
        people = self.play.specialists
        self.set_certificate(self.certificate(people[0]), status="Pending")
        self.set_certificate(self.certificate(people[1]), valid_to=add_days(now_datetime(), 10))
        file = keys.path_of(frappe.db.get_value("HBS Certificate", self.certificate(people[2]), "sha256"))
        self.addCleanup(file.write_bytes, file.read_bytes())
        file.unlink()
        frappe.db.set_value("User", self.play.homeroom, "enabled", 0)
        self.set_certificate(self.certificate(self.play.school.principal), status="Withdrawn")
        subject = frappe.get_doc("HBS Teaching Assignment", {"student_group": self.play.group, "subject": "01"})
        subject.to_date = add_days(today(), -1)
        subject.save()
        found = self.codes()
        expected = {
            people[0].name: {"NOT_APPROVED"},
            people[1].name: {"EXPIRES_BEFORE"},
            people[2].name: {"KEY_GONE"},
            self.play.school_class.homeroom.name: {"NO_LOGIN"},
            self.play.school.principal.name: {"NO_CERTIFICATE"},
            self.play.group: {"NO_ASSIGNMENT"},
        }
        self.assertEqual({name: found[name] for name in expected}, expected)
        self.assertEqual(found[self.play.school.clerk.name], set())

    def test_revoked_and_stale(self) -> None:
        self.try_all()
        person, now = self.play.specialists[0], convert.now()
        key = self.ca.person(person.name, person.citizen_id, algorithm="ec", revoked_at=now - timedelta(hours=1))
        self.addCleanup(self.put_lists_back, key.certificate.serial_number)
        school_keys.publish_lists(self.ca)
        pem = key.certificate.public_bytes(Encoding.PEM).decode()
        self.set_certificate(self.certificate(person), pem=pem)
        self.assertEqual(self.codes()[person.name], {"REVOKED"})
        (trust.folder() / "crls" / "persons.crl").unlink()
        frappe.local.hbs_trust = None
        self.assertEqual(self.codes()[person.name], {"CRL_STALE"})

    def put_lists_back(self, serial: int) -> None:
        self.ca.persons.revoked.pop(serial)
        school_keys.publish_lists(self.ca)

    def test_services_are_asked_once_and_without_a_pin(self) -> None:
        self.try_all()
        first, second = self.play.specialists[:2]
        people = [school_keys.subscriber(self.play, who, confirms=True) for who in (first, second)]
        app = Csc2Signer(people, school_keys.CLIENT)
        with running(app) as address:
            account = {"client_id": school_keys.CLIENT[0], "client_secret": school_keys.CLIENT[1], "profile": "v2"}
            service = school_keys.make_service(self.unit, kinds.CSC, address=f"{address}/csc/v2", **account)
            for who in (first, second):
                school_keys.move_key(self.certificate(who), kinds.CSC, service)
            found = self.codes()
            self.assertEqual((found[first.name], found[second.name]), (set(), set()))
            self.assertFalse(app.phone.prompts)
        found = self.codes()
        self.assertEqual({found[first.name].pop(), found[second.name].pop()}, {"SERVICE_UNREACHABLE"})
        with acting_as(self.play.principal):
            (row,) = readiness.page(self.unit)["services"]
        self.assertEqual((row["certificates"], row["answers"]), (2, False))

    def test_second_factor_and_seal_without_approval_of_the_authority(self) -> None:
        self.try_all()
        frappe.db.set_single_value("System Settings", {"enable_two_factor_auth": 1, "two_factor_method": "OTP App"})
        frappe.db.set_value("Role", "HBS Clerk", "two_factor_auth", 1)
        seal = school_keys.certificate_of(self.play, None)
        self.set_certificate(seal, sha256="0" * 64)
        doc = run.rehearse(self.unit, self.year)
        codes = {row.full_name: row.codes for row in doc.rows}
        self.assertIn("NOT_REGISTERED", codes[self.play.school.clerk.name])
        texts = {row.full_name: row.reasons for row in doc.rows}
        for name in (self.play.school.clerk.name, self.play.school.principal.name):
            self.assertIn("TWO_FACTOR", codes[name])
        self.assertNotEqual(texts[self.play.school.clerk.name], texts[self.play.school.principal.name])

    def test_the_nightly_job_does_it_all(self) -> None:
        self.schedule(25)
        counts = jobs.nightly()
        self.assertEqual(counts["rehearsed"], 1)
        self.assertEqual(jobs.nightly()["rehearsed"], 0)

    def test_daily_until_nobody_would_fail_with_a_count(self) -> None:
        self.schedule(40)
        self.assertEqual([unit for unit, _year in run.due() if unit == self.unit], [])
        frappe.db.delete("HBS Schedule", {"unit": self.unit})
        self.schedule(25)
        self.assertIn((self.unit, self.year), run.due())
        first = run.rehearse(self.unit, self.year)
        self.assertEqual((first.run_number, first.ready), (1, 0))
        self.assertEqual((first.first_day, first.last_day), signers.days(self.unit, self.year))
        told = frappe.get_all(
            "Notification Log", {"for_user": self.play.principal, "document_name": first.name}, ["link"]
        )
        self.assertIn(f"/app/hbs-readiness/{self.unit}", [row.link for row in told])
        teacher = self.play.world.user_of(self.play.specialists[0])
        self.assertEqual(self.alerts(teacher, first.name), 1)
        self.assertNotIn((self.unit, self.year), run.due())
        self.yesterday(first.name)
        self.assertIn((self.unit, self.year), run.due())
        again = run.rehearse(self.unit, self.year)
        self.assertEqual((again.run_number, self.alerts(teacher, again.name)), (2, 0))
        self.assertTrue(self.alerts(self.play.principal, again.name))
        self.yesterday(again.name)
        self.try_all()
        green = run.rehearse(self.unit, self.year)
        self.assertEqual((green.run_number, green.failing, green.ready), (3, 0, green.signers))
        self.yesterday(green.name)
        self.assertNotIn((self.unit, self.year), run.due())

    def alerts(self, user: str, name: str) -> int:
        return int(frappe.db.count("Notification Log", {"for_user": user, "document_name": name}))

    def yesterday(self, name: str) -> None:
        rows.update("HBS Rehearsal", [name], {"rehearsed_at": add_days(now_datetime(), -1)})

    def test_own_task_until_it_is_done(self) -> None:
        from hocbaso_app.services import tasks

        self.schedule(25)
        run.rehearse(self.unit, self.year)
        teacher = self.play.specialists[0]
        user = self.play.world.user_of(teacher)

        def mine() -> list[str]:
            return [row["route"] for row in tasks.for_user(user) if row["kind"] == "certificate"]

        self.assertEqual(mine(), ["/app/hbs-enrolment"])
        with acting_as(user):
            enrolment.sign_test(self.certificate(teacher), password=self.play.pin(teacher))
        self.assertEqual(mine(), [])

    def test_who_sees_and_starts_it(self) -> None:
        teacher = self.play.world.user_of(self.play.specialists[0])
        with acting_as(teacher):
            with self.assertRaises(NotYoursError):
                readiness.page(self.unit)
            with self.assertRaises(NotYoursError):
                readiness.rehearse(self.unit)
        with acting_as(self.play.principal):
            name = readiness.rehearse(self.unit)["rehearsal"]
            self.assertEqual(readiness.page(self.unit)["runs"][0]["name"], name)
        self.assertEqual(getdate(frappe.db.get_value("HBS Rehearsal", name, "rehearsed_at")), getdate())

"""Patterns of signing that look like one person signing for many, who sees them when, and the accounts of a school."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

import frappe
from frappe.desk.query_report import run as run_report
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, get_datetime, now_datetime, today

from hocbaso_app.api import readiness
from hocbaso_app.exceptions import EvidenceError, HbsError
from hocbaso_app.services import accounts, rows
from hocbaso_app.services.patterns import finding
from hocbaso_app.setup import roles
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as

PC = "0123456789abcdef"
NOON = get_datetime(f"{today()} 10:00:00")


class TestSigningPatterns(FrappeTestCase):
    """Confirmations as the signing page keeps them, at moments and from devices that each test chooses."""

    play: ClassVar[Play]
    unit: ClassVar[str]
    officer: ClassVar[str]
    auditor: ClassVar[str]
    teachers: ClassVar[list[str]]
    twelve: ClassVar[list[str]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        cls.play = Play(pupils=1, grade=5)
        cls.unit = cls.play.world.unit
        cls.officer = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        cls.auditor = school_person("giamsat@example.invalid", roles.AUDITOR, cls.unit)
        world, principal = cls.play.world, cls.play.school.principal
        cls.teachers = [world.users[person.citizen_id] for person in cls.play.school.staff if person is not principal]
        cls.twelve = [*cls.teachers, cls.play.clerk, world.users["999195900099"]]

    def setUp(self) -> None:
        frappe.local.hbs_scopes = {}
        frappe.db.savepoint("patterns")

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="patterns")
        frappe.local.hbs_scopes = {}

    def batch(self, signer: str, at: datetime, **values: Any) -> str:
        staff = frappe.db.get_value("HBS Staff Member", {"user": signer, "unit": self.unit})
        doc = frappe.get_doc(
            {
                "doctype": "HBS Signing Batch",
                "signer": signer,
                "staff": staff,
                "unit": self.unit,
                "stage": "gvbm",
                "status": "Done",
                "classes": "5A",
                "consent_at": at,
                "signing_time": at,
                "total": 1,
                **values,
            }
        )
        doc.set_new_name()
        rows.insert("HBS Signing Batch", [doc])
        return str(doc.name)

    def found(self) -> dict[str, Any]:
        finding.find(self.unit, add_days(NOON, -3))
        names = frappe.get_all(finding.DOCTYPE, pluck="name", order_by="name")
        docs = [frappe.get_doc(finding.DOCTYPE, name) for name in names]
        return {doc.kind: doc for doc in docs}

    def from_one_pc(self) -> list[str]:
        """Twelve people within five minutes."""
        moments = [NOON + timedelta(seconds=25 * number) for number in range(len(self.twelve))]
        return [self.batch(user, at, device_id=PC) for user, at in zip(self.twelve, moments, strict=True)]

    @requirement("Y047")
    def test_certificate_of_another_number_is_refused_and_twelve_from_one_pc_are_in_the_report(self) -> None:
        staff = self.play.world.staff[self.play.specialists[0].citizen_id]
        pem = frappe.db.get_value("HBS Certificate", {"staff": staff}, "pem")
        foreign = {"holder_kind": "Person", "staff": self.play.world.staff[self.play.specialists[1].citizen_id]}
        with self.assertRaises(HbsError):
            frappe.get_doc({"doctype": "HBS Certificate", "unit": self.unit, "pem": pem, **foreign}).insert()
        batches = self.from_one_pc()
        finding.find(self.unit, add_days(NOON, -1))
        with acting_as(self.play.principal):
            rows = run_report("HBS Signing Patterns")["result"]
        (row,) = [r for r in rows if "12" in r["sentence"]]
        self.assertEqual(row["weight"], 100)
        self.assertEqual(set(row["people"].split(", ")), {frappe.utils.get_fullname(u) for u in self.twelve})
        kept = frappe.db.get_value(finding.DOCTYPE, row["name"], "batches")
        self.assertEqual(kept.split(", "), batches)
        finding.find(self.unit, add_days(NOON, -1))
        self.assertEqual(frappe.db.count(finding.DOCTYPE), 1)

    def test_each_kind(self) -> None:
        one, two, three = self.teachers[:3]
        for user in (one, two):
            self.batch(user, NOON, session_hash="s" * 64)
        for number, classes in enumerate(("1A", "2A", "3A")):
            self.batch(three, NOON + timedelta(seconds=20 * number), classes=classes, total=35)
        self.batch(one, NOON.replace(hour=2))
        self.batch(two, NOON + timedelta(hours=1), ip_address="10.0.0.1", device_id="d" * 16)
        self.batch(two, NOON + timedelta(hours=1, minutes=4), ip_address="113.160.1.1", device_id="e" * 16)
        for number, user in enumerate((one, two, three)):
            wrong = {"status": "Prepared", "fault_code": "PIN_WRONG", "device_id": "f" * 16}
            self.batch(user, NOON + timedelta(hours=2, minutes=number), **wrong)
        found = self.found()
        kinds = {"Many signers in one session", "Whole classes within seconds", "Signed at night", "Two places at once"}
        self.assertEqual(set(found), kinds | {"Wrong PINs one after another"})
        self.assertGreater(found["Many signers in one session"].weight, found["Signed at night"].weight)
        for doc in found.values():
            self.assertTrue(doc.sentence.endswith("."))

    def test_somebody_signs_whose_work_another_does_by_decision(self) -> None:
        absent, deputy = self.play.specialists[:2]
        old = frappe.get_doc(
            "HBS Teaching Assignment",
            {"staff": self.play.world.staff[absent.citizen_id], "student_group": self.play.group, "kind": "Subject"},
        )
        old.to_date = add_days(today(), -2)
        old.save()
        new = frappe.copy_doc(old)
        values = {"staff": self.play.world.staff[deputy.citizen_id], "replaces": old.staff, "decision_number": "9/QĐ"}
        new.update({**values, "from_date": add_days(today(), -1), "to_date": add_days(today(), 3)})
        new.insert()
        self.batch(self.play.world.user_of(absent), NOON)
        self.assertIn("9/QĐ", self.found()["Signed while replaced"].sentence)

    def test_never_opened(self) -> None:
        signer = self.teachers[0]
        name = self.batch(signer, NOON, total=12)
        items = [
            {"doctype": "HBS Signing Batch Item", "parent": name, "parenttype": "HBS Signing Batch"} for _n in range(12)
        ]
        for number, item in enumerate(items):
            item |= {"parentfield": "items", "record": f"HBS-{number}", "outcome": "Signed"}
        rows.insert("HBS Signing Batch Item", [frappe._dict(item) for item in items])
        self.assertIn("12", self.found()["Records not opened"].sentence)

    def test_ordinary_signing_is_no_pattern(self) -> None:
        for number, user in enumerate(self.teachers[:6]):
            at = NOON + timedelta(minutes=15 * number)
            self.batch(user, at, device_id=PC, session_hash=f"{number:064x}", ip_address="10.0.0.1")
        self.assertEqual(self.found(), {})

    def test_the_principal_first_then_the_others_with_his_answer(self) -> None:
        self.from_one_pc()
        (doc,) = self.found().values()
        self.assertEqual((get_datetime(doc.open_from) - get_datetime(doc.found_at)).days, 7)
        self.assertTrue(self.told(self.play.principal, doc.name))
        self.assertEqual((self.seen_by(self.play.principal), self.seen_by(self.auditor)), ([doc.name], []))
        with acting_as(self.auditor), self.assertRaises(frappe.PermissionError):
            readiness.answer_pattern(doc.name, "Tôi trả lời thay hiệu trưởng")
        with acting_as(self.play.principal):
            with self.assertRaises(HbsError):
                readiness.answer_pattern(doc.name, "ok")
            readiness.answer_pattern(doc.name, "Các cô ký lần lượt tại phòng hội đồng, tôi có mặt.")
            with self.assertRaises(HbsError):
                readiness.answer_pattern(doc.name, "Nói lại lần nữa cho rõ hơn")
        for user in (self.auditor, self.officer):
            self.assertEqual(self.seen_by(user), [doc.name])
        self.assertTrue(self.told(self.officer, doc.name))
        doc.reload()
        doc.comment = "khác"
        with self.assertRaises(EvidenceError):
            doc.save()

    def test_open_to_the_others_when_his_time_is_over(self) -> None:
        self.from_one_pc()
        (doc,) = self.found().values()
        rows.update(finding.DOCTYPE, [doc.name], {"open_from": add_days(now_datetime(), -0.5)})
        self.assertEqual(self.seen_by(self.auditor), [doc.name])
        finding.find_all()
        self.assertTrue(self.told(self.officer, doc.name))

    def test_one_that_concerns_the_principal_goes_up_at_once(self) -> None:
        for user in (self.play.principal, self.teachers[0]):
            self.batch(user, NOON, session_hash="s" * 64)
        (doc,) = self.found().values()
        self.assertTrue(doc.concerns_principal)
        self.assertTrue(self.told(self.officer, doc.name))
        self.assertEqual(self.seen_by(self.officer), [doc.name])

    def told(self, user: str, name: str) -> bool:
        return bool(frappe.db.exists("Notification Log", {"for_user": user, "document_name": name}))

    def seen_by(self, user: str) -> list[str]:
        with acting_as(user):
            listed = frappe.get_list(finding.DOCTYPE, pluck="name", order_by="name")
            names = frappe.get_all(finding.DOCTYPE, pluck="name", order_by="name")
            single = [name for name in names if frappe.has_permission(finding.DOCTYPE, "read", name)]
        self.assertEqual(listed, single)
        return listed

    @requirement("Y059")
    def test_accounts_with_role_log_in_and_certificate_and_who_is_not_in_the_staff_list(self) -> None:
        stranger = self.user("nguoila@example.invalid", roles.SUBJECT_TEACHER)
        teacher = self.teachers[0]
        frappe.db.set_value("User", teacher, "last_login", "2026-11-20 07:30:00")
        with acting_as(self.play.principal):
            found = {row["user"]: row for row in run_report("HBS Accounts")["result"]}
        self.assertTrue(found[stranger]["mark"])
        self.assertFalse(found[teacher]["mark"])
        self.assertEqual(str(found[teacher]["last_login"]), "2026-11-20 07:30:00")
        self.assertIn(frappe._(roles.SUBJECT_TEACHER), found[teacher]["roles"])
        self.assertTrue(found[teacher]["certificate"])
        self.assertIsNone(found[self.play.clerk]["certificate"])
        with acting_as(teacher), self.assertRaises(frappe.PermissionError):
            run_report("HBS Accounts")

    @requirement("Y060")
    def test_security_page_names_leavers_the_same_day_factor_old_passwords_and_shared_use(self) -> None:
        leaver, old, shared = self.teachers[:3]
        entry = frappe.get_doc("HBS Staff Member", {"user": leaver, "unit": self.unit})
        entry.to_date = add_days(today(), -1)
        entry.save()
        frappe.db.set_value("User", old, "last_password_reset_date", add_days(today(), -400))
        for number in range(5):
            log = {"doctype": "Activity Log", "user": shared, "operation": "Login", "status": "Success", "subject": "x"}
            name = frappe.get_doc(log).insert(ignore_permissions=True).name
            frappe.db.set_value("Activity Log", name, "ip_address", f"113.160.{number}.1")
        found = self.security()
        self.assertEqual({kind: leaver in users for kind, users in found.items()}["leaver"], True)
        self.assertIn(old, found["password"])
        self.assertEqual(found["shared"], {shared})
        self.assertTrue(set(self.teachers[1:]) <= found["factor"])
        frappe.db.set_value("User", leaver, "enabled", 0)
        self.assertNotIn(leaver, self.security().get("leaver", set()))

    def security(self) -> dict[str, set[str]]:
        keys = {text: kind for kind, text in accounts.kinds().items()}
        with acting_as(self.play.principal):
            rows = run_report("HBS Account Security")["result"]
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(keys[row["kind"]], set()).add(row["user"])
        return found

    def user(self, email: str, *held: str) -> str:
        user = {"doctype": "User", "email": email, "first_name": "Người Lạ", "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": role} for role in held]}).insert(ignore_permissions=True)
        return email

"""After release on a school's site, against the real sandbox of the portal over HTTP."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError, StepOrderError
from hocbaso_app.exchange import receipts
from hocbaso_app.exchange.sandbox.faults import Fault
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.services import alarm, answers, connector, convert, files, initialise, outbox, submit, trust
from hocbaso_app.tests.portal import City, running_city, work
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as, state


def rows(*columns: str) -> list[Any]:
    """The outbox as it stands."""
    return frappe.get_all("HBS Submission", {}, ["name", "record", "state", *columns], order_by="name")


def on_day(day: str) -> Any:
    """The connector's calendar shows this day."""
    return patch.object(connector, "getdate", lambda value=None: frappe.utils.getdate(value or day))


class ExchangeCase(FrappeTestCase):
    """One class of two, released; every test begins there again and leaves nothing."""

    PUPILS = 2
    STAGE = "released"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.db.delete("HBS Submission")
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=cls.PUPILS, grade=4)
        cls.names = cls.play.until(cls.STAGE)

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.db.savepoint("released")
        context = running_city(self.play)
        self.city: City = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="released")
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def states(self) -> list[str]:
        return [state(name) for name in self.names]


class TestSubmission(ExchangeCase):
    """Release, submission, receipt."""

    def test_release_puts_each_file_into_the_outbox_once(self) -> None:
        found = rows("idempotency_key", "unit", "student_group", "school_year")
        self.assertEqual([(r.record, r.state) for r in found], [(n, "Queued") for n in self.names])
        for row in found:
            version = frappe.get_doc("HBS Record Version", {"record": row.record})
            self.assertEqual(row.idempotency_key, f"{version.record_code}:{version.issue_number}:{version.sha256}")
            self.assertEqual((row.unit, row.student_group), (self.play.world.unit, self.play.group))
        self.assertEqual(submit.enter_missing(), 0)

    def test_accepted_with_a_verified_receipt(self) -> None:
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        for row in rows("version", "receipt", "receipt_number", "received_at", "lookup_link"):
            receipt = receipts.read(base64.b64decode(row.receipt), trust.store())
            code, sha256 = frappe.db.get_value("HBS Record Version", row.version, ["record_code", "sha256"])
            self.assertEqual((receipt.record_code, receipt.sha256), (code, sha256))
            doc = frappe.get_doc("HBS Record", row.record)
            self.assertEqual(
                (doc.receipt_number, doc.lookup_link), (receipt.number, f"{self.city.address}/tra-cuu/{code}")
            )
            self.assertEqual(doc.received_at, row.received_at)
            with acting_as(self.play.homeroom):
                shown = submit.receipt(row.record)
            self.assertEqual((shown["state"], shown["receipt"]["number"]), ("Acknowledged", receipt.number))
        self.assertEqual(self.city.outcomes(), 2)
        work()
        self.assertEqual(self.city.outcomes(), 2)

    @requirement("Y093")
    def test_each_answer_gives_its_state_and_nothing_is_sent_twice(self) -> None:
        self.city.fault(Fault.REFUSE)
        work()
        self.assertEqual(self.states(), ["Released", "Released"])
        self.assertIn("16", rows("error")[0].error)
        self.city.fault(Fault.TIMEOUT_BEFORE_STORE)
        self.city.fault(Fault.LOST_QUERY, -1)
        work(patience=0.5)
        self.assertEqual({r.state for r in rows()}, {"Uncertain"})
        self.assertEqual(self.states(), ["Submitted", "Submitted"])
        self.city.fault(Fault.LOST_QUERY, 0)
        self.city.fault(Fault.DUPLICATE)
        work()  # it knows nothing of it, so it is sent again, once; the portal hears it twice and says “duplicate”
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        self.assertEqual((len(self.city.held()), self.city.outcomes()), (2, 2))

    def test_lost_answer_is_asked_for_and_not_sent_again(self) -> None:
        self.city.fault(Fault.TIMEOUT_AFTER_STORE)
        self.city.fault(Fault.LOST_QUERY, -1)
        work(patience=1.5)
        self.assertEqual({r.state for r in rows()}, {"Uncertain"})
        self.assertEqual(self.states(), ["Submitted", "Submitted"])
        self.city.fault(Fault.LOST_QUERY, 0)
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        self.assertEqual(self.city.outcomes(), 2)

    def test_same_file_known_already_is_success_with_the_first_receipt(self) -> None:
        work()
        first = [r.receipt_number for r in rows("receipt_number")]
        values = {"state": "Queued", "message_id": None, "receipt": None, "receipt_number": None}
        for row in rows():  # as after a restored backup of this site
            frappe.db.set_value("HBS Submission", row.name, values)
            frappe.db.set_value("HBS Record", row.record, {"state": "Released", "receipt_number": None})
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        self.assertEqual([r.receipt_number for r in rows("receipt_number")], first)
        self.assertEqual(len(self.city.held()), 2)

    def test_refused_file_says_what_and_who(self) -> None:
        doc = frappe.get_doc("HBS Record", self.names[0])
        self.city.hold_another(doc)
        work()
        self.assertEqual(self.states(), ["Rejected", "Accepted"])
        row = rows("error", "error_code", "error_field", "error_owner")[0]
        self.assertEqual((row.state, row.error_code, row.error_field), ("Rejected", "33", "MA_BI_THAY_THE"))
        self.assertEqual(row.error_owner, self.play.school.principal.name)
        self.assertIn("cần thu hồi trước khi gửi bản mới", row.error)
        with acting_as(self.play.homeroom):
            self.assertEqual(submit.receipt(self.names[0])["error_owner"], self.play.school.principal.name)
        work()
        self.assertEqual((self.states(), self.city.outcomes()), (["Rejected", "Accepted"], 2))

    @requirement("Y012")
    def test_new_address_counts_from_its_day_and_old_receipts_stay(self) -> None:
        later, tomorrow = "2999-01-01", frappe.utils.add_days(frappe.utils.today(), 1)
        frappe.db.set_value("HBS Submission", rows()[1].name, "next_attempt_at", later)
        work()
        self.assertEqual(self.states(), ["Accepted", "Released"])
        old = self.city.address
        with running(self.city.app) as new:
            settings = frappe.get_single("HBS Settings")
            settings.update({"portal_address": new, "address_from": tomorrow})
            with self.assertRaises(HbsError):
                settings.save()
            settings = frappe.get_single("HBS Settings")
            settings.update({"portal_address": new, "address_from": tomorrow, "address_notice": "12/TB-SGDĐT"})
            settings.save()
            self.assertEqual(connector.address(), old)
            with on_day(tomorrow):
                frappe.db.set_value("HBS Submission", rows()[1].name, "next_attempt_at", None)
                work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        message_id = rows("message_id")[1].message_id
        urls = frappe.get_all("HBS Exchange Log", {"message_id": message_id}, pluck="url", order_by="name")
        self.assertTrue(urls and all(url.startswith(new) for url in urls))
        with acting_as(self.play.principal):
            self.assertTrue(submit.receipt(self.names[0])["receipt"]["link"].startswith(old))

    def test_portal_down_and_back_and_the_alarm(self) -> None:
        settings = frappe.get_single("HBS Settings")
        address = settings.portal_address
        frappe.db.set_single_value("HBS Settings", "portal_address", "http://127.0.0.1:9")
        work()
        self.assertEqual([r.state for r in rows()], ["Queued", "Queued"])
        self.assertEqual(self.states(), ["Released", "Released"])
        self.assertEqual(alarm.warn(), 0)
        for row in rows():
            early = frappe.utils.add_to_date(None, hours=-25, as_datetime=True)
            frappe.db.set_value("HBS Submission", row.name, "creation", early, update_modified=False)
        self.assertEqual(alarm.warn(), 2)
        self.assertEqual(alarm.warn(), 0, "once a day")
        told = frappe.get_all("Notification Log", {"document_name": self.play.world.unit}, pluck="for_user")
        self.assertEqual(set(told), {self.play.principal, self.play.clerk})
        frappe.db.set_single_value("HBS Settings", "portal_address", address)
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        self.assertEqual(self.city.outcomes(), 2)

    def test_a_claim_that_ran_out_is_only_asked_about(self) -> None:
        box = outbox.SiteOutbox(self.play.world.unit, self.play.school.school_year)
        now = convert.now()
        box.claim(now, now - timedelta(minutes=1), "00000000-0000-4000-8000-000000000001", 10)
        self.city.fault(Fault.LOST_QUERY, -1)
        work()
        self.assertEqual({r.state for r in rows()}, {"Uncertain"})
        self.assertEqual(self.city.outcomes(), 0)
        self.assertEqual(self.states(), ["Submitted", "Submitted"])
        self.city.fault(Fault.LOST_QUERY, 0)
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])
        self.assertEqual(self.city.outcomes(), 2)

    def test_state_of_a_record_follows_its_row(self) -> None:
        work()
        frappe.db.set_value("HBS Record", self.names[0], "state", "Submitted")
        self.assertEqual(answers.follow_all(self.play.world.unit), 1)
        self.assertEqual(self.states(), ["Accepted", "Accepted"])

    def test_log_tells_everything_but_secrets(self) -> None:
        work()
        entries = frappe.get_all("HBS Exchange Log", fields=["*"], order_by="name")
        self.assertGreaterEqual(len(entries), 3)
        own = frappe.get_doc("HBS Portal Account", self.play.world.unit)
        password = own.get_password("password")
        from hocbaso_app.exchange.transactions import hash_password

        citizen = frappe.db.get_value("HBS Record", self.names[0], "citizen_id")
        for entry in entries:
            text = " ".join(str(value) for value in entry.values())
            for secret in (password, hash_password(password), own.get_password("pin"), citizen or "?"):
                self.assertNotIn(secret, text)
            self.assertEqual(entry.status_code, 200)
            self.assertTrue(entry.request_sha256 and entry.answer_sha256)
        sent = next(e for e in entries if e.url.endswith("/nop"))
        self.assertIn('"token": "***"', sent.request_body)
        self.assertEqual(sent.message_id, rows("message_id")[0].message_id)

    def test_rows_and_log_are_nobodys_to_edit(self) -> None:
        work()
        for doctype in ("HBS Submission", "HBS Exchange Log"):
            doc = frappe.get_last_doc(doctype)
            doc.message_id = "x"
            with self.assertRaises(EvidenceError):
                doc.save()
            for more in ({}, {"force": True, "ignore_permissions": True}):
                with self.assertRaises(EvidenceError):
                    frappe.delete_doc(doctype, doc.name, **more)

    def test_switched_off_sends_nothing(self) -> None:
        frappe.db.set_single_value("HBS Settings", "connector_enabled", 0)
        work()
        self.assertEqual({r.state for r in rows()}, {"Queued"})
        with acting_as(self.play.clerk), self.assertRaises(HbsError):
            submit.now(self.names)

    def test_wrong_account_waits_for_a_person_who_lets_it_go_on(self) -> None:
        account = frappe.get_doc("HBS Portal Account", self.play.world.unit)
        right = account.get_password("password")
        account.password = "wrong-password"
        account.save()
        work()
        self.assertEqual({r.state for r in rows()}, {"Needs Attention"})
        self.assertEqual(self.states(), ["Released", "Released"])
        account.password = right
        account.save()
        work()
        self.assertEqual({r.state for r in rows()}, {"Needs Attention"})
        with acting_as(self.play.homeroom), self.assertRaises(NotYoursError):
            submit.now(self.names)
        with acting_as(self.play.clerk):
            self.assertEqual(submit.now(self.names), {"woken": 2})
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])

    def test_connection_without_key_is_said_on_the_account(self) -> None:
        account = frappe.get_doc("HBS Portal Account", self.play.world.unit)
        account.pin = "000"
        account.save()
        work()
        self.assertTrue(frappe.db.get_value("HBS Portal Account", account.name, "last_error"))
        self.assertEqual({r.state for r in rows()}, {"Queued"})


class TestWithdrawal(ExchangeCase):
    """Released and unsent, or rejected: the principal takes it back."""

    def test_only_the_principal_with_a_reason(self) -> None:
        with acting_as(self.play.clerk), self.assertRaises(NotYoursError):
            submit.withdraw(self.names[0], "Nhầm")
        with acting_as(self.play.principal), self.assertRaises(HbsError):
            submit.withdraw(self.names[0], "")

    def test_unsent_record_starts_again_under_a_new_code(self) -> None:
        name = self.names[0]
        old = frappe.db.get_value("HBS Record", name, ["record_code", "current_version"], as_dict=True)
        with acting_as(self.play.principal):
            submit.withdraw(name, "Sai nhận xét môn Toán")
        self.assertEqual((state(name), rows()[0].state), ("Draft", "Taken Back"))
        self.assertEqual(frappe.db.get_value("HBS Record Version", old.current_version, "status"), "Taken Back")
        work()
        self.assertEqual([state(n) for n in self.names], ["Draft", "Accepted"])
        with acting_as(self.play.clerk):
            self.assertEqual(initialise.initialise(name), [])
        doc = frappe.get_doc("HBS Record", name)
        _version, document = files.load(doc.current_version)
        self.assertNotEqual(doc.record_code, old.record_code)
        self.assertEqual((doc.issue_number, doc.replaces_code), (1, None))
        unsigned = {slot for slot, inner in document.slots.items() if not inner}
        self.assertEqual(unsigned, {"ky-gvcn", "ky-cbql", "ky-phat-hanh"})
        with acting_as(self.play.principal), self.assertRaises(StepOrderError):
            submit.withdraw(self.names[1], "Đã nộp rồi")

    def test_what_may_have_arrived_is_not_withdrawn(self) -> None:
        frappe.db.set_value("HBS Submission", rows()[0].name, {"state": "Claimed", "message_id": "m"})
        with acting_as(self.play.principal), self.assertRaises(HbsError):
            submit.withdraw(self.names[0], "Nhầm")
        self.assertEqual(state(self.names[0]), "Released")


class TestAddress(FrappeTestCase):
    """QĐ Điều 2.k2: another address needs the written notice and the day from which it counts."""

    def setUp(self) -> None:
        self.settings = frappe.get_single("HBS Settings")

    def tearDown(self) -> None:
        frappe.db.rollback()
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def test_address_changes_on_the_day_of_the_notice(self) -> None:
        other = "https://csdl.example.invalid"
        tomorrow = frappe.utils.add_days(frappe.utils.today(), 1)
        for missing in ({"address_from": tomorrow}, {"address_notice": "12/TB"}):
            settings = frappe.get_single("HBS Settings")
            settings.update({"portal_address": other, **missing})
            with self.assertRaises(frappe.ValidationError):
                settings.save()
        self.settings.update({"portal_address": other, "address_notice": "12/TB", "address_from": tomorrow})
        self.settings.save()
        self.assertEqual(connector.address(), connector.REGULATION_ADDRESS)
        with on_day(tomorrow):
            self.assertEqual(connector.address(), other)

    def test_practice_data_goes_over_http_to_this_machine_only(self) -> None:
        today = frappe.utils.today()
        change = {"address_notice": "12/TB", "address_from": today, "connector_enabled": 1}
        other = frappe.get_single("HBS Settings")
        other.update({"portal_address": "http://csdl.example.invalid", **change})
        with self.assertRaises(frappe.ValidationError):
            other.save()
        self.settings.update({"portal_address": "http://127.0.0.1:8190", **change})
        self.settings.save()

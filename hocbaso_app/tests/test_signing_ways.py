"""Signing on the desk with keys of every kind: the signer's phone, his PIN, an HSM, a program on his own computer."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import frappe
from frappe.deferred_insert import save_to_db

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.csc import CscSigner
from hocbaso_app.demo.signers.csc2 import Csc2Signer
from hocbaso_app.demo.signers.remote_faults import SignerFault
from hocbaso_app.jobs import signing as jobs
from hocbaso_app.services import files, keys
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.services.signing import batches
from hocbaso_app.tests import signers
from hocbaso_app.tests.committed import Browser
from hocbaso_app.tests.test_signing_desk import API, SigningCase, own_queue, run_worker

DEVICE = "0123456789abcdef0123456789abcdef"


class WaysCase(SigningCase):
    """One class of three, checked; each test takes another teacher."""

    ca: DemoCA

    @classmethod
    def make_world(cls) -> None:
        cls.play, cls.ca = signers.play_with_authority(pupils=3, grade=3)
        cls.play.until("checked")

    def status(self, browser: Browser, batch: str) -> Any:
        answer = browser.get(f"{API}batch_status", batch=batch)
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        return answer.json["message"]

    def start(self, browser: Browser, **values: Any) -> Any:
        """A confirmation of all that waits, and how it stands then."""
        with own_queue():
            values = {"stage": "gvbm", "names": self.play.names(), "device": DEVICE, **values}
            batch = self.call(browser, "start", **values)["batch"]
        return self.status(browser, batch)

    def work(self) -> None:
        """Whatever waits for a worker, without one."""
        for name in frappe.get_all(batches.DOCTYPE, {"status": ("in", batches.IN_HAND)}, pluck="name", order_by="name"):
            with own_queue():
                jobs.run_batch(name)
        frappe.db.commit()

    def look(self, batch: str) -> None:
        """The signer's service is asked now, whenever it was asked last."""
        batches.update(batches.DOCTYPE, batch, polled_at=None)
        frappe.db.commit()

    def require_signed(self, batch: str, parts: int) -> None:
        doc = frappe.get_doc(batches.DOCTYPE, batch)
        self.assertEqual((doc.status, doc.signed), ("Done", parts))
        slots = {item.slot_id for item in doc.items}
        for name in {item.record for item in doc.items}:
            version = frappe.db.get_value("HBS Record", name, "current_version")
            document = files.load(version)[1]
            self.assertTrue(slots <= {slot for slot in slots if document.slot(slot)})
        self.assertEqual(files.changed_files(), [])


class TestPhone(WaysCase):
    """A service that asks the signer on his phone."""

    def test_confirmed_on_the_phone_by_page_or_by_worker(self) -> None:
        first, second = self.play.specialists[:2]
        app = Csc2Signer([signers.subscriber(self.play, who, confirms=True) for who in (first, second)], signers.CLIENT)
        with signers.at_service(self.play, app, kinds.CSC, first, second, path="/csc/v2"):
            browser = Browser(self.login(first))
            told = self.start(browser)
            self.assertEqual((told["status"], told["asked"]["parts"], told["open"]), ("Prepared", 3, 3))
            self.assertIn("điện thoại", told["sentence"])
            self.assertLess(0, told["asked"]["seconds"])
            shown = app.phone.waiting()
            self.assertEqual([(p.account, p.count) for p in shown], [(first.citizen_id, 3)])
            self.assertIn(self.play.group, shown[0].title)
            listed = browser.get(f"{API}pupils", stage="gvbm", student_group=self.play.group).json["message"]
            self.assertEqual({row["in_hand"] for row in listed["pupils"]}, {told["batch"]})

            # the same parts confirmed again lead to the question that waits; nobody is asked twice
            self.assertEqual(self.start(Browser(self.login(first)))["batch"], told["batch"])
            self.assertEqual(len(app.phone.prompts), 1)

            app.phone.reply(shown[0].id, True)
            self.look(told["batch"])
            with own_queue():
                after = self.call(browser, "collect", batch=told["batch"])
            self.assertEqual(after["status"], "Ready")
            self.work()
            self.require_signed(told["batch"], 3)

            # the page is closed: a worker finds the answer
            with own_queue():
                batch = self.call(Browser(self.login(second)), "start", stage="gvbm", names=self.play.names())["batch"]
                app.phone.reply(app.phone.waiting()[0].id, True)
                self.look(batch)
                run_worker()
                frappe.db.rollback()
            self.require_signed(batch, 3)

    def test_refused_and_out_of_time_each_with_a_sentence_and_asked_again(self) -> None:
        teacher = self.play.specialists[2]
        app = Csc2Signer([signers.subscriber(self.play, teacher, confirms=True)], signers.CLIENT)
        app.phone.habit = False
        with signers.at_service(self.play, app, kinds.CSC, teacher, path="/csc/v2"):
            browser = Browser(self.login(teacher))
            told = self.start(browser)
            self.assertEqual(
                (told["status"], told["asked"], told["fault"]["code"]), ("Prepared", None, "REFUSED_BY_SIGNER")
            )
            app.phone.habit = None
            with own_queue():
                told = self.call(browser, "ask_again", batch=told["batch"])
            self.assertEqual((told["fault"], told["asked"]["parts"]), (None, 3))

            late = app.clock
            app.clock = lambda: late().replace(year=late().year + 1)
            ticket = frappe.db.get_value(batches.DOCTYPE, told["batch"], "ticket")
            with patch("hocbaso_app.signing.keys.remote.source.now", app.clock):
                self.look(told["batch"])
                with own_queue():
                    told = self.call(browser, "collect", batch=told["batch"])
            app.clock = late
            self.assertIn(told["fault"]["code"], ("TIMED_OUT", "TICKET_EXPIRED"), ticket)
            self.assertTrue(told["fault"]["message"])

            # nothing came on the phone: the question is asked anew, an answer to the old one signs nothing
            with own_queue():
                self.call(browser, "ask_again", batch=told["batch"])
                old = app.phone.waiting()[-1]
                told = self.call(browser, "ask_again", batch=told["batch"], anew=True)
            app.phone.reply(old.id, True)
            self.look(told["batch"])
            with own_queue():
                self.assertEqual(self.call(browser, "collect", batch=told["batch"])["status"], "Prepared")
            app.phone.reply(app.phone.waiting()[-1].id, True)
            self.look(told["batch"])
            with own_queue():
                self.call(browser, "collect", batch=told["batch"])
            self.work()
            self.require_signed(told["batch"], 3)

    def test_worker_killed_between_question_and_answer(self) -> None:
        teacher = self.play.specialists[3]
        app = Csc2Signer([signers.subscriber(self.play, teacher, confirms=True)], signers.CLIENT)
        with signers.at_service(self.play, app, kinds.CSC, teacher, path="/csc/v2"):
            with own_queue() as queue:
                told = self.call(Browser(self.login(teacher)), "start", stage="gvbm", names=self.play.names())
                self.assertEqual(
                    [job.kwargs["method"] for job in queue.jobs], ["hocbaso_app.jobs.signing.collect_answers"]
                )
                queue.delete(delete_jobs=True)  # Redis has lost it; the worker that had it is gone
                app.faults.switch(SignerFault.DOWN, 2)
                for _try in range(2):  # the service is down for a while: nothing is given up
                    self.look(told["batch"])
                    self.call(Browser(self.login(teacher)), "collect", batch=told["batch"])
                app.phone.reply(app.phone.waiting()[0].id, True)
                self.look(told["batch"])
                jobs.wake_waiting()  # the scheduler, every minute
                frappe.db.commit()
                run_worker()
                frappe.db.rollback()
            self.require_signed(told["batch"], 3)
            self.assertEqual(len(app.orders), 1)

    def test_a_limit_makes_as_few_confirmations_as_it_must(self) -> None:
        teacher = self.play.school_class.homeroom
        app = Csc2Signer([signers.subscriber(self.play, teacher, confirms=True, multisign=10)], signers.CLIENT)
        app.phone.habit = True
        with signers.at_service(self.play, app, kinds.CSC, teacher, path="/csc/v2", batch_limit=10):
            browser = Browser(self.login(teacher))
            known = browser.get(f"{API}pupils", stage="gvbm", student_group=self.play.group).json["message"]
            (way,) = known["ways"]
            self.assertEqual((way["limit"], way["phone"], way["pin"]), (10, True, False))
            told = self.start(browser)
            parts = told["total"]
            self.assertGreater(parts, 10)
            for _round in range(8):
                self.work()
            self.require_signed(told["batch"], parts)
            self.assertEqual(
                [p.count for p in app.phone.prompts.values()], [10] * (parts // 10) + [parts % 10][: parts % 10]
            )


class TestTyped(WaysCase):
    """PIN and one-time code typed on the page."""

    def test_pin_and_code_go_to_the_service_and_nowhere_else(self) -> None:
        teacher = self.play.specialists[0]
        person = signers.subscriber(self.play, teacher, pin="246813", otp="offline")
        app = Csc2Signer([person], signers.CLIENT)
        with signers.at_service(self.play, app, kinds.CSC, teacher, path="/csc/v2", ask_pin=1, ask_otp=1):
            browser = Browser(self.login(teacher))
            told = self.start(browser, password="111111", passwd=person.code)
            self.assertEqual(told["status"], "Prepared")
            self.assertIn(told["fault"]["code"], ("PIN_WRONG", "OTP_WRONG"))  # version 2 does not say which
            with own_queue():
                told = self.call(browser, "ask_again", batch=told["batch"], password="246813", passwd="000001")
            self.assertEqual(told["fault"]["code"], "OTP_WRONG")
            with own_queue():
                told = self.call(browser, "ask_again", batch=told["batch"], password="246813")
            self.assertEqual(told["fault"]["code"], "OTP_NEEDED")
            code = person.code
            with own_queue() as queue:
                told = self.call(browser, "ask_again", batch=told["batch"], password="246813", passwd=code)
                queued = b"".join(queue.connection.hget(job.key, "data") for job in queue.jobs)
            self.assertEqual(told["status"], "Ready")
            self.work()
            self.require_signed(told["batch"], 3)
            self.assertNotIn(b"246813", queued)
            self.assert_nowhere("246813", told["batch"])

    def test_something_nobody_foresaw_is_logged_without_the_pin(self) -> None:
        teacher = self.play.specialists[1]
        app = CscSigner([signers.subscriber(self.play, teacher, pin="975310")], signers.CLIENT)
        with (
            signers.at_service(self.play, app, kinds.CSC, teacher, path="/csc/v1", ask_pin=1),
            patch("hocbaso_app.signing.keys.remote.csc.CscSource.order", side_effect=RuntimeError("975310")),
        ):
            told = self.start(Browser(self.login(teacher)), password="975310")
        self.assertEqual(told["fault"]["code"], "SERVICE_ANSWER")
        save_to_db()
        logged = frappe.get_all("Error Log", {"method": ("like", "Signing: key%")}, ["error"], order_by="name")
        self.assertIn("RuntimeError", logged[-1].error)
        self.assert_nowhere("975310", told["batch"])

    def test_wrong_pins_stop_the_signer_before_the_service_locks_him_for_good(self) -> None:
        teacher = self.play.specialists[2]
        person = signers.subscriber(self.play, teacher, pin="135790", tries=99)
        app = CscSigner([person], signers.CLIENT)
        with signers.at_service(self.play, app, kinds.CSC, teacher, path="/csc/v1", ask_pin=1):
            browser = Browser(self.login(teacher))
            told = self.start(browser, password="1")
            for _attempt in range(keys.WRONG_PINS - 1):
                with own_queue():
                    told = self.call(browser, "ask_again", batch=told["batch"], password="1")
                self.assertEqual(told["fault"]["code"], "PIN_WRONG")
            tries = person.tries
            self.assertIn("chờ 15 phút", self.refused(browser, "ask_again", batch=told["batch"], password="135790"))
            self.assertEqual(person.tries, tries)
            frappe.cache.hdel("login_failed_count", f"hbs-pin-{self.login(teacher)}")
            with own_queue():
                self.call(browser, "ask_again", batch=told["batch"], password="135790")
            self.work()
            self.require_signed(told["batch"], 3)

    def assert_nowhere(self, pin: str, batch: str) -> None:
        save_to_db()
        doc = frappe.get_doc(batches.DOCTYPE, batch)
        self.assertNotIn(pin, frappe.as_json(doc.as_dict(no_nulls=True)))
        errors = frappe.get_all("Error Log", ["error"], order_by="name")
        self.assertFalse([row for row in errors if pin in (row.error or "")])

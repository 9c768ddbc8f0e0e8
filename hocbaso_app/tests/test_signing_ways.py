"""Signing on the desk with keys of every kind: the signer's phone, his PIN, an HSM, a program on his own computer."""

from __future__ import annotations

import base64
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import SkipTest
from unittest.mock import patch

import frappe
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from frappe.deferred_insert import save_to_db

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.csc import CscSigner
from hocbaso_app.demo.signers.csc2 import Csc2Signer
from hocbaso_app.demo.signers.mysign import PROFILE, MySignSigner
from hocbaso_app.demo.signers.remote_faults import SignerFault
from hocbaso_app.demo.signers.smartca import SmartCaSigner
from hocbaso_app.demo.signers.soft_token import SoftTokens, missing
from hocbaso_app.exceptions import NotYoursError, StepOrderError
from hocbaso_app.jobs import signing as jobs
from hocbaso_app.services import files, keys, sign
from hocbaso_app.services.key_sources import kinds, providers
from hocbaso_app.services.signing import batches
from hocbaso_app.setup.demo.entry import teachers_of
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.keys.values import checked
from hocbaso_app.tests import signers
from hocbaso_app.tests.committed import Browser
from hocbaso_app.tests.test_signing_desk import API, SigningCase, outcomes, own_queue, run_worker, signatures_of
from hocbaso_app.tests.world import acting_as, state

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

    def test_the_apps_of_vnpt_and_viettel(self) -> None:
        teacher = self.play.specialists[4] if len(self.play.specialists) > 4 else self.play.school_class.homeroom
        services = ((kinds.SMARTCA, SmartCaSigner, "/sca/sp769", ""), (kinds.MYSIGN, MySignSigner, "", PROFILE))
        names = self.play.names()
        for at, (kind, make, path, profile) in enumerate(services):
            app = make([signers.subscriber(self.play, teacher, confirms=True)], signers.CLIENT)
            with signers.at_service(self.play, app, kind, teacher, path=path, profile=profile):
                browser = Browser(self.login(teacher))
                told = self.start(browser, names=names[at : at + 1])
                self.assertIsNone(told.get("fault"), kind)
                app.phone.reply(app.phone.waiting()[0].id, True)
                self.look(told["batch"])
                with own_queue():
                    self.call(browser, "collect", batch=told["batch"])
                self.work()
                self.require_signed(told["batch"], told["total"])

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

    def test_certificate_withdrawn_while_the_phone_is_asked(self) -> None:
        teacher = self.play.specialists[3]
        certificate = signers.certificate_of(self.play, teacher)
        app = Csc2Signer([signers.subscriber(self.play, teacher, confirms=True)], signers.CLIENT)
        with signers.at_service(self.play, app, kinds.CSC, teacher, path="/csc/v2"):
            browser = Browser(self.login(teacher))
            told = self.start(browser)
            app.phone.reply(app.phone.waiting()[0].id, True)
            frappe.db.set_value("HBS Certificate", certificate, "status", "Withdrawn")
            self.look(told["batch"])
            with own_queue():
                jobs.collect_answers()
            frappe.db.set_value("HBS Certificate", certificate, "status", "Approved")
            frappe.db.commit()
            told = self.status(browser, told["batch"])
        self.assertEqual((told["status"], told["asked"], told["fault"]["code"]), ("Prepared", None, "SETTINGS"))
        self.assertEqual(signatures_of(told["batch"]), [])

    def assert_nowhere(self, pin: str, batch: str) -> None:
        save_to_db()
        doc = frappe.get_doc(batches.DOCTYPE, batch)
        self.assertNotIn(pin, frappe.as_json(doc.as_dict(no_nulls=True)))
        errors = frappe.get_all("Error Log", ["error"], order_by="name")
        self.assertFalse([row for row in errors if pin in (row.error or "")])


class TestHsm(WaysCase):
    """A token that the server reaches by its PKCS#11 driver."""

    tokens: SoftTokens

    @classmethod
    def make_world(cls) -> None:
        if missing():
            raise SkipTest(str(missing()))
        super().make_world()
        folder = Path(tempfile.mkdtemp(prefix="hbs-hsm-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.tokens = SoftTokens(folder)

    def setUp(self) -> None:
        using = self.tokens.in_use()
        using.__enter__()
        self.addCleanup(using.__exit__, None, None, None)

    def at_token(self, person: Any, label: str, pin: str) -> str:
        """The person's key (the school's for None) is on a token of the server now; name of the certificate."""
        certificate = signers.certificate_of(self.play, person)
        self.tokens.make(label, pin)
        self.tokens.put(label, pin, signers.key_of(self.play, person))
        with self.known_driver():
            service = signers.make_service(self.play.world.unit, kinds.PKCS11, module="thu")
        signers.move_key(certificate, kinds.PKCS11, service, label)
        frappe.db.commit()
        return certificate

    def known_driver(self) -> Any:
        """site_config.json names the driver, for this test's own requests."""
        real = providers.path_of
        known = {"thu": str(self.tokens.driver.path)}
        return patch.object(providers, "path_of", lambda name: known.get(name) or real(name))

    def test_one_pin_for_all_after_a_wrong_one(self) -> None:
        teacher = self.play.school_class.homeroom
        self.at_token(teacher, "HSM-GVCN", "864200")
        with self.known_driver():
            browser = Browser(self.login(teacher))
            told = self.start(browser, password="1234")
            self.assertEqual((told["status"], told["fault"]["code"]), ("Prepared", "PIN_WRONG"))
            with own_queue():
                told = self.call(browser, "ask_again", batch=told["batch"], password="864200")
            self.assertEqual((told["status"], told.get("fault")), ("Ready", None))
        self.work()
        self.require_signed(told["batch"], told["total"])

    def test_pulled_out_in_the_middle_keeps_what_was_signed(self) -> None:
        teacher = self.play.specialists[0]
        self.at_token(teacher, "HSM-GV", "112233")
        signed: list[bytes] = []

        def pull_out_later(certificate: Any, items: Any, values: Any) -> Any:
            signed.extend(values)
            if len(signed) == 2:
                self.tokens.pull_out()
            return checked(certificate, items, values)

        with self.known_driver(), patch("hocbaso_app.signing.keys.pkcs11.checked", pull_out_later):
            told = self.start(Browser(self.login(teacher)), password="112233")
        self.assertEqual((told["open"], told["fault"]["code"]), (1, "TOKEN_REMOVED"))
        self.work()
        told = self.status(Browser(self.login(teacher)), told["batch"])
        self.assertEqual((told["status"], told["signed"], told["open"]), ("Prepared", 2, 1))
        self.tokens.plug_in()
        with self.known_driver(), own_queue():
            self.call(Browser(self.login(teacher)), "ask_again", batch=told["batch"], password="112233")
        self.work()
        self.require_signed(told["batch"], 3)

    def test_the_clerk_releases_with_the_schools_key_in_the_hsm(self) -> None:
        for person in teachers_of(self.play.school_class):
            frappe.db.set_value(
                "HBS Certificate", signers.certificate_of(self.play, person), "key_source", kinds.PKCS12
            )
        for person in teachers_of(self.play.school_class):
            with acting_as(self.login(person)), suppress(NotYoursError, StepOrderError):  # some have signed
                sign.sign("gvbm", self.play.names(), self.play.pin(person))
        self.play.sign_homeroom()
        self.play.sign_manager()
        frappe.db.commit()
        self.at_token(None, "HSM-TRUONG", "975318642")
        with self.known_driver():
            told = self.start(Browser(self.play.clerk), stage="release", password="975318642")
        self.assertEqual((told["status"], told.get("fault")), ("Ready", None))
        self.work()
        self.require_signed(told["batch"], 3)
        self.assertTrue({state(name) for name in self.play.names()} <= {"Released", "Submitted", "Accepted"})

    def test_driver_that_the_server_does_not_know(self) -> None:
        teacher = self.play.specialists[1]
        self.at_token(teacher, "HSM-GV2", "112233")
        told = self.start(Browser(self.login(teacher)), password="112233")
        self.assertEqual(told["fault"]["code"], "SETTINGS")
        self.assertIn("site_config.json", told["fault"]["message"])


class TestBrowserKey(WaysCase):
    """A program on the signer's computer; here the test does what the page does."""

    def values_by(self, key: LocalKey, parts: list[dict[str, str]]) -> dict[str, str]:
        """As the plug-in gives them: of the hash, ECDSA in DER."""
        made = {}
        for part in parts:
            digest = base64.b64decode(part["hash"])
            hashed = Prehashed(hashes.SHA256())
            if isinstance(key.private_key, rsa.RSAPrivateKey):
                value = key.private_key.sign(digest, padding.PKCS1v15(), hashed)
            else:
                value = key.private_key.sign(digest, ec.ECDSA(hashed))
            made[part["part"]] = base64.b64encode(value).decode()
        return made

    def parts(self, browser: Browser, batch: str) -> list[dict[str, str]]:
        answer = browser.get(f"{API}parts", batch=batch)
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        return answer.json["message"]["parts"]

    def take(self, browser: Browser, batch: str, values: dict[str, str]) -> Any:
        with own_queue():
            return self.call(browser, "take_values", batch=batch, values=values)

    def plugged(self, person: Any) -> tuple[LocalKey, str]:
        """The person's key behind the plug-in, and another approved one of his at hand."""
        key = signers.key_of(self.play, person)
        signers.move_key(signers.certificate_of(self.play, person), kinds.PLUGIN)
        frappe.db.commit()
        return key, signers.certificate_of(self.play, person)

    def test_pulled_out_after_some_and_gone_on_from_another_device(self) -> None:
        teacher = self.play.school_class.homeroom
        key, _certificate = self.plugged(teacher)
        at_school, at_home = Browser(self.login(teacher)), Browser(self.login(teacher))
        told = self.start(at_school)
        batch, total = told["batch"], told["total"]
        self.assertTrue(told["way"]["plugin"])
        parts = self.parts(at_school, batch)
        self.assertEqual(len(parts), total)
        self.assertEqual(self.take(at_school, batch, self.values_by(key, parts[:4]))["taken"], 4)
        self.work()
        told = self.status(at_home, batch)
        self.assertEqual((told["status"], told["signed"], told["open"]), ("Prepared", 4, total - 4))
        rest = self.parts(at_home, batch)
        self.assertEqual({p["part"] for p in rest}, {p["part"] for p in parts[4:]})

        # both devices bring values of the same parts: each part keeps one, nothing is signed twice
        self.assertEqual(self.take(at_home, batch, self.values_by(key, rest))["taken"], total - 4)
        self.assertEqual(self.take(at_school, batch, self.values_by(key, parts))["taken"], 0)
        self.work()
        self.require_signed(batch, total)
        self.assertEqual(sorted(set(signatures_of(batch))), self.play.names())

    def test_another_token_leaves_its_part_waiting(self) -> None:
        teacher = self.play.specialists[0]
        key, _certificate = self.plugged(teacher)
        _name, other = signers.another_certificate(self.play, self.ca, teacher)
        browser = Browser(self.login(teacher))
        batch = self.start(browser, certificate=signers.certificate_of(self.play, teacher))["batch"]
        parts = self.parts(browser, batch)
        mixed = self.values_by(key, parts[:1]) | self.values_by(other, parts[1:2])
        answer = self.take(browser, batch, mixed)
        self.assertEqual((answer["taken"], answer["wrong"]), (1, [parts[1]["part"]]))
        self.assertIn("đúng thiết bị", answer["problem"])
        self.take(browser, batch, self.values_by(key, parts[1:]))
        self.work()
        self.require_signed(batch, 3)

    def test_the_rest_goes_on_another_way_and_a_late_answer_signs_nothing(self) -> None:
        teacher = self.play.specialists[1]
        key, first = self.plugged(teacher)
        name, second = signers.another_certificate(self.play, self.ca, teacher)
        frappe.db.commit()
        browser = Browser(self.login(teacher))
        old = self.start(browser, certificate=first)["batch"]
        parts = self.parts(browser, old)
        self.take(browser, old, self.values_by(key, parts[:1]))
        with own_queue():
            new = self.call(browser, "continue_batch", batch=old, certificate=name, device=DEVICE)["batch"]
        told = self.status(browser, old)
        self.assertEqual((told["open"], told["continued"]), (0, new))
        self.take(browser, old, self.values_by(key, parts[1:]))  # the first token after all: too late
        self.work()
        self.assertEqual(frappe.db.get_value(batches.DOCTYPE, old, ["status", "signed"]), ("Partly done", 1))
        doc = frappe.get_doc(batches.DOCTYPE, new)
        self.assertEqual((doc.total, doc.certificate, doc.continues), (2, name, old))
        self.assertEqual((doc.device_id, doc.method), (DEVICE, kinds.PLUGIN))
        self.assertEqual(len(doc.session_hash), 64)
        self.take(browser, new, self.values_by(second, self.parts(browser, new)))
        self.work()
        self.require_signed(new, 2)
        staff = self.play.world.staff[teacher.citizen_id]
        self.assertEqual(frappe.db.get_value("HBS Staff Member", staff, "preferred_certificate"), name)
        known = browser.get(f"{API}pupils", stage="gvbm", student_group=self.play.group).json["message"]
        self.assertEqual(known["ways"], [])  # nothing waits any more

    def test_two_batches_of_the_same_parts_settle(self) -> None:
        teacher = self.play.specialists[2]
        key, _certificate = self.plugged(teacher)
        one, two = Browser(self.login(teacher)), Browser(self.login(teacher))
        first, second = self.start(one)["batch"], self.start(two)["batch"]
        self.assertNotEqual(first, second)
        values = self.values_by(key, self.parts(one, first))
        self.take(two, second, self.values_by(key, self.parts(two, second)))
        self.work()
        self.require_signed(second, 3)
        self.assertEqual(outcomes(first), {"Already signed": set(self.play.names())})
        self.assertEqual(self.take(one, first, values)["taken"], 0)
        self.assertEqual(sorted(signatures_of(second)), self.play.names())

    def test_nobody_else_brings_values_or_goes_on(self) -> None:
        teacher, other = self.play.specialists[3], self.play.specialists[0]
        key, certificate = self.plugged(teacher)
        batch = self.start(Browser(self.login(teacher)))["batch"]
        parts = self.parts(Browser(self.login(teacher)), batch)
        stranger = Browser(self.login(other))
        own = signers.certificate_of(self.play, other)
        self.assertEqual(stranger.get(f"{API}parts", batch=batch).status_code, 403)
        self.refused(stranger, "take_values", batch=batch, values=self.values_by(key, parts))
        self.refused(stranger, "continue_batch", batch=batch, certificate=own)
        self.refused(stranger, "ask_again", batch=batch)
        self.refused(stranger, "collect", batch=batch)
        self.refused(Browser(self.login(teacher)), "continue_batch", batch=batch, certificate=own)
        names = self.play.names()
        self.refused(Browser(self.login(other)), "start", stage="gvbm", names=names, certificate=certificate)
        self.refused(Browser(self.login(teacher)), "take_values", batch=batch, values={parts[0]["part"]: "%%%"})
        self.assertEqual(frappe.db.get_value(batches.DOCTYPE, batch, "status"), "Prepared")

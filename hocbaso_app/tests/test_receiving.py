"""The receiving side on a site, over real HTTP: taken in at once, verified by workers, answered record by record."""

from __future__ import annotations

import base64
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Thread
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import frappe
import requests

from hocbaso_app.exchange import codes, receipts, status_list
from hocbaso_app.exchange.errors import RefusedError, UnreachableError
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.transactions import RecordStatus
from hocbaso_app.jobs import receiving
from hocbaso_app.services import audit, connector, convert, files, keys, trust
from hocbaso_app.services.receiving import settling
from hocbaso_app.signing import cose
from hocbaso_app.tests.authority import OFFICE, Authority, in_worker, running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.portal import no_jobs
from hocbaso_app.tests.world import Play, acting_as, state


class ReceivingTestCase(CommittedTestCase):
    """A school with four released records and its authority on one site; nothing has been sent before each test."""

    play: Play
    city: Authority
    names: list[str]
    office = False
    """Whether the office above the school receives, not the department."""

    @classmethod
    def make_world(cls) -> None:
        with no_jobs():
            cls.play = Play(pupils=4, grade=4)
            cls.names = cls.play.until("released")
        frappe.db.commit()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.city = stack.enter_context(running_authority(cls.play, office=cls.office))

    def setUp(self) -> None:
        frappe.db.rollback()
        values = {"state": "Queued", "message_id": None, "claimed_until": None, "next_attempt_at": None, "attempts": 0}
        values |= {"error": None, "error_code": None, "receipt": None, "receipt_number": None, "received_at": None}
        for name in frappe.get_all("HBS Submission", pluck="name", order_by="name"):
            frappe.db.set_value("HBS Submission", name, values)
        for name in self.names:
            frappe.db.set_value("HBS Record", name, "state", "Released")
        for doctype in ("HBS Received Record", "HBS Incoming Item", "HBS Incoming Message", "HBS Recall Case"):
            frappe.db.delete(doctype)
        frappe.db.commit()

    def files(self) -> list[bytes]:
        """The released files in roll order."""
        return [files.load(frappe.db.get_value("HBS Submission", {"record": n}, "version"))[1].data for n in self.names]

    def send(self, *files: bytes, message_id: str | None = None) -> str:
        """A message as any software might make it; gives its number."""
        message_id = message_id or str(uuid4())
        self.city.client().submit(pack(files, connector.key(self.play.world.unit), convert.now()), message_id)
        return message_id

    def refusal_of(self, action: Any) -> str:
        """The code with which something is refused."""
        with self.assertRaises(RefusedError) as caught:
            action()
        return caught.exception.code


class TestReceiving(ReceivingTestCase):
    def test_sent_taken_verified_answered(self) -> None:
        self.city.school_sends()
        self.assertEqual([m.status for m in self.city.messages()], ["Waiting"])
        self.assertEqual(self.city.held(), [])
        self.assertEqual({state(name) for name in self.names}, {"Submitted"})
        self.assertEqual(self.city.settle(), 1)
        self.assertEqual(len(self.city.held()), 4)
        self.city.school_sends()
        self.assertEqual({state(name) for name in self.names}, {"Accepted"})

    def test_the_receipt_is_the_authoritys_and_verified_at_the_school(self) -> None:
        self.city.exchange()
        held = {row.name: row for row in self.city.held()}
        for name in self.names:
            record = frappe.get_doc("HBS Record", name)
            submission = frappe.get_doc("HBS Submission", {"record": name})
            receipt = receipts.read(base64.b64decode(submission.receipt), trust.store())
            there = held[record.record_code]
            self.assertEqual(
                (receipt.record_code, receipt.sha256, receipt.number),
                (there.name, there.sha256, there.receipt_number),
            )
            self.assertEqual(receipt.link, f"{self.city.address}/tra-cuu/{there.name}")
            self.assertEqual((there.unit, there.office, there.late), (self.play.world.unit, OFFICE, 0))
        self.assertEqual(len({row.receipt_number for row in held.values()}), 4)

    def test_until_settled_the_school_is_told_to_wait(self) -> None:
        message_id = self.send(*self.files())
        said = self.city.client().query_submission(message_id) or []
        self.assertEqual([a.trang_thai for a in said], [RecordStatus.PENDING] * 4)
        self.assertEqual([a.ten_hoc_sinh for a in said], [""] * 4)
        self.city.settle()
        said = self.city.client().query_submission(message_id) or []
        self.assertEqual([a.trang_thai for a in said], [RecordStatus.APPROVED] * 4)

    def test_the_same_message_again_changes_nothing(self) -> None:
        sent = self.files()
        content = pack(sent[:2], connector.key(self.play.world.unit), convert.now())
        message_id, client = str(uuid4()), self.city.client()
        self.assertEqual(client.submit(content, message_id).Error, codes.ACCEPTED)
        self.assertEqual(client.submit(content, message_id).Error, codes.DUPLICATE)
        self.city.settle()
        self.assertEqual(client.submit(content, message_id).Error, codes.DUPLICATE)
        self.assertEqual(self.city.settle(), 0)
        self.assertEqual((len(self.city.messages()), len(self.city.held())), (1, 2))
        other = pack(sent[2:], connector.key(self.play.world.unit), convert.now())
        self.assertEqual(self.refusal_of(lambda: client.submit(other, message_id)), codes.MESSAGE_ID_USED)

    def test_the_same_message_twice_at_once_is_one_message(self) -> None:
        content = pack(self.files()[:1], connector.key(self.play.world.unit), convert.now())
        message_id, said = str(uuid4()), list[str]()

        def send() -> None:
            said.append(self.city.client().submit(content, message_id).Error)

        threads = [Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(said), [codes.ACCEPTED, *[codes.DUPLICATE] * 3])
        self.assertEqual(len(self.city.messages()), 1)

    def test_the_same_file_in_two_messages_has_one_receipt(self) -> None:
        (first, *_) = self.files()
        messages = [self.send(first), self.send(first)]
        self.city.settle()
        tokens = {(self.city.client().query_submission(m) or [])[0].bien_nhan for m in messages}
        self.assertEqual((len(tokens), len(self.city.held())), (1, 1))
        self.assertEqual([self.city.items(m)[0].code for m in messages], [codes.ACCEPTED, codes.DUPLICATE])

    def test_each_file_is_answered_for_itself(self) -> None:
        good, other, *_ = self.files()
        altered = other.replace("Thành phố Hải Phòng".encode(), "Thành phố Hà Nội".encode())
        message = self.send(good, altered, b"<HOC_BA></HOC_BA>")
        self.city.settle()
        items = self.city.items(message)
        self.assertEqual([i.accepted for i in items], [1, 0, 0])
        self.assertEqual([i.code for i in items[1:]], [codes.RECORD_INVALID] * 2)
        self.assertTrue(all(i.description for i in items))
        (kept,) = self.city.messages()
        self.assertEqual((kept["items"], kept.accepted, kept.refused), (3, 1, 2))
        self.assertTrue(frappe.db.get_value("HBS Incoming Message", message, "content"), "evidence of the refused ones")
        whole = self.send(good)
        self.city.settle()
        self.assertFalse(frappe.db.get_value("HBS Incoming Message", whole, "content"))

    def test_wrong_account_token_unit_and_list(self) -> None:
        (first, *_) = self.files()
        key, client = connector.key(self.play.world.unit), self.city.client
        content = pack([first], key, convert.now())
        for changes in ({"password": "sai-mat-khau"}, {"user_name": "khac"}, {"unit_code": "31999902"}):
            wrong = client(**changes)
            self.assertEqual(self.refusal_of(lambda wrong=wrong: wrong.submit(content, "m")), codes.ACCOUNT_WRONG)
        stale = client()
        stale._token = "khong-phai-ma"
        self.assertEqual(stale.submit(content, str(uuid4())).Error, codes.ACCEPTED, "a new session is opened")
        for moment in (convert.now() - timedelta(hours=25), convert.now() + timedelta(minutes=10)):
            listed = pack([first], key, moment)
            refused = self.refusal_of(lambda listed=listed: client().submit(listed, str(uuid4())))
            self.assertEqual(refused, codes.LIST_TIME_WRONG)
        principal = self.play.school.principal
        own = {"staff": self.play.world.staff[principal.citizen_id]}
        person = keys.open_key(frappe.db.get_value("HBS Certificate", own, "sha256"), self.play.pin(principal))
        foreign = pack([first], person, convert.now())
        self.assertEqual(
            self.refusal_of(lambda: client().submit(foreign, str(uuid4()))), codes.CERTIFICATE_NOT_APPROVED
        )
        self.assertEqual(len(self.city.messages()), 1)

    def test_an_account_waits_after_wrong_passwords_but_not_for_others(self) -> None:
        frappe.cache.delete_keys("hbs-portal-wrong:")
        (first, *_) = self.files()
        content = pack([first], connector.key(self.play.world.unit), convert.now())
        open_before = self.city.client()
        open_before.query_submission(str(uuid4()))
        for _ in range(5):
            wrong = self.city.client(password="sai-mat-khau")
            self.assertEqual(self.refusal_of(lambda wrong=wrong: wrong.submit(content, "m")), codes.ACCOUNT_WRONG)
        with self.assertRaises(UnreachableError):
            self.city.client().submit(content, "m")
        self.assertEqual(open_before.submit(content, str(uuid4())).Error, codes.ACCEPTED, "an open session goes on")
        frappe.cache.delete_keys("hbs-portal-wrong:")
        self.assertEqual(self.city.client().submit(content, str(uuid4())).Error, codes.ACCEPTED)

    def test_a_login_that_is_switched_off_has_no_session_any_more(self) -> None:
        client = self.city.client()
        client.query_submission(str(uuid4()))
        login = frappe.get_doc("HBS Portal Login", self.city.access["user_name"])
        self.assertNotIn(self.city.access["password"], str(login.as_dict()))
        login.enabled = 0
        login.save()
        frappe.db.commit()
        try:
            self.assertEqual(self.refusal_of(lambda: client.query_submission(str(uuid4()))), codes.ACCOUNT_WRONG)
        finally:
            login.enabled = 1
            login.save()
            frappe.db.commit()

    def test_more_than_ten_megabytes_is_refused(self) -> None:
        body = {"authenticationRequest": {}, "content": "A" * 10_000_001}
        answer = requests.post(f"{self.city.address}/api/hoc-ba/nop", json=body, timeout=30)
        self.assertEqual((answer.status_code, answer.json()["Error"]), (413, codes.TOO_LARGE))

    def test_the_portals_token_is_no_login_of_frappe(self) -> None:
        client = self.city.client()
        client.query_submission(str(uuid4()))
        bearer = {"Authorization": f"Bearer {client._token}"}
        answer = requests.get(f"{self.city.address}/api/resource/HBS Received Record", headers=bearer, timeout=30)
        self.assertIn(answer.status_code, (401, 403))
        answer = requests.post(f"{self.city.address}/mo-rong/khong-co", json={}, headers=bearer, timeout=30)
        self.assertEqual((answer.status_code, answer.json()["Error"]), (200, codes.FUNCTION_WRONG))

    def test_status_list_and_registry_are_for_everybody(self) -> None:
        client = self.city.client()
        listed = status_list.read(client.get("/danh-sach-trang-thai"), trust.store())
        self.assertEqual(listed.recalled, {})
        sealed = cose.open_seal(client.get("/so-dang-ky"), kind="registry")
        self.assertEqual(sealed.claims["schools"][0]["school_code"], self.play.school.code)

    def test_where_nothing_is_received_the_paths_are_not_there(self) -> None:
        frappe.db.set_single_value("HBS Receiving Settings", "enabled", 0)
        frappe.clear_document_cache("HBS Receiving Settings")
        frappe.db.commit()
        try:
            for path in ("/api/token", "/danh-sach-trang-thai", "/so-dang-ky"):
                method = "POST" if path == "/api/token" else "GET"
                answer = requests.request(method, self.city.address + path, json={}, timeout=30)
                self.assertEqual(answer.status_code, 404, path)
        finally:
            frappe.db.set_single_value("HBS Receiving Settings", "enabled", 1)
            frappe.clear_document_cache("HBS Receiving Settings")
            frappe.cache.delete_value("website_404")
            frappe.db.commit()


class TestSettling(ReceivingTestCase):
    def test_two_settlers_at_once_receive_each_record_once(self) -> None:
        for _ in range(2):
            for data in self.files():
                self.send(data)
        workers = [in_worker(settling.settle_all) for _ in range(3)]
        for worker in workers:
            worker.join()
        self.assertEqual({m.status for m in self.city.messages()}, {"Settled"})
        said = sorted(self.city.items(m.name)[0].code for m in self.city.messages())
        self.assertEqual(said, [codes.ACCEPTED] * 4 + [codes.DUPLICATE] * 4)
        self.assertEqual(len(self.city.held()), 4)
        self.assertEqual(audit.broken_entries(), [])

    def test_what_one_settler_holds_the_other_skips(self) -> None:
        first, second = self.send(self.files()[0]), self.send(self.files()[1])
        held, over = Event(), Event()

        def hold() -> None:
            frappe.db.sql("select name from `tabHBS Incoming Message` where name = %s for update", first)
            held.set()
            over.wait(20)

        worker = in_worker(hold)
        try:
            self.assertTrue(held.wait(20))
            self.assertEqual(self.city.settle(), 1)
        finally:
            over.set()
            worker.join()
        status = {m.name: m.status for m in self.city.messages()}
        self.assertEqual(status, {first: "Waiting", second: "Settled"})
        self.assertEqual(self.city.settle(), 1)

    def test_a_settler_killed_anywhere_leaves_the_message_as_it_was(self) -> None:
        """A process that really dies, at each of its steps in turn."""
        message = self.send(*self.files())
        for step in ("next_numbers", "add_records", "settle"):
            self.assertEqual(die_in(frappe.local.site, step), 9, step)
            self.assertEqual([m.status for m in self.city.messages()], ["Waiting"], step)
            self.assertEqual((self.city.held(), self.city.items(message)), ([], []), step)
        self.assertEqual(self.city.settle(), 1)
        self.assertEqual(len(self.city.held()), 4)

    def test_a_message_that_cannot_be_checked_is_shown_and_stops_no_other(self) -> None:
        bad, good = self.send(self.files()[0]), self.send(self.files()[1])
        frappe.db.set_value("HBS Incoming Message", bad, "content", "AAAA")
        frappe.db.commit()
        self.assertEqual(self.city.settle(), 1)
        status = {m.name: (m.status, m.attempts) for m in self.city.messages()}
        self.assertEqual(status, {bad: ("Waiting", 1), good: ("Settled", 0)})
        frappe.db.set_value("HBS Incoming Message", bad, "attempts", settling.MOST_ATTEMPTS)
        frappe.db.commit()
        self.assertEqual(settling.waiting(), [])
        frappe.db.set_value("HBS Incoming Message", bad, "attempts", 1)
        frappe.db.commit()
        self.assertEqual(settling.waiting(), [], "not at once again")
        earlier = {"modified": frappe.utils.add_to_date(None, minutes=-3)}
        frappe.db.set_value("HBS Incoming Message", bad, earlier, update_modified=False)
        frappe.db.commit()
        self.assertEqual(settling.waiting(), [bad])
        with acting_as(self.city.officer):
            settling.try_again(bad)
        self.assertEqual(settling.waiting(), [bad])


class TestWaking(ReceivingTestCase):
    def woken(self) -> list[int]:
        """Numbers of the workers that are called when something waits."""
        called: list[int] = []
        with patch.object(frappe, "enqueue", lambda *args, number, **more: called.append(number)):
            receiving.wake_waiting()
        return called

    def test_who_waits_is_woken_who_works_is_not_who_died_is_again(self) -> None:
        frappe.cache.delete_keys("hbs-receiving-at-work:")
        self.assertEqual(self.woken(), [], "nothing waits")
        self.send(self.files()[0])
        self.assertEqual(self.woken(), [0, 1])
        key = receiving._sign_of_life(0)
        frappe.cache.setex(key, receiving.SILENT_SECONDS, 1)
        self.assertEqual(self.woken(), [1])
        self.assertLessEqual(frappe.cache.ttl(key), receiving.SILENT_SECONDS, "the sign of life ends by itself")
        frappe.cache.delete(key)
        receiving.run(1)
        self.assertIsNone(frappe.cache.get(receiving._sign_of_life(1)))
        self.assertEqual((self.woken(), len(self.city.held())), ([], 1))

    def test_a_message_that_comes_in_over_http_wakes_the_workers(self) -> None:
        called: list[str] = []
        with patch.object(frappe, "enqueue", lambda method, **more: called.append(method)):
            self.send(self.files()[0])
        self.assertEqual(called, [receiving.JOB] * 2)


def die_in(site: str, step: str) -> int:
    """A worker process that is killed (SIGKILL) when it reaches a step of the books; gives the signal."""
    program = (
        "import os, signal, sys, frappe\n"
        f"frappe.init(site={site!r}); frappe.connect(); frappe.set_user('Administrator')\n"
        "from hocbaso_app.services.receiving import settling\n"
        "from hocbaso_app.services.receiving.books import SiteBooks\n"
        f"real = SiteBooks.{step}\n"
        "def die(self, *given):\n"
        "    real(self, *given)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"SiteBooks.{step} = die\n"
        "settling.settle_all()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    return -done.returncode

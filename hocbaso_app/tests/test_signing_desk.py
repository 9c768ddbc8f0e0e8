"""Signing on the desk as it happens: over HTTP, with Redis, MariaDB and workers that die in the middle."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from unittest.mock import patch

import frappe
from frappe.deferred_insert import save_to_db
from frappe.utils import add_to_date, now_datetime
from frappe.utils.background_jobs import Queue, get_job_status, get_redis_conn

from hocbaso_app.jobs import signing as jobs
from hocbaso_app.services import audit, check, files, keys, sign, trust
from hocbaso_app.services.signing import batches
from hocbaso_app.setup.demo.entry import teachers_of
from hocbaso_app.tests import power_cut
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as, state

BENCH = f"hbs-test-signing-{os.getpid()}"
"""Redis remembers a killed worker for minutes; another run must not meet it."""
API = "/api/method/hocbaso_app.api.signing."


@contextmanager
def own_queue() -> Iterator[Queue]:
    """Jobs of this site go to queues that no other worker listens to."""
    with patch("frappe.utils.background_jobs.get_bench_id", return_value=BENCH):
        queue = Queue(f"{BENCH}:{jobs.QUEUE}", connection=get_redis_conn())
        queue.delete(delete_jobs=True)
        try:
            yield queue
        finally:
            queue.delete(delete_jobs=True)
            for registry in (queue.started_job_registry, queue.failed_job_registry, queue.finished_job_registry):
                for job in registry.get_job_ids():
                    registry.remove(job, delete_job=True)


def run_worker(power_cut_after: int | None = None) -> None:
    """One worker process, until its queue is empty or its power is cut."""
    process = power_cut.start_worker(BENCH, power_cut_after)
    output, _nothing = process.communicate(timeout=120)
    expected = -9 if power_cut_after is not None else 0
    assert process.returncode == expected, output.decode()[-2000:]


def outcomes(batch: str) -> dict[str, set[str]]:
    """Outcome → records that have a part with it."""
    found: dict[str, set[str]] = {}
    for item in frappe.get_all(batches.ITEM, {"parent": batch}, ["record", "outcome"], order_by="idx"):
        found.setdefault(item.outcome, set()).add(item.record)
    return found


def signatures_of(batch: str) -> list[str]:
    """Records as the audit trail tells of their signatures by this batch, one entry per time."""
    entries = frappe.get_all(audit.DOCTYPE, {"action": ("in", ("sign", "release"))}, ["details"], order_by="name")
    told = [frappe.parse_json(entry.details) for entry in entries]
    return [facts["record"] for facts in told if facts["batch"] == batch]


class SigningCase(CommittedTestCase):
    """Helpers that all classes here share."""

    play: Play

    def login(self, person: Any) -> str:
        return self.play.world.user_of(person)

    def call(self, browser: Browser, method: str, **values: Any) -> Any:
        """The answer of an endpoint that works."""
        answer = browser.post(API + method, **values)
        self.assertEqual(answer.status_code, 200, answer.text[:500])
        return answer.json.get("message")

    def refused(self, browser: Browser, method: str, **values: Any) -> str:
        """The sentence of an endpoint that refuses."""
        answer = browser.post(API + method, **values)
        self.assertIn(answer.status_code, (403, 417), answer.text[:500])
        messages = frappe.parse_json(answer.json.get("_server_messages") or "[]")
        return " ".join(frappe.parse_json(message)["message"] for message in messages)

    def sign_by(self, person: Any, names: list[str], stage: str = "gvbm") -> Any:
        with acting_as(self.login(person)):
            batch = sign.sign(stage, names, self.play.pin(person))
        frappe.db.commit()
        return batch

    def open_by(self, person: Any, names: list[str], stage: str = "gvbm") -> tuple[Any, list[bytes]]:
        """A prepared batch, and the values its key would send."""
        with acting_as(self.login(person)):
            batch, to_be_signed = sign.open_batch(stage, names)
        sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
        frappe.db.commit()
        return batch, keys.open_key(sha256, self.play.pin(person)).sign(to_be_signed)


class TestPowerCut(SigningCase):
    """A class of 35."""

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=35, grade=1)
        cls.play.until("checked")

    @requirement("Y089")
    def test_power_cut_at_20_keeps_20_and_15_go_on(self) -> None:
        teacher, names = self.play.school_class.homeroom, self.play.names()
        with own_queue() as queue:
            browser = Browser(self.login(teacher))
            pin = self.play.pin(teacher)
            batch = self.call(browser, "start", stage="gvbm", names=names, password=pin)["batch"]
            before = frappe.get_doc(batches.DOCTYPE, batch)
            self.assertEqual((before.status, before.total), ("Ready", 35 * 5))
            self.assertNotIn(pin.encode(), b"".join(queue.connection.hget(job.key, "data") for job in queue.jobs))
            run_worker(power_cut_after=20)
            frappe.db.rollback()
            cut = outcomes(batch)
            self.assertEqual((len(cut["Signed"]), len(cut["Waiting"])), (20, 15))
            self.assertEqual(cut["Signed"] & cut["Waiting"], set())
            self.assertEqual(frappe.db.get_value(batches.DOCTYPE, batch, "status"), "Running")
            self.assertEqual(str(get_job_status(jobs.job_id_of(batch, 1))), "started")  # what Redis still believes

            frappe.db.set_value(batches.DOCTYPE, batch, "progress_at", add_to_date(now_datetime(), minutes=-10))
            self.assertEqual(jobs.wake_silent(), [batch])
            frappe.db.commit()
            run_worker()
            frappe.db.rollback()
        after = frappe.get_doc(batches.DOCTYPE, batch)
        self.assertEqual(set(outcomes(batch)), {"Signed"})
        self.assertEqual((after.status, after.signed, after.refused), ("Done", 35 * 5, 0))
        self.assertEqual(sorted(signatures_of(batch)), names)
        for name in ("signer", "staff", "certificate", "consent", "consent_at", "signing_time"):
            self.assertEqual(after.get(name), before.get(name), name)
        self.assertEqual(after.signer, self.login(teacher))
        self.require_valid(names, {f"ky-mon-{c}" for c, t in self.play.school_class.teachers.items() if t == teacher})
        self.assertEqual(audit.broken_entries(), [])
        self.assertEqual(files.changed_files(), [])

    def test_two_workers_at_once_sign_each_part_once(self) -> None:
        teacher, names = self.play.specialists[0], self.play.names()
        batch, values = self.open_by(teacher, names)
        with own_queue():
            with acting_as(self.login(teacher)):
                sign.add_values(frappe.get_doc(batches.DOCTYPE, batch.name), values)
            for job in ("a", "b"):
                frappe.enqueue(jobs.run_batch, queue=jobs.QUEUE, job_id=f"hbs-test-{job}", batch=batch.name)
            frappe.db.commit()
            processes = [power_cut.start_worker(BENCH), power_cut.start_worker(BENCH)]
            for process in processes:
                output, _nothing = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 0, output.decode()[-2000:])
            frappe.db.rollback()
        self.assertEqual(set(outcomes(batch.name)), {"Signed"})
        self.assertEqual(sorted(signatures_of(batch.name)), names)
        self.assertEqual(audit.broken_entries(), [])

    def test_two_browsers_confirm_at_once_and_nothing_is_signed_twice(self) -> None:
        teacher, names = self.play.specialists[1], self.play.names()
        browsers = [Browser(self.login(teacher)), Browser(self.login(teacher))]
        values = {"stage": "gvbm", "names": names, "password": self.play.pin(teacher)}
        answers: list[Any] = []

        def confirm(browser: Browser) -> None:
            headers = {"X-Frappe-Site-Name": browser.site, "Accept": "application/json"}
            answer = browser.client.post(f"{API}start", json=values, headers=headers)
            answer.get_data()
            answers.append(answer)

        with own_queue():
            threads = [Thread(target=confirm, args=(browser,)) for browser in browsers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            frappe.db.rollback()
            self.assertEqual([answer.status_code for answer in answers], [200, 200], [a.text[:300] for a in answers])
            run_worker()
            frappe.db.rollback()
        confirmed = {answer.json["message"]["batch"] for answer in answers}
        self.assertEqual(sorted(name for batch in confirmed for name in signatures_of(batch)), names)
        for batch in confirmed:
            self.assertEqual(frappe.db.get_value(batches.DOCTYPE, batch, "status"), "Done")
            self.assertLessEqual(set(outcomes(batch)), {"Signed", "Already signed"})

    def test_class_is_finished_in_the_page_when_no_worker_runs(self) -> None:
        teacher, names = self.play.specialists[2], self.play.names()
        browser = Browser(self.login(teacher))
        with own_queue():
            args = {"stage": "gvbm", "names": names, "password": self.play.pin(teacher)}
            batch = self.call(browser, "start", **args)["batch"]
            again = self.call(browser, "start", **args)["batch"]
            self.assertEqual(again, batch)
            frappe.db.set_value(batches.DOCTYPE, batch, "ready_at", add_to_date(now_datetime(), seconds=-60))
            frappe.db.commit()
            told = browser.get(f"{API}batch_status", batch=batch).json["message"]
            self.assertFalse(told["worker"])
            self.assertTrue(told["stuck"])
            self.assertIn("Ký tại đây", told["sentence"])
            while told["status"] in batches.IN_HAND:
                told = self.call(browser, "run_here", batch=batch)
        self.assertEqual((told["status"], told["signed"]), ("Done", 35))
        self.assertEqual(sorted(signatures_of(batch)), names)

    def require_valid(self, names: list[str], slots: set[str]) -> None:
        """Each of these signatures as a reader would find it; no other part is signed by this batch."""
        from datetime import datetime, timezone

        from hocbaso_app.signing.slots import expected_slots
        from hocbaso_app.signing.verify_slot import SlotContext, verify_slot

        for name in names:
            _version, document = files.load(frappe.db.get_value("HBS Record", name, "current_version"))
            context = SlotContext(document, trust.store(), datetime.now(timezone.utc), "require")
            self.assertLessEqual(slots, {slot for slot, inner in document.slots.items() if inner})
            for slot in expected_slots(document.record):
                if slot.id in slots:
                    report, _findings = verify_slot(slot, context)
                    self.assertEqual(report.indication.value, "TOTAL-PASSED", report.message_en)


class TestOrder(SigningCase):
    """A class of three through the API, each step tried before its time."""

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=3, grade=2)
        cls.play.until("initialised")

    def everybody_tries(self, names: list[str], allowed: tuple[str, str] | None = None) -> None:
        """Every signer tries every stage over HTTP, with and without a key on the server; only ``allowed`` may pass."""
        people = {
            "teacher": self.play.specialists[0],
            "homeroom": self.play.school_class.homeroom,
            "principal": self.play.school.principal,
            "clerk": self.play.school.clerk,
        }
        for who, person in people.items():
            browser = Browser(self.login(person))
            pin = self.play.world.pins.get(person.citizen_id) or self.play.world.pins[self.play.school.code]
            for stage in batches.STATES_OF:
                if (who, stage) == allowed:
                    continue
                self.refused(browser, "open_batch", stage=stage, names=names)
                self.refused(browser, "start", stage=stage, names=names, password=pin)
                self.refused(browser, "sign_with_demo_key", stage=stage, names=names, password=pin)

    @requirement("Y071", "Y074", "Y088", "Y090")
    def test_the_order_of_the_year_end_holds_through_the_api(self) -> None:
        names, homeroom = self.play.names(), self.play.school_class.homeroom
        first, *others = teachers_of(self.play.school_class)

        # Y088: nobody signs before everybody has checked, not even with one check missing
        self.everybody_tries(names)
        for person in others:
            with acting_as(self.login(person)):
                check.seen(names)
        frappe.db.commit()
        self.everybody_tries(names)
        self.assertEqual({state(name) for name in names}, {"Initialised"})
        with acting_as(self.login(first)):
            check.seen(names)
        frappe.db.commit()

        # Y074: the principal's own certificate opens no subject part
        principal = Browser(self.play.principal)
        pin = self.play.pin(self.play.school.principal)
        self.refused(principal, "start", stage="gvbm", names=names, password=pin)
        self.refused(principal, "open_batch", stage="gvbm", names=names)

        # Y090: subject teachers are at work; the manager and the seal are refused
        for person in teachers_of(self.play.school_class):
            self.sign_by(person, names[1:] if person == first else names)
        self.refused(principal, "start", stage="cbql", names=names, password=pin)
        self.refused(principal, "open_batch", stage="cbql", names=names)

        # Y071: one subject of one pupil is not signed; the others go on
        with own_queue():
            browser = Browser(self.play.homeroom)
            values = {"stage": "gvcn", "names": names, "password": self.play.pin(homeroom)}
            batch = self.call(browser, "start", **values)["batch"]
            told = self.call(browser, "run_here", batch=batch)
        self.assertEqual(told["status"], "Partly done")
        by_record = {row["record"]: row for row in told["records"]}
        self.assertEqual(
            {n: by_record[n]["outcome"] for n in names}, dict(zip(names, ["Refused", "Signed", "Signed"], strict=True))
        )
        self.assertTrue(by_record[names[0]]["message"] and by_record[names[0]]["next_step"])
        self.assertEqual([state(n) for n in names], ["Subject Signing", "Manager Signing", "Manager Signing"])
        self.refused(browser, "start", stage="gvcn", names=names[:1], password=self.play.pin(homeroom))

        # Y090 again: a homeroom signature is there for two, so the manager signs these two alone
        told = self.call(principal, "sign_with_demo_key", stage="cbql", names=names, password=pin)
        self.assertEqual((told["signed"], [row["record"] for row in told["refused"]]), (2, names[:1]))
        self.everybody_tries(names[:1], allowed=("teacher", "gvbm") if first == self.play.specialists[0] else None)


class TestTwoSteps(SigningCase):
    """Keys elsewhere: the values come later, from another device, wrongly, or not at all."""

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=3, grade=3)
        cls.play.until("checked")

    def encoded(self, values: list[bytes]) -> list[str]:
        return [base64.b64encode(value).decode() for value in values]

    def test_a_changed_value_stops_its_pupil_only(self) -> None:
        names, teacher = self.play.names(), self.play.specialists[0]
        batch, values = self.open_by(teacher, names)
        values[1] = values[1][:-1] + bytes([values[1][-1] ^ 1])
        browser = Browser(self.login(teacher))
        told = self.call(browser, "finish_batch", batch=batch.name, values=self.encoded(values))
        self.assertEqual((told["status"], told["signed"]), ("Partly done", 2))
        self.assertEqual([row["record"] for row in told["refused"]], [names[1]])
        self.assertIn("không khớp", told["refused"][0]["message"])
        self.assertTrue(told["refused"][0]["next_step"])
        again = self.sign_by(teacher, [names[1]])
        self.assertEqual(again.status, "Done")

    def test_values_of_somebody_else_or_of_another_number_are_refused_whole(self) -> None:
        names, teacher, other = self.play.names(), *self.play.specialists[1:3]
        batch, values = self.open_by(teacher, names)
        stranger = Browser(self.login(other))
        for method, extra in (
            ("finish_batch", {"values": self.encoded(values)}),
            ("resume_batch", {}),
            ("run_here", {}),
        ):
            self.refused(stranger, method, batch=batch.name, **extra)
        self.refused(stranger, "discard_batch", batch=batch.name)
        self.assertEqual(stranger.get(f"{API}batch_status", batch=batch.name).status_code, 403)
        own = Browser(self.login(teacher))
        self.refused(own, "finish_batch", batch=batch.name, values=self.encoded(values[:-1]))
        self.refused(own, "finish_batch", batch=batch.name, values=["%%%"] * len(values))
        self.assertEqual(frappe.db.get_value(batches.DOCTYPE, batch.name, "status"), "Prepared")
        told = self.call(own, "finish_batch", batch=batch.name, values=self.encoded(values))
        self.assertEqual(told["status"], "Done")
        self.assertEqual(self.call(own, "finish_batch", batch=batch.name, values=self.encoded(values)), told)

    def test_values_that_come_too_late_sign_nothing(self) -> None:
        teacher = self.play.specialists[2]
        batch, values = self.open_by(teacher, self.play.names())
        frappe.db.set_value(batches.DOCTYPE, batch.name, "expires_at", add_to_date(now_datetime(), minutes=-1))
        frappe.db.commit()
        browser = Browser(self.login(teacher))
        self.refused(browser, "finish_batch", batch=batch.name, values=self.encoded(values))
        with own_queue():
            jobs.wake_silent()
            frappe.db.commit()
        closed = frappe.get_doc(batches.DOCTYPE, batch.name)
        self.assertEqual(closed.status, "Expired")
        self.assertTrue(closed.closed_reason)
        self.refused(browser, "finish_batch", batch=batch.name, values=self.encoded(values))
        self.assertEqual(signatures_of(batch.name), [])

    def test_a_batch_without_values_is_given_up_and_stays_on_record(self) -> None:
        teacher = self.play.specialists[3]
        batch, values = self.open_by(teacher, self.play.names())
        browser = Browser(self.login(teacher))
        self.call(browser, "discard_batch", batch=batch.name, reason="Quên USB token ở nhà")
        kept = frappe.get_doc(batches.DOCTYPE, batch.name)
        self.assertEqual((kept.status, kept.closed_reason), ("Discarded", "Quên USB token ở nhà"))
        self.assertEqual(len(kept.items), len(values))
        trail = {"reference_doctype": batches.DOCTYPE, "reference_name": batch.name}
        self.assertEqual(frappe.get_all(audit.DOCTYPE, trail, pluck="actor"), [self.login(teacher)])
        self.refused(browser, "finish_batch", batch=batch.name, values=self.encoded(values))
        self.refused(browser, "discard_batch", batch=batch.name)

    def test_certificate_withdrawn_meanwhile_signs_nothing(self) -> None:
        teacher = self.play.school_class.homeroom
        batch, values = self.open_by(teacher, self.play.names())
        frappe.db.set_value("HBS Certificate", batch.certificate, "status", "Withdrawn")
        frappe.db.commit()
        browser = Browser(self.login(teacher))
        try:
            self.refused(browser, "finish_batch", batch=batch.name, values=self.encoded(values))
        finally:
            frappe.db.set_value("HBS Certificate", batch.certificate, "status", "Approved")
            frappe.db.commit()
        self.assertEqual(signatures_of(batch.name), [])

    def test_wrong_pins_close_the_key_for_a_while_and_no_pin_is_written_down(self) -> None:
        teacher = self.play.school_class.homeroom
        values = {"stage": "gvbm", "names": self.play.names()[:1]}
        browser = Browser(self.login(teacher))
        pin = self.play.pin(teacher)
        for _attempt in range(keys.WRONG_PINS):
            self.assertIn("Sai mã PIN", self.refused(browser, "start", password=f"{pin}7", **values))
        self.refused(browser, "start", password=pin, **values)
        frappe.cache.hdel("login_failed_count", f"hbs-pin-{self.login(teacher)}")
        with patch("hocbaso_app.services.sign.add_values", side_effect=RuntimeError("out of order")):
            self.assertEqual(browser.post(f"{API}start", password=pin, **values).status_code, 500)
        save_to_db()  # errors wait in Redis first
        errors = [row.error for row in frappe.get_all("Error Log", ["error"], order_by="name")]
        told = [text for text in errors if "out of order" in text]
        self.assertTrue(told)
        self.assertIn("********", told[0])
        self.assertFalse([text for text in errors if pin in text])

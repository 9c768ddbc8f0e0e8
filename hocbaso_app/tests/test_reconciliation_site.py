"""Should, sent, received on a school's site, and what comes back after a restored backup on either side."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any, ClassVar
from unittest.mock import patch

import frappe
from frappe.desk import query_report
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.exchange import receipts
from hocbaso_app.exchange.sandbox.faults import Fault
from hocbaso_app.jobs import reconciliation as jobs
from hocbaso_app.services import correct, evidence, files, receipt, schedule, submit, tasks, trust
from hocbaso_app.services.reconciliation import recover, restore, run
from hocbaso_app.tests import test_recall_site as recall_site
from hocbaso_app.tests.backup import Backup
from hocbaso_app.tests.portal import City, running_city, work
from hocbaso_app.tests.test_exchange_site import rows
from hocbaso_app.tests.world import Play, acting_as, state

STAGES = ("read in", "entered", "homeroom", "released")


class ReconciliationCase(FrappeTestCase):
    """One class of two, released, with a backup of every stage on the way; each test begins after the release."""

    play: ClassVar[Play]
    names: ClassVar[list[str]]
    backups: ClassVar[dict[str, Backup]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.db.delete("HBS Submission")
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play = Play(pupils=2, grade=4)
        cls.backups = {"nothing": Backup()}
        cls.play.read_in()
        cls.backups["read in"] = Backup()
        cls.play.enter()
        cls.backups["entered"] = Backup()
        for step in (cls.play.confirm_and_initialise, cls.play.see, cls.play.sign_subjects, cls.play.sign_homeroom):
            step()
        cls.backups["homeroom"] = Backup()
        cls.play.sign_manager()
        cls.play.release()
        cls.backups["released"] = Backup()
        cls.names = cls.play.names()

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.db.savepoint("released")
        context = running_city(self.play)
        self.city: City = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.account = Backup()

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback(save_point="released")
        frappe.clear_document_cache("HBS Settings", "HBS Settings")

    def put_back(self, stage: str) -> None:
        """The school's database is from an earlier day; its account with the authority was entered again."""
        self.backups[stage].put_back()
        self.account.put_back(only="tabHBS Portal Account")
        self.account.put_back(only="tabHBS Certificate")

    @property
    def where(self) -> tuple[str, str]:
        """Unit and school year."""
        return self.play.world.unit, self.play.school.school_year

    def compared(self) -> Any:
        """A comparison as the night makes it."""
        return run.reconcile(*self.where)

    def recovered(self) -> Any:
        """The clerk's button."""
        return recover.recover(*self.where, self.play.clerk)

    def figures(self, doc: Any) -> list[int]:
        return [doc.should, doc.released, doc.sent, doc.received, doc.recalled]

    def states(self) -> list[str]:
        return [state(name) for name in self.play.names()]

    def receipts_are_right(self) -> None:
        """Every accepted record has a file whose receipt the authority sealed, and the desk shows what is in it."""
        for name in self.play.names():
            with acting_as(self.play.homeroom):
                shown = submit.receipt(name)
            self.assertEqual(shown["state"], "Acknowledged")
            doc = frappe.get_doc("HBS Record", name)
            self.assertEqual(shown["receipt"]["number"], doc.receipt_number)
            self.assertEqual(shown["receipt"]["link"], doc.lookup_link)
            self.assertTrue(all(row.signed_at for row in doc.slots))
        self.assertEqual([f.explanation for f in evidence.check_all()], [])

    def nothing_was_received_twice(self) -> None:
        held = self.city.portal.store.all("SELECT code, sha256 FROM record")
        self.assertEqual(len({row["code"] for row in held}), len(held))


class TestComparison(ReconciliationCase):
    """Figures, outcome, tasks, rights."""

    def test_from_the_release_to_the_receipt(self) -> None:
        doc = self.compared()
        self.assertEqual((doc.status, self.figures(doc)), ("Under Way", [2, 2, 0, 0, 0]))
        self.assertEqual([row.kind for row in doc.rows], ["Not sent", "Not sent"])
        work()
        doc = self.compared()
        self.assertEqual((doc.status, self.figures(doc), doc.rows), ("Equal", [2, 2, 2, 2, 0], []))
        (of_class,) = doc.classes
        self.assertEqual((of_class.class_label, of_class.should, of_class.received), (self.play.group, 2, 2))

    def test_while_the_school_is_at_work_figures_only(self) -> None:
        self.put_back("homeroom")
        doc = self.compared()
        self.assertEqual((doc.status, self.figures(doc)), ("Under Way", [2, 0, 0, 0, 0]))
        self.assertEqual((doc.rows, doc.differences, doc.unlisted), ([], 2, 2))

    def test_after_the_last_day_what_is_missing_is_a_difference(self) -> None:
        self.put_back("homeroom")
        with patch.object(schedule, "due", lambda *_args: frappe.utils.getdate("2020-05-31")):
            doc = self.compared()
        self.assertEqual((doc.status, [row.kind for row in doc.rows]), ("Different", ["Not released"] * 2))
        self.assertTrue(all(row.full_name and row.record for row in doc.rows))

    def test_a_pupil_without_record_is_missed(self) -> None:
        self.put_back("nothing")
        with patch.object(schedule, "due", lambda *_args: frappe.utils.getdate("2020-05-31")):
            doc = self.compared()
        self.assertEqual([row.kind for row in doc.rows], ["Not begun"] * 2)
        self.assertEqual(doc.should, 2)

    def test_differences_open_tasks_and_equality_closes_them(self) -> None:
        work()
        self.put_back("released")
        doc = self.compared()
        self.assertEqual((doc.status, [row.kind for row in doc.rows]), ("Different", ["Receipt missing"] * 2))
        again = self.compared()
        found = frappe.get_all(
            "ToDo", {"reference_type": run.DOCTYPE, "status": "Open"}, ["allocated_to", "reference_name"]
        )
        self.assertEqual({row.allocated_to for row in found}, {self.play.clerk, self.play.principal})
        self.assertEqual((len(found), {row.reference_name for row in found}), (2, {again.name}))
        self.assertEqual(self.recovered().status, "Equal")
        self.assertEqual(frappe.get_all("ToDo", {"reference_type": run.DOCTYPE, "status": "Open"}), [])

    def test_the_task_stands_among_the_clerks_work(self) -> None:
        work()
        self.put_back("released")
        doc = self.compared()
        with acting_as(self.play.clerk):
            (row,) = [row for row in tasks.for_user(self.play.clerk) if row["kind"] == "reconcile"]
            self.assertEqual((row["route"], row["pupils"]), (f"/app/hbs-reconciliation/{doc.name}", 2))
            self.assertTrue(tasks.sentence(row))
        self.assertFalse([row for row in tasks.for_user(self.play.homeroom) if row["kind"] == "reconcile"])

    def test_every_night_each_school_with_an_account(self) -> None:
        work()
        self.assertEqual(run.due(), [self.where])
        with patch.object(frappe, "enqueue") as put:
            self.assertEqual(jobs.nightly(), 1)
            asked = put.call_args
            frappe.db.set_single_value("HBS Settings", "connector_enabled", 0)
            self.assertEqual(jobs.nightly(), 0)
        frappe.db.set_single_value("HBS Settings", "connector_enabled", 1)
        names = ("unit", "school_year", "recovery", "asked_by")
        made = frappe.get_attr(asked.args[0])(**{name: asked.kwargs[name] for name in names})
        self.assertEqual(frappe.db.get_value(run.DOCTYPE, made, "status"), "Equal")

    def test_a_recovery_goes_on_while_it_changes_something(self) -> None:
        work()
        since = frappe.utils.add_to_date(None, hours=-1)
        self.city.portal.store.run("DELETE FROM record")
        self.city.fault(Fault.REFUSE, -1)
        self.assertEqual(self.compared().status, "Different")
        self.assertEqual(recover.unfinished(since), [])
        with patch.object(submit, "send_all", lambda: 0):
            doc = self.recovered()
        self.assertEqual((doc.status, doc.contradictions, recover.unfinished(since)), ("Under Way", 0, []))
        frappe.db.set_value("HBS Submission", rows()[0].name, "state", "Acknowledged")
        with patch.object(recover, "ROUNDS", 0):
            doc = self.recovered()
        self.assertEqual((doc.status, recover.unfinished(since)), ("Different", [self.where]))
        with patch.object(frappe, "enqueue") as put:
            self.assertEqual(jobs.go_on(), [self.where])
        self.assertTrue(put.call_args.kwargs["recovery"])
        with patch.object(recover, "ROUNDS", 0):
            self.recovered()
        self.assertEqual(recover.unfinished(since), [], "nothing changed: a person has to act")

    @patch("hocbaso_app.services.receiving.settings.is_on", lambda: False)
    def test_report_by_class(self) -> None:
        def run_report(user: str) -> list[Any]:
            with acting_as(user):
                return query_report.run("HBS Should Sent Received", {"unit": self.play.world.unit})["result"]

        (row,) = run_report(self.play.clerk)
        numbers = ("should", "released", "sent", "acknowledged", "received")
        self.assertEqual([row[n] for n in numbers], [2, 2, 0, 0, None])
        work()
        self.assertEqual(self.compared().status, "Equal")
        (row,) = run_report(self.play.principal)
        self.assertEqual([row[n] for n in numbers], [2, 2, 2, 2, 2])
        self.assertEqual((row["outcome"], row["student_group"]), ("Equal", self.play.group))
        with self.assertRaises(frappe.PermissionError):
            run_report(self.play.homeroom)

    def test_portal_without_our_extensions_is_asked_message_by_message(self) -> None:
        work()
        self.city.app.extensions.clear()
        doc = self.compared()
        self.assertEqual((doc.status, self.figures(doc)), ("Equal", [2, 2, 2, 2, 0]))
        self.assertEqual(doc.basis, "Answers to each message")
        self.city.portal.store.run("DELETE FROM outcome")
        self.assertEqual([row.kind for row in self.compared().rows], ["Unknown there"] * 2)

    def test_impossible_says_why_and_opens_nothing(self) -> None:
        frappe.db.set_single_value("HBS Settings", "portal_address", "http://127.0.0.1:9")
        doc = self.compared()
        self.assertEqual(doc.status, "Impossible")
        self.assertIn("kết nối", doc.reason)
        frappe.db.set_single_value("HBS Settings", "connector_enabled", 0)
        self.assertEqual(self.compared().status, "Impossible")
        self.assertEqual(frappe.get_all("ToDo", {"reference_type": run.DOCTYPE}), [])

    def test_the_log_keeps_no_record_and_no_pupil(self) -> None:
        work()
        self.put_back("released")
        self.assertEqual(self.recovered().status, "Equal")
        entries = frappe.get_all("HBS Exchange Log", {"url": ("like", "%/mo-rong/%")}, ["request_body", "answer_body"])
        self.assertTrue(any("tai-lai" in str(e) or "noi_dung" in (e.answer_body or "") for e in entries))
        doc = frappe.get_doc("HBS Record", self.names[0])
        content = frappe.db.get_value(files.DOCTYPE, doc.current_version, "content")
        for entry in entries:
            text = f"{entry.request_body} {entry.answer_body}"
            for secret in (doc.pupil_code, doc.full_name, content[:60]):
                self.assertNotIn(secret, text)

    def test_only_clerk_and_principal_ask_and_nobody_edits(self) -> None:
        for user in (self.play.clerk, self.play.principal):
            with acting_as(user):
                recover.require(self.play.world.unit)
        with acting_as(self.play.homeroom), self.assertRaises(NotYoursError):
            recover.require(self.play.world.unit)
        doc = self.compared()
        with acting_as(self.play.principal):
            self.assertTrue(frappe.has_permission(doc.doctype, "read", doc.name))
        with acting_as(self.play.homeroom):
            self.assertFalse(frappe.has_permission(doc.doctype, "read", doc.name))
        doc.received = 7
        for action in (doc.save, doc.delete, lambda: doc.db_set("received", 7)):
            with self.assertRaises(frappe.ValidationError):
                action()


class TestReceipts(ReconciliationCase):
    """The receipt beside the file: checked every night, handed out as a file, its link as QR."""

    def setUp(self) -> None:
        super().setUp()
        work()

    def test_receipt_as_a_file_for_who_may_read_the_record(self) -> None:
        with acting_as(self.play.homeroom):
            data, name = receipt.file(self.names[0])
        row = rows("receipt_number")[0]
        self.assertEqual(name, f"bien-nhan-{row.receipt_number}.cose")
        self.assertEqual(receipts.read(data, trust.store()).number, row.receipt_number)
        with acting_as("Guest"), self.assertRaises(frappe.PermissionError):
            receipt.file(self.names[0])
        frappe.db.set_value("HBS Submission", row.name, "receipt", rows("receipt")[1].receipt)
        with self.assertRaises(frappe.ValidationError):
            receipt.file(self.names[0])

    def test_the_night_finds_a_receipt_that_proves_nothing(self) -> None:
        self.assertEqual(list(receipt.wrong()), [])
        first, second = rows("receipt", "receipt_number")
        for values in (
            {"receipt": second.receipt},
            {"receipt": second.receipt, "receipt_number": second.receipt_number},
            {"receipt": "AAAA"},
            {"receipt": None},
            {"receipt_number": "HP-2020-0000009"},
        ):
            frappe.db.savepoint("unharmed")
            frappe.db.set_value("HBS Submission", first.name, values)
            (found,) = [f for f in evidence.check_all() if f.kind == "Receipt wrong"]
            self.assertEqual((found.name, found.unit), (first.name, self.play.world.unit))
            self.assertTrue(evidence.note(found))
            frappe.db.rollback(save_point="unharmed")

    def test_the_link_is_printed_as_qr_once_there_is_a_receipt(self) -> None:
        from hocbaso_app.services import prints

        doc = frappe.get_doc("HBS Record", self.names[0])
        with acting_as(self.play.homeroom):
            shown = submit.receipt(doc.name)
        self.assertIn("<svg", shown["qr"])
        self.assertEqual(receipt.link(doc.current_version), doc.lookup_link)
        with acting_as(self.play.homeroom), patch("hocbaso_app.print_formats.html.qr.svg") as drawn:
            drawn.side_effect = lambda text, **more: f"<svg>{text}</svg>"
            made = prints.pdf(doc)
        self.assertTrue(made.data.startswith(b"%PDF"))
        self.assertEqual(drawn.call_args_list[0].args, (doc.lookup_link,))


class TestSchoolRestored(ReconciliationCase):
    """The school's database is older than what the authority holds."""

    def setUp(self) -> None:
        super().setUp()
        work()
        self.assertEqual(self.states(), ["Accepted"] * 2)
        self.before = rows("record_code", "receipt_number", "receipt")
        self.bytes = [files.load(frappe.db.get_value("HBS Record", n, "current_version"))[1].data for n in self.names]

    def after_recovery(self, kinds: list[str]) -> None:
        """Everything is as it was, octet by octet, and the authority was sent nothing."""
        outcomes, doc = self.city.outcomes(), self.compared()
        self.assertEqual((doc.status, sorted(row.kind for row in doc.rows)), ("Different", kinds))
        doc = self.recovered()
        self.assertEqual((doc.status, self.figures(doc)), ("Equal", [2, 2, 2, 2, 0]), [r.advice for r in doc.rows])
        self.assertEqual(self.states(), ["Accepted"] * 2)
        found = rows("record_code", "receipt_number", "receipt")
        self.assertEqual({r.record_code: r.receipt for r in found}, {r.record_code: r.receipt for r in self.before})
        kept = [frappe.db.get_value("HBS Record", n, "current_version") for n in self.play.names()]
        self.assertEqual(sorted(files.load(n)[1].data for n in kept), sorted(self.bytes))
        self.assertEqual({frappe.db.get_value(files.DOCTYPE, n, "status") for n in kept}, {"Released"})
        self.assertEqual(self.city.outcomes(), outcomes)
        self.receipts_are_right()
        again = self.recovered()
        self.assertEqual((again.status, len(rows())), ("Equal", 2))

    def test_backup_from_before_the_receipts(self) -> None:
        self.put_back("released")
        self.after_recovery(["Receipt missing"] * 2)

    def test_backup_from_before_the_manager_signed(self) -> None:
        self.put_back("homeroom")
        working = [frappe.db.get_value("HBS Record", n, "current_version") for n in self.play.names()]
        self.after_recovery(["Older here"] * 2)
        self.assertEqual({frappe.db.get_value(files.DOCTYPE, n, "status") for n in working}, {"Superseded"})

    def test_backup_from_before_the_files(self) -> None:
        self.put_back("entered")
        self.after_recovery(["Unknown here"] * 2)

    def test_backup_without_a_single_record(self) -> None:
        self.put_back("nothing")
        self.assertEqual(self.play.names(), [])
        self.after_recovery(["Unknown here"] * 2)

    def test_a_pupil_who_is_not_there_is_asked_for(self) -> None:
        self.put_back("nothing")
        student = frappe.get_all("Student Group Student", {"parent": self.play.group}, pluck="student", order_by="idx")[
            0
        ]
        code = frappe.db.get_value("Student", student, "hbs_pupil_code")
        frappe.db.set_value("Student", student, "hbs_pupil_code", "9999999999")
        doc = self.recovered()
        (row,) = [row for row in doc.rows if row.kind == "Unknown here"]
        self.assertIn(code, row.advice)
        self.assertEqual((doc.status, doc.received, len(self.play.names())), ("Different", 2, 1))
        frappe.db.set_value("Student", student, "hbs_pupil_code", code)
        self.assertEqual(self.recovered().status, "Equal")

    def test_cut_off_in_the_middle_it_goes_on(self) -> None:
        self.put_back("entered")
        real, calls = restore.bring_back, []

        def killed(*arguments: Any) -> str:
            calls.append(arguments)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(*arguments)

        with patch.object(restore, "bring_back", killed), self.assertRaises(KeyboardInterrupt):
            self.recovered()
        frappe.db.rollback()
        self.assertEqual(sorted(self.states()), ["Accepted", "Draft"])
        self.assertEqual(self.recovered().status, "Equal")
        self.receipts_are_right()

    def test_what_does_not_verify_is_not_taken(self) -> None:
        self.put_back("entered")
        code = self.before[0].record_code
        other = self.city.portal.store.one("SELECT data FROM record WHERE code = ?", self.before[1].record_code)
        store = self.city.portal.store
        row = store.one("SELECT data, receipt FROM record WHERE code = ?", code)
        assert other and row
        damaged = bytes(row["data"]).replace("Giữ".encode(), "Gưĩ".encode(), 1) + b" "
        for data, token in ((damaged, row["receipt"]), (other["data"], row["receipt"]), (row["data"], b"x")):
            store.run("UPDATE record SET data = ?, receipt = ? WHERE code = ?", data, token, code)
            doc = self.recovered()
            self.assertEqual((doc.status, len([r for r in doc.rows if r.record_code == code])), ("Different", 1))
            self.assertEqual(sorted(self.states()), ["Accepted", "Draft"])
        store.run("UPDATE record SET data = ?, receipt = ? WHERE code = ?", row["data"], row["receipt"], code)
        self.assertEqual(self.recovered().status, "Equal")

    def test_what_was_begun_anew_and_signed_is_a_persons_decision(self) -> None:
        self.put_back("entered")
        play = self.play
        for step in (play.confirm_and_initialise, play.see, play.sign_subjects):
            step()
        doc = self.recovered()
        found = [row for row in doc.rows if row.kind == "Unknown here"]
        self.assertEqual(len(found), 2)
        self.assertIn("trả lại", found[0].advice.lower())
        self.assertEqual(set(self.states()), {"Homeroom Signing"})
        from hocbaso_app.services import check

        with acting_as(play.principal):
            for name in play.names():
                check.return_record(name, "Đã có bản phát hành ở cơ quan tiếp nhận")
        doc = self.recovered()
        self.assertEqual((doc.status, self.states()), ("Equal", ["Accepted"] * 2), [r.advice for r in doc.rows])
        self.receipts_are_right()


class TestAuthorityRestored(ReconciliationCase):
    """The authority's books are older than the school's receipts."""

    def setUp(self) -> None:
        super().setUp()
        work()
        self.before = rows("record_code", "receipt_number", "receipt")

    def lose(self, *codes: str) -> None:
        """The authority has nothing of these records and of their messages."""
        for code in codes:
            self.city.portal.store.run("DELETE FROM record WHERE code = ?", code)
        self.city.portal.store.run("DELETE FROM outcome")
        self.city.portal.store.run("DELETE FROM message")

    def later(self) -> None:
        """The authority's clock goes on, so that another receipt is another one."""
        now = self.city.portal.office.clock
        self.city.portal.office.clock = lambda: now() + timedelta(minutes=4)

    def test_what_it_lost_goes_out_again_with_the_earlier_receipt_kept(self) -> None:
        self.lose(*[row.record_code for row in self.before])
        self.later()
        doc = self.compared()
        self.assertEqual((doc.status, [row.kind for row in doc.rows]), ("Different", ["Unknown there"] * 2))
        self.assertEqual(self.figures(doc), [2, 2, 2, 0, 0])
        doc = self.recovered()
        self.assertEqual((doc.status, self.figures(doc)), ("Equal", [2, 2, 2, 2, 0]), [r.advice for r in doc.rows])
        self.assertEqual(self.states(), ["Accepted"] * 2)
        self.assertEqual(sorted(self.city.held()), sorted(row.record_code for row in self.before))
        for row, old in zip(rows("receipt", "earlier_receipts"), self.before, strict=True):
            self.assertNotEqual(row.receipt, old.receipt)
            (kept,) = json.loads(row.earlier_receipts)
            self.assertEqual((kept["receipt"], kept["number"]), (old.receipt, old.receipt_number))
            self.assertEqual(receipts.read(base64.b64decode(kept["receipt"]), trust.store()).number, old.receipt_number)
        told = frappe.get_all("HBS Audit Entry", {"action": "lost there"}, order_by="name")
        self.assertEqual(len(told), 2)
        self.receipts_are_right()
        self.nothing_was_received_twice()

    def test_one_of_two_and_the_other_is_left_alone(self) -> None:
        kept, lost = self.before
        self.lose(lost.record_code)
        self.assertEqual(self.recovered().status, "Equal")
        found = {row.record_code: row for row in rows("record_code", "receipt", "earlier_receipts")}
        self.assertEqual(
            (found[kept.record_code].receipt, found[kept.record_code].earlier_receipts), (kept.receipt, None)
        )

    def test_cut_off_before_sending_it_goes_on(self) -> None:
        self.lose(*[row.record_code for row in self.before])
        with patch.object(submit, "send_all", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.recovered()
        self.assertEqual(self.states(), ["Released"] * 2)
        work()
        self.assertEqual(self.states(), ["Accepted"] * 2)
        self.assertEqual(self.compared().status, "Equal")
        self.receipts_are_right()

    def test_another_receipt_is_fetched_and_the_earlier_one_kept(self) -> None:
        other = Backup()
        self.lose(*[row.record_code for row in self.before])
        self.later()
        books = self.city.portal.office.books
        numbers = books.next_numbers
        with patch.object(books, "next_numbers", lambda count: [n + 100 for n in numbers(count)]):
            self.assertEqual(self.recovered().status, "Equal")
        other.put_back()  # the school again as it was, with the first receipts
        doc = self.compared()
        self.assertEqual([row.kind for row in doc.rows], ["Other receipt"] * 2)
        self.assertEqual(self.recovered().status, "Equal")
        for row, old in zip(rows("earlier_receipts", "receipt"), self.before, strict=True):
            self.assertEqual([kept["receipt"] for kept in json.loads(row.earlier_receipts)], [old.receipt])
            self.assertNotEqual(row.receipt, old.receipt)
        self.receipts_are_right()

    def test_what_neither_has_is_listed(self) -> None:
        lost = self.before[0]
        self.lose(lost.record_code)
        version = frappe.db.get_value("HBS Submission", lost.name, "version")
        frappe.db.delete("HBS Record Version", version)
        frappe.db.set_value("HBS Record", lost.record, {"current_version": None, "state": "Draft", "record_code": None})
        doc = self.recovered()
        (row,) = [row for row in doc.rows if row.kind == "Lost on both sides"]
        self.assertEqual((row.record_code, doc.status), (lost.record_code, "Different"))
        self.assertIn(lost.name, row.sentence)


class TestRecallsRestored(ReconciliationCase):
    """A record was recalled, corrected and accepted again; then one side is put back."""

    request = recall_site.TestRecall.request
    sent = recall_site.TestRecall.sent
    approve = recall_site.TestRecall.approve
    initialised = recall_site.TestRecall.initialised
    sign_again = recall_site.TestRecall.sign_again

    def setUp(self) -> None:
        super().setUp()
        work()
        self.accepted = Backup()
        self.first = frappe.get_doc("HBS Record", self.names[0])

    def recall(self) -> None:
        """Approved, and the school knows."""
        self.approve(self.sent([self.names[0]]), [self.first.record_code])
        self.assertEqual(self.states(), ["Draft", "Accepted"])

    def correct(self) -> None:
        """The next issue, accepted."""
        name, teacher = self.names[0], self.play.school_class.teachers["01"]
        with acting_as(self.play.world.user_of(teacher)):
            doc = frappe.get_doc("HBS Record", name)
            next(row for row in doc.results if row.subject_code == "01").remark = "Em tính nhanh, cẩn thận hơn trước."
            doc.save()
            self.assertTrue(correct.impact(name)["must_sign"])
        self.assertEqual(self.initialised(name), [])
        self.sign_again(name, teacher)
        work()
        self.assertEqual(self.states(), ["Accepted"] * 2)
        self.second = frappe.get_doc("HBS Record", name)
        self.assertNotEqual(self.second.record_code, self.first.record_code)

    def test_recall_and_successor_are_equal_on_both_sides(self) -> None:
        self.recall()
        doc = self.compared()
        self.assertEqual((doc.status, self.figures(doc)), ("Under Way", [2, 1, 1, 1, 1]))
        self.correct()
        doc = self.compared()
        self.assertEqual((doc.status, self.figures(doc)), ("Equal", [2, 2, 2, 2, 1]))
        self.receipts_are_right()

    def test_school_that_lost_the_recall_takes_it_from_the_list(self) -> None:
        self.recall()
        self.accepted.put_back()
        doc = self.compared()
        self.assertEqual([row.kind for row in doc.rows], ["Recalled there only"])
        self.assertEqual(self.states(), ["Accepted"] * 2)
        doc = self.recovered()
        self.assertEqual((doc.status, self.figures(doc)), ("Under Way", [2, 1, 1, 1, 1]), [r.advice for r in doc.rows])
        self.assertEqual(self.states(), ["Draft", "Accepted"])
        record = frappe.get_doc("HBS Record", self.names[0])
        self.assertEqual((record.replaces_code, record.issue_number), (self.first.record_code, 2))
        self.assertEqual(frappe.db.get_value(files.DOCTYPE, record.current_version, "status"), "Recalled")
        self.assertEqual([f.explanation for f in evidence.check_all()], [])
        self.correct()
        self.assertEqual(self.compared().status, "Equal")

    def test_school_that_lost_recall_and_successor_gets_both(self) -> None:
        self.recall()
        self.correct()
        for backup in (self.accepted, self.backups["entered"]):
            backup.put_back()
            self.account.put_back(only="tabHBS Portal Account")
            self.account.put_back(only="tabHBS Certificate")
            doc = self.recovered()
            said = [(row.kind, row.advice) for row in doc.rows]
            self.assertEqual((doc.status, self.figures(doc)), ("Equal", [2, 2, 2, 2, 1]), said)
            self.assertEqual(self.states(), ["Accepted"] * 2)
            record = frappe.get_doc("HBS Record", {"record_code": self.second.record_code})
            self.assertEqual((record.issue_number, record.replaces_code), (2, self.first.record_code))
            old = frappe.get_doc(files.DOCTYPE, {"record_code": self.first.record_code, "status": "Recalled"})
            self.assertEqual(old.record, record.name)
            self.receipts_are_right()

    def test_authority_that_lost_the_recall_gets_its_own_list_back(self) -> None:
        self.recall()
        self.city.portal.store.run("UPDATE record SET recalled_at = NULL")
        self.city.portal.store.run("DELETE FROM recall")
        doc = self.compared()
        self.assertEqual([row.kind for row in doc.rows], ["Recalled here only"])
        self.assertEqual(self.recovered().status, "Under Way")
        self.assertEqual(self.city.portal.look_up(self.first.record_code)["status"], "recalled")

    def test_authority_that_lost_everything_gets_it_in_the_right_order(self) -> None:
        self.recall()
        self.correct()
        for table in ("outcome", "recall", "record", "message"):
            self.city.portal.store.run(f"DELETE FROM {table}")
        doc = self.recovered()
        said = [(row.kind, row.advice) for row in doc.rows]
        self.assertEqual((doc.status, self.figures(doc)), ("Equal", [2, 2, 2, 2, 1]), said)
        self.assertEqual(self.city.portal.look_up(self.first.record_code)["status"], "recalled")
        self.assertEqual(self.city.portal.look_up(self.first.record_code)["replaced_by"], self.second.record_code)
        self.assertEqual(self.states(), ["Accepted"] * 2)
        self.receipts_are_right()

    def test_a_recall_request_that_the_authority_lost_goes_out_again(self) -> None:
        request = self.sent([self.names[0]])
        self.city.portal.store.run("DELETE FROM recall")
        self.city.portal.store.run("DELETE FROM outcome")
        self.city.portal.store.run("DELETE FROM message")
        self.assertEqual(self.recovered().status, "Equal")
        request.reload()
        self.assertEqual(request.status, "Sent")
        self.city.decide(request.message_id, self.first.record_code, approve=True)
        work()
        self.assertEqual(self.states(), ["Draft", "Accepted"])

    def test_a_recall_without_proof_is_asked_for_again(self) -> None:
        self.recall()
        frappe.db.sql("update `tabHBS Recall Request` set status_list = null")
        self.city.portal.store.run("UPDATE record SET recalled_at = NULL")
        doc = self.recovered()
        (row,) = doc.rows
        self.assertEqual((row.kind, doc.status), ("Recalled here only", "Different"))
        self.assertIn("Hiệu trưởng", row.advice)

"""A school and a real receiving site: equal figures on both sides, and either of them put back to an older backup."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import frappe
from frappe.desk import query_report

from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.reconciliation.messages import ask_back, ask_inventory
from hocbaso_app.services import convert, rows, unit_progress
from hocbaso_app.services.receiving.books import SiteBooks
from hocbaso_app.services.reconciliation import recover, run
from hocbaso_app.tests.authority import Authority, running_authority
from hocbaso_app.tests.backup import AUTHORITY, SCHOOL, Backup
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.portal import no_jobs
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school
from hocbaso_app.tests.world import Play, acting_as, state

COLUMNS = ["name", "sha256", "receipt_number", "receipt", "status", "replaced_by", "received_at"]


class TestWithAuthority(CommittedTestCase):
    """Three released records; every test begins with all of them received."""

    play: Play
    city: Authority
    names: list[str]
    received: Backup
    released: Backup
    entered: Backup

    @classmethod
    def make_world(cls) -> None:
        with no_jobs():
            cls.play = Play(pupils=3, grade=4)
            cls.play.until("entered")
            cls.entered = Backup()
            cls.play.confirm_and_initialise()
            for step in (cls.play.see, cls.play.sign_subjects, cls.play.sign_homeroom, cls.play.sign_manager):
                step()
            cls.play.release()
            cls.names = cls.play.names()
        cls.released = Backup()
        other_school()
        frappe.db.commit()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.city = stack.enter_context(running_authority(cls.play))
        cls.city.exchange()
        cls.received = Backup()

    def setUp(self) -> None:
        frappe.set_user("Administrator")
        self.received.put_back(only=(*SCHOOL, *AUTHORITY))
        frappe.db.commit()
        self.assertEqual({state(name) for name in self.names}, {"Accepted"})

    def put_back(self, backup: Backup, side: tuple[str, ...]) -> None:
        """One side's database is from an earlier day."""
        backup.put_back(only=side)
        frappe.db.commit()

    def books(self) -> list[Any]:
        """What the authority holds."""
        frappe.db.commit()
        return list(frappe.get_all("HBS Received Record", fields=COLUMNS, order_by="name"))

    def compared(self) -> Any:
        """As the night does it."""
        doc = run.reconcile(self.city.unit, self.play.school.school_year)
        frappe.db.commit()
        return doc

    def recovered(self) -> Any:
        """The button, the authority's workers, and the button again."""
        where = (self.city.unit, self.play.school.school_year, self.play.clerk)
        recover.recover(*where)
        frappe.db.commit()
        self.city.settle()
        doc = recover.recover(*where)
        frappe.db.commit()
        return doc

    def assert_equal(self, doc: Any, figures: list[int]) -> None:
        said = [(row.kind, row.record_code, row.advice) for row in doc.rows]
        found = [doc.should, doc.released, doc.sent, doc.received, doc.recalled]
        wrong = [row.error for row in self.city.messages() if row.error]
        self.assertEqual((doc.status, found), ("Equal", figures), (said, doc.reason, wrong))

    def report(self) -> dict[str, list[int]]:
        """School → should, sent, received, as an officer of the authority sees it."""
        with acting_as(self.city.officer):
            found = query_report.run("HBS Should Sent Received", {})["result"]
        return {row["unit"]: [row["should"], row["sent"], row["received"]] for row in found}

    @requirement("Y094")
    def test_received_is_what_was_sent_school_by_school(self) -> None:
        there = {"doctype": unit_progress.DOCTYPE, "source": unit_progress.REPORTED, "as_of": frappe.utils.now()}
        there |= {"unit": OTHER, "academic_year": self.play.school.school_year, "student_group": "5A"}
        rows.insert(  # what that school's own site reports
            unit_progress.DOCTYPE,
            [frappe._dict(**there, state="Accepted", count=2), frappe._dict(**there, state="Released", count=1)],
        )
        frappe.db.commit()
        self.assertEqual(self.report(), {self.city.unit: [3, 3, 3], OTHER: [3, 2, 0]})
        self.assertEqual(len(self.books()), 3)
        self.put_back(self.released, (*SCHOOL, *AUTHORITY))
        self.assertEqual(self.report()[self.city.unit], [3, 0, 0])
        self.city.school_sends()
        self.assertEqual(self.report()[self.city.unit], [3, 3, 0])
        self.city.settle()
        self.assertEqual(self.report()[self.city.unit], [3, 3, 3])

    def test_figures_of_both_sides_are_equal(self) -> None:
        self.assert_equal(self.compared(), [3, 3, 3, 3, 0])
        sent = frappe.get_all("HBS Submission", {"state": "Acknowledged"}, ["record_code", "receipt_number"])
        self.assertEqual(
            {(row.record_code, row.receipt_number) for row in sent},
            {(row.name, row.receipt_number) for row in self.books()},
        )

    def test_another_school_gets_nothing(self) -> None:
        from hocbaso_app.setup.demo.authority import make_login

        make_login(OTHER, "truong-khac", "mat-khau-cua-truong-khac")
        frappe.db.commit()
        account = {"user_name": "truong-khac", "password": "mat-khau-cua-truong-khac", "unit_code": OTHER}
        client, year = self.city.client(**account), self.play.school.school_year
        self.assertEqual(ask_inventory(client, OTHER, year), [])
        code = self.books()[0].name
        for unit in (OTHER, self.city.unit):
            with self.assertRaises(RefusedError):
                ask_back(client, unit, code)
        with self.assertRaises(RefusedError):
            ask_inventory(client, self.city.unit, year)

    def test_authority_put_back_gets_the_same_files_again(self) -> None:
        before = self.books()
        self.put_back(self.released, AUTHORITY)
        self.assertEqual(self.books(), [])
        doc = self.compared()
        self.assertEqual((doc.status, {row.kind for row in doc.rows}), ("Different", {"Unknown there"}))
        self.assert_equal(self.recovered(), [3, 3, 3, 3, 0])
        after = self.books()
        self.assertEqual([(r.name, r.sha256) for r in after], [(r.name, r.sha256) for r in before])
        self.assertFalse({r.receipt_number for r in after} & {r.receipt_number for r in before})
        found = frappe.get_all("HBS Submission", fields=["record_code", "receipt", "earlier_receipts"])
        old = {r.name: r.receipt for r in before}
        self.assertTrue(all(old[row.record_code] in row.earlier_receipts for row in found))
        self.assertEqual({state(name) for name in self.names}, {"Accepted"})

    def test_school_put_back_gets_its_files_and_sends_nothing(self) -> None:
        before, messages = self.books(), len(self.city.messages())
        for backup in (self.released, self.entered):
            self.put_back(backup, SCHOOL)
            self.assert_equal(self.recovered(), [3, 3, 3, 3, 0])
            self.assertEqual({state(name) for name in self.play.names()}, {"Accepted"})
            found = frappe.get_all("HBS Submission", fields=["record_code", "receipt"])
            self.assertEqual({r.record_code: r.receipt for r in found}, {r.name: r.receipt for r in before})
        self.assertEqual((self.books(), len(self.city.messages())), (before, messages))
        told = frappe.get_all("HBS Audit Entry", {"action": "given back"}, pluck="reference_name")
        self.assertEqual(set(told), {r.name for r in before})

    def test_recalls_lost_on_either_side(self) -> None:
        code = frappe.db.get_value("HBS Record", self.names[0], "record_code")
        books = SiteBooks()
        with books.transaction():
            books.recall(code, convert.instant(frappe.utils.now_datetime().replace(microsecond=0)))
        self.assertEqual([row.kind for row in self.compared().rows], ["Recalled there only"])
        doc = self.recovered()
        self.assertEqual((doc.status, doc.recalled, state(self.names[0])), ("Under Way", 1, "Draft"))
        self.put_back(self.received, AUTHORITY)
        self.assertEqual([row.kind for row in self.compared().rows], ["Recalled here only"])
        doc = self.recovered()
        self.assertEqual((doc.status, doc.recalled), ("Under Way", 1))
        self.assertEqual(frappe.db.get_value("HBS Received Record", code, "status"), "Recalled")

    def test_both_sides_put_back_to_different_days(self) -> None:
        lost = self.books()[1].name
        self.put_back(self.entered, SCHOOL)
        frappe.db.delete("HBS Received Record", {"name": lost})
        frappe.db.commit()
        doc = self.recovered()
        self.assertEqual((doc.status, doc.should, doc.received), ("Under Way", 3, 2))
        self.assertEqual(sorted(state(name) for name in self.play.names()), ["Accepted", "Accepted", "Draft"])
        with acting_as(self.play.clerk):
            self.assertEqual(frappe.get_doc(doc.doctype, doc.name).unlisted, 1)

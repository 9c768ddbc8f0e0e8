"""How many statements a step sends to the database for one more record: a ceiling for each, counted by MariaDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.services import audit, check, files, initialise, rows, sign
from hocbaso_app.setup.demo.entry import teachers_of
from hocbaso_app.tests.world import Play, acting_as, state

FEW, MANY = 2, 6


def statements(step: Callable[[], Any]) -> int:
    """Sent by this connection while the step runs."""
    query = "show session status like 'Questions'"
    before = int(frappe.db.sql(query)[0][1])
    step()
    return int(frappe.db.sql(query)[0][1]) - before - 1


class TestStatements(FrappeTestCase):
    """A class of eight, taken as two and six: the difference is what four more records cost."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=FEW + MANY, grade=4)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    def assert_each(self, limit: float, step: Callable[[list[str]], Any]) -> None:
        """One more record costs at most ``limit`` statements."""
        names = self.play.names()
        few, many = statements(lambda: step(names[:FEW])), statements(lambda: step(names[FEW:]))
        self.assertLessEqual((many - few) / (MANY - FEW), limit, f"{few} for {FEW} records, {many} for {MANY}")

    def test_each_step_stays_below_its_ceiling(self) -> None:
        self.play.until("entered")
        self.play.confirm()
        with acting_as(self.play.clerk):
            self.assert_each(2, initialise.initialise_all)
        for person in teachers_of(self.play.school_class):
            with acting_as(self.play.world.user_of(person)):
                self.assert_each(2, check.seen)
        for person in teachers_of(self.play.school_class):
            with acting_as(self.play.world.user_of(person)):
                self.assert_each(5, self._signer("gvbm", self.play.pin(person)))
        homeroom = self.play.school_class.homeroom
        with acting_as(self.play.homeroom):
            self.assert_each(5, self._signer("gvcn", self.play.pin(homeroom)))
        with acting_as(self.play.principal):
            self.assert_each(5, self._signer("cbql", self.play.pin(self.play.school.principal)))
        with acting_as(self.play.clerk):
            self.assert_each(8, self._signer("release", self.play.world.pins[self.play.school.code]))
        self.assertEqual({state(name) for name in self.play.names()}, {"Released"})
        self.assertEqual(audit.broken_entries(), [])
        self.assertEqual(files.changed_files(), [])

    def _signer(self, stage: str, pin: str) -> Callable[[list[str]], Any]:
        return lambda names: sign.sign(stage, names, pin)


class TestRows(FrappeTestCase):
    """Reading and writing by the table."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=1, grade=1)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    def test_only_what_changed_is_written_and_the_form_notices(self) -> None:
        name = self.play.until("draft")[0]
        opened = frappe.get_doc("HBS Record", name)
        (doc,) = rows.load("HBS Record", [name])
        doc.results[0].remark = "Em tiến bộ rõ."
        sent = statements(lambda: rows.write([doc]))
        self.assertEqual(sent, 2)
        again = frappe.get_doc("HBS Record", name)
        self.assertEqual(again.results[0].remark, "Em tiến bộ rõ.")
        self.assertEqual(again.results[1].as_dict(), opened.results[1].as_dict())
        with acting_as(self.play.homeroom), self.assertRaises(frappe.TimestampMismatchError):
            opened.homeroom_remark = "Chậm một bước."
            opened.save()

    def test_loaded_record_is_the_one_that_frappe_loads(self) -> None:
        name = self.play.until("initialised")[0]
        (loaded,) = rows.load("HBS Record", [name])
        self.assertEqual(loaded.as_dict(), frappe.get_doc("HBS Record", name).as_dict())

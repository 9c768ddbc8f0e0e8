"""The lock of a school year: the board proposes, the principal decides and signs, only a recall opens a record."""

from __future__ import annotations

import base64
from typing import Any
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, LockedError, NotYoursError
from hocbaso_app.exchange import year_lock as statements
from hocbaso_app.services import check, initialise, keys, sign, submit
from hocbaso_app.services.locks import points, tickets, windows, year_lock
from hocbaso_app.setup.demo.entry import teachers_of
from hocbaso_app.tests.locked import Staged
from hocbaso_app.tests.portal import running_city, work
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import acting_as, state

DECISION = "45/QĐ-THHP"


class YearCase(FrappeTestCase):
    """A class with a pupil at every stage."""

    MORE = 0

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.staged = Staged(more=self.MORE)
        self.play = self.staged.play
        self.unit, self.year = self.play.world.unit, self.play.school.school_year
        self.pin = self.play.pin(self.play.school.principal)
        self.addCleanup(windows.forget)
        self.addCleanup(frappe.db.rollback)
        self.addCleanup(frappe.set_user, "Administrator")

    def propose(self, user: str | None = None) -> Any:
        """The secretary of the board (the clerk)."""
        with acting_as(user or self.play.clerk):
            values = {"unit": self.unit, "academic_year": self.year, "minutes_number": "07/BB-BQT"}
            return frappe.get_doc({"doctype": year_lock.DOCTYPE, **values}).insert()

    def decide(self, doc: Any, reason: str = "Hai em chuyển trường, lập sau") -> None:
        """The principal, with his PIN."""
        with acting_as(self.play.principal):
            year_lock.decide(doc.name, DECISION, reason, self.pin)
        doc.reload()


class TestProposal(YearCase):
    """What the check list shows, who decides, what is signed."""

    def names(self, doc: Any) -> dict[str, list[str]]:
        """Point → names behind it."""
        return {row.point: (row.names or "").split("\n") if row.names else [] for row in doc.points}

    def said(self, *stages: str) -> list[str]:
        """Pupils waiting there, as the list names them."""
        of = [self.staged.names[stage] for stage in stages]
        return [f"{frappe.db.get_value('HBS Record', name, 'full_name')} ({self.play.group})" for name in of]

    @requirement("Y101")
    def test_open_points_are_shown_by_name_and_the_principal_decides_with_reason(self) -> None:
        student = frappe.db.get_value("HBS Record", self.staged.names["entered"], "student")
        doc = self.propose()
        found = self.names(doc)
        waiting = ("entered", "initialised", "checked", "homeroom", "manager")
        self.assertEqual(found[points.UNSIGNED], self.said(*waiting))
        self.assertEqual(found[points.UNRELEASED], self.said("release"))
        self.assertEqual(found[points.UNSENT], self.said("released"))
        self.assertEqual(found[points.MISSING], [])
        self.assertEqual(doc.open_points, 3)
        frappe.db.sql("delete from `tabHBS Record` where name = %s", self.staged.names["entered"])
        with acting_as(self.play.principal):
            year_lock.count_again(doc.name)
            doc.reload()
            pupil = frappe.db.get_value("Student", student, "student_name")
            self.assertEqual(self.names(doc)[points.MISSING], [f"{pupil} ({self.play.group})"])
            with self.assertRaises(HbsError):
                year_lock.decide(doc.name, DECISION, " ", self.pin)
            with self.assertRaises(HbsError):
                year_lock.decide(doc.name, "", "Vì sao", self.pin)
            with self.assertRaises(HbsError):
                year_lock.decide(doc.name, DECISION, "Vì sao", "000000")
        self.assertEqual(frappe.db.get_value(year_lock.DOCTYPE, doc.name, "status"), "Proposed")
        self.decide(doc, "Ba em đi nước ngoài chưa về")
        self.assertEqual((doc.status, doc.decided_by, doc.reason),
                         ("Decided", self.play.principal, "Ba em đi nước ngoài chưa về"))  # fmt: skip
        decision = year_lock.verified(doc.name)["decision"]
        self.assertEqual(decision["citizen_id"], self.play.school.principal.citizen_id)
        self.assertEqual(decision["points"], {row.point: row.count for row in doc.points})
        self.assertEqual((decision["reason"], decision["school_year"]), (doc.reason, self.year))
        self.assertEqual(decision["records"], 1)

    def test_who_proposes_and_who_decides(self) -> None:
        for user in (self.play.world.user_of(self.play.specialists[0]), self.play.homeroom):
            with self.assertRaises(frappe.PermissionError):
                self.propose(user)
        doc = self.propose()
        for user in (
            self.play.clerk,
            self.play.homeroom,
            frappe.db.get_value("User", {"email": ("like", "quantri@%")}),
        ):
            with acting_as(user), self.assertRaises(frappe.PermissionError):
                year_lock.decide(doc.name, DECISION, "Vì sao", self.pin)
        doc.reason = "Đổi sau khi đề nghị"
        with acting_as(self.play.principal), self.assertRaises(EvidenceError):
            doc.save()
        with acting_as(self.play.principal):
            year_lock.refuse(doc.name, "Chưa ký xong")
            with self.assertRaises(HbsError):
                year_lock.prepare(doc.name, DECISION, "Vì sao")

    def test_two_steps_with_a_key_elsewhere(self) -> None:
        doc = self.propose()
        with acting_as(self.play.principal):
            to_be_signed = year_lock.prepare(doc.name, DECISION, "Vẫn khóa")
        certificate = frappe.db.get_value(year_lock.DOCTYPE, doc.name, "certificate")
        sha256 = frappe.db.get_value("HBS Certificate", certificate, "sha256")
        (value,) = keys.open_key(sha256, self.pin).sign([to_be_signed])
        with acting_as(self.play.principal):
            with self.assertRaises(HbsError):
                year_lock.finish(doc.name, value[:-1] + bytes([value[-1] ^ 1]))
            later = add_to_date(now_datetime(), hours=25)
            with patch.object(year_lock, "now_datetime", lambda: later), self.assertRaises(HbsError):
                year_lock.finish(doc.name, value)
            self.assertEqual(frappe.db.get_value(year_lock.DOCTYPE, doc.name, "status"), "Proposed")
            year_lock.finish(doc.name, value)
        self.assertEqual(frappe.db.get_value(year_lock.DOCTYPE, doc.name, "status"), "Decided")
        with self.assertRaises(HbsError):
            self.propose()

    def test_an_altered_decision_is_found(self) -> None:
        doc = self.propose()
        self.decide(doc)
        token = bytearray(base64.b64decode(doc.statement))
        token[token.index(DECISION.encode())] ^= 1
        frappe.db.set_value(year_lock.DOCTYPE, doc.name, "statement", base64.b64encode(bytes(token)).decode())
        with self.assertRaises(EvidenceError):
            year_lock.verified(doc.name)
        frappe.db.set_value(year_lock.DOCTYPE, doc.name, {"statement": doc.statement, "reason": "Khác"})
        with self.assertRaises(EvidenceError):
            year_lock.verified(doc.name)

    def test_a_lock_by_mistake_is_lifted_by_a_second_signed_decision(self) -> None:
        doc = self.propose()
        self.decide(doc)
        with acting_as(self.play.principal):
            with self.assertRaises(LockedError):
                check.return_record(self.staged.names["manager"], "Xem lại")
            with self.assertRaises(HbsError):
                year_lock.lift(doc.name, "46/QĐ", "", self.pin)
            year_lock.lift(doc.name, "46/QĐ", "Khóa nhầm năm học", self.pin)
            check.return_record(self.staged.names["manager"], "Xem lại")
        found = year_lock.verified(doc.name)
        self.assertEqual((found["decision"]["decision"], found["lifted"]["decision"]),
                         (statements.LOCK, statements.LIFT))  # fmt: skip
        self.decide(self.propose())


class TestYearLocked(YearCase):
    """After the decision, with one more record that the city holds."""

    MORE = 1

    @requirement("Y102")
    def test_every_write_path_refuses_and_only_the_recall_path_works(self) -> None:
        from hocbaso_app.services import recall

        staged, play = self.staged, self.play
        (accepted,) = staged.more
        with running_city(play) as city:
            submit.enter_missing()
            work()
            self.assertEqual(state(accepted), "Accepted")
            self.decide(self.propose())
            self.refuse_all()
            self.no_ticket_opens()

            with acting_as(play.principal):
                request = frappe.get_doc("HBS Recall Request", recall.start([accepted]))
                request.reason = "Nhập nhầm nhận xét"
                request.items[0].fault = "Nhận xét ghi nhầm em khác"
                request.save()
                attached = {"attached_to_doctype": request.doctype, "attached_to_name": request.name, "is_private": 1}
                file = {"doctype": "File", "file_name": "bb.txt", "content": f"Biên bản {request.name}", **attached}
                request.evidence = frappe.get_doc(file).insert().file_url
                request.save()
                recall.send(request.name)
            work()
            request.reload()
            city.decide(request.message_id, request.items[0].record_code, approve=True)
            work()
            self.assertEqual(state(accepted), "Draft")
            self.correct(accepted)
            self.assertEqual(state(accepted), "Released")
            work()
            self.assertEqual(state(accepted), "Accepted")
            self.assertEqual(frappe.db.get_value("HBS Record", accepted, "issue_number"), 2)
            self.refuse_all()

    def refuse_all(self) -> None:
        """Each service that writes, by who could; nothing is changed."""
        before = self.staged.stored()
        writes = self.staged.writes()
        writes.pop("withdraw")  # the released record is accepted by now
        for name, (user, write) in writes.items():
            with self.subTest(name), acting_as(user):
                frappe.db.savepoint("hbs_try")
                if name in ("class entry", "spreadsheet"):
                    self.assertIn(DECISION, str(write()))
                else:
                    with self.assertRaisesRegex(LockedError, DECISION):
                        write()
                frappe.db.rollback(save_point="hbs_try")
                frappe.clear_messages()
        self.assertEqual(self.staged.stored(), before)

    def no_ticket_opens(self) -> None:
        """Not even the department's."""
        values = {"student_group": self.play.group, "hours": 2, "reason": "Sửa nhận xét"}
        with acting_as(self.play.homeroom), self.assertRaisesRegex(HbsError, DECISION):
            frappe.get_doc({"doctype": tickets.DOCTYPE, **values}).insert()

    def correct(self, name: str) -> None:
        """From the homeroom teacher's mending to the seal, by all services on the way; no other record is opened."""
        play = self.play
        with acting_as(play.homeroom):
            doc = frappe.get_doc("HBS Record", name)
            doc.homeroom_remark = "Em ngoan, học đều các môn, biết giúp bạn."
            doc.save()
        with acting_as(play.clerk):
            self.assertEqual(initialise.initialise(name), [])
        for person in teachers_of(play.school_class):
            with acting_as(play.world.user_of(person)):
                check.seen([name])
        with acting_as(play.homeroom):
            sign.sign("gvcn", [name], play.pin(play.school_class.homeroom))
        with acting_as(play.principal):
            sign.sign("cbql", [name], self.pin)
        with acting_as(play.clerk):
            sign.sign("release", [name], play.world.pins[play.school.code])

    def test_the_lock_is_of_one_year_and_one_school(self) -> None:
        self.decide(self.propose())
        self.assertTrue(year_lock_of(self.unit, self.year))
        self.assertFalse(year_lock_of(self.unit, "2024-2025"))
        self.assertFalse(year_lock_of("31-HP", self.year))
        with self.assertRaises(NotYoursError), acting_as(self.play.homeroom):
            self.propose(self.play.homeroom)


def year_lock_of(unit: str, year: str) -> bool:
    """Whether the gate is closed by a year lock."""
    from hocbaso_app.services.locks import gate

    return any(closing.level == "Year" for closing in gate.closings(unit, year, "01"))

"""Recall and correction on a school's site, against the real sandbox of the portal over HTTP (QĐ Điều 12.k3)."""

from __future__ import annotations

import base64
from typing import Any

import frappe

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError, StepOrderError
from hocbaso_app.exchange import status_list
from hocbaso_app.services import check, correct, files, initialise, recall, sign, submit, trust
from hocbaso_app.tests.portal import work
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_exchange_site import ExchangeCase
from hocbaso_app.tests.world import acting_as, state

MATHS = "01"
FAULT = "Điểm Toán ghi 7, bài kiểm tra là 8"


class TestRecall(ExchangeCase):
    """Five accepted records."""

    PUPILS = 5

    def setUp(self) -> None:
        super().setUp()
        work()
        self.assertEqual(self.states(), ["Accepted"] * 5)

    def request(self, names: list[str], part: str | None = MATHS) -> Any:
        """A list as the principal writes it, with its evidence."""
        with acting_as(self.play.principal):
            doc = frappe.get_doc("HBS Recall Request", recall.start(names))
            doc.reason = "Nhập nhầm điểm"
            for item in doc.items:
                item.part, item.fault = part, FAULT
            doc.save()
            evidence = {"attached_to_doctype": doc.doctype, "attached_to_name": doc.name, "is_private": 1}
            file = {"doctype": "File", "file_name": "bien-ban.txt", "content": f"Biên bản {doc.name}", **evidence}
            doc.evidence = frappe.get_doc(file).insert().file_url
            doc.save()
        return doc

    def sent(self, names: list[str]) -> Any:
        """Handed over and taken by the portal."""
        doc = self.request(names)
        with acting_as(self.play.principal):
            recall.send(doc.name)
        work()
        doc.reload()
        self.assertEqual(doc.status, "Sent")
        return doc

    def approve(self, request: Any, codes: list[str]) -> None:
        """The officer agrees, and the school hears of it."""
        for code in codes:
            self.city.decide(request.message_id, code, approve=True)
        work()
        request.reload()

    @requirement("Y100")
    def test_three_of_five_approved(self) -> None:
        old = {
            n: frappe.db.get_value("HBS Record", n, ["record_code", "current_version"], as_dict=True)
            for n in self.names
        }
        request = self.sent(self.names)
        self.assertEqual(self.states(), ["Recall Requested"] * 5)
        for user in (self.play.homeroom, self.play.principal):
            with acting_as(user):
                doc = frappe.get_doc("HBS Record", self.names[0])
                doc.homeroom_remark = "Sửa trước khi được duyệt"
                with self.assertRaises(EvidenceError):
                    doc.save()
        for item in request.items[:3]:
            self.city.decide(request.message_id, item.record_code, approve=True)
        work()
        request.reload()
        self.assertEqual(
            (request.status, [i.status for i in request.items]), ("Sent", ["Approved"] * 3 + ["Waiting"] * 2)
        )
        for item in request.items[3:]:
            self.city.decide(request.message_id, item.record_code, approve=False, note="Thiếu minh chứng")
        work()
        request.reload()
        self.assertEqual(self.states(), ["Draft"] * 3 + ["Accepted"] * 2)
        self.assertEqual(request.status, "Answered")
        self.assertIn("Thiếu minh chứng", request.items[4].answer)
        for name in self.names[:3]:
            doc = frappe.get_doc("HBS Record", name)
            self.assertEqual(frappe.db.get_value("HBS Record Version", old[name].current_version, "status"), "Recalled")
            self.assertEqual((doc.record_code, doc.replaces_code, doc.issue_number), (None, old[name].record_code, 2))
            self.assertEqual((doc.receipt_number, len(doc.slots)), (None, 0))
        for name in self.names[3:]:
            doc = frappe.get_doc("HBS Record", name)
            self.assertEqual((doc.record_code, doc.current_version), (old[name].record_code, old[name].current_version))
            self.assertTrue(doc.receipt_number)
        proof = status_list.read(base64.b64decode(request.status_list), trust.store())
        self.assertEqual(set(proof.recalled), {old[name].record_code for name in self.names[:3]})

    @requirement("Y097")
    def test_list_holds_only_own_records_that_the_city_has(self) -> None:
        frappe.db.set_value("HBS Record", self.names[1], "state", "Released")
        with acting_as(self.play.principal):
            with self.assertRaises(StepOrderError):
                recall.start([self.names[1]])
            with self.assertRaises(HbsError):
                recall.start([self.names[0], self.names[0]])
        other = frappe.get_doc({"doctype": "HBS Unit", "code": "31999999", "unit_name": "Trường khác"})
        other.update(
            {"kind": "School", "parent_hbs_unit": "31-HP", "valid_from": "2020-09-01", "tax_code": "0209999777"}
        )
        other.insert()
        frappe.db.set_value("HBS Record", self.names[2], "unit", other.name)
        with acting_as(self.play.principal), self.assertRaises(frappe.PermissionError):
            recall.start([self.names[0], self.names[2]])
        with self.assertRaises(NotYoursError):
            recall.start([self.names[0], self.names[2]])

    def test_only_the_principal_and_with_fault_and_private_evidence(self) -> None:
        with acting_as(self.play.clerk), self.assertRaises(frappe.PermissionError):
            recall.start(self.names[:1])
        with acting_as(self.play.principal):
            doc = frappe.get_doc("HBS Recall Request", recall.start(self.names[:1]))
            doc.update({"reason": "Sai", "evidence": "/files/cong-khai.pdf"})
            doc.items[0].fault = FAULT
            with self.assertRaises(HbsError):
                doc.save()
            doc.reload()
            doc.reason, doc.items[0].fault = "Sai", FAULT
            doc.save()
            with self.assertRaises(HbsError):
                recall.send(doc.name)
        request = self.request(self.names[:1])
        with acting_as(self.play.clerk), self.assertRaises(frappe.PermissionError):
            recall.send(request.name)
        self.assertEqual(state(self.names[0]), "Accepted")

    def test_who_must_sign_again_is_said_before_sending(self) -> None:
        said = self.request(self.names[:1]).items[0].must_sign
        teacher = self.play.school_class.teachers[MATHS]
        for person in (teacher, self.play.school_class.homeroom, self.play.school.principal, self.play.school.clerk):
            self.assertIn(person.name, said)
        self.assertEqual(len(said.split("\n")), 4)
        self.assertEqual(len(self.request(self.names[1:2], part=None).items[0].must_sign.split("\n")), 3)

    def test_a_sent_list_and_its_evidence_stay(self) -> None:
        request = self.sent(self.names[:1])
        with acting_as(self.play.principal):
            request.reason = "Khác"
            with self.assertRaises(EvidenceError):
                request.save()
            with self.assertRaises(EvidenceError):
                frappe.delete_doc("HBS Recall Request", request.name, force=True, ignore_permissions=True)
            file = frappe.db.get_value("File", {"file_url": request.evidence})
            with self.assertRaises(EvidenceError):
                frappe.delete_doc("File", file, ignore_permissions=True)

    def test_lost_answer_to_the_request_asks_once_and_not_twice(self) -> None:
        doc = self.request(self.names[:2])
        with acting_as(self.play.principal):
            recall.send(doc.name)
        address = frappe.db.get_single_value("HBS Settings", "portal_address")
        frappe.db.set_single_value("HBS Settings", "portal_address", "http://127.0.0.1:9")
        work()
        doc.reload()
        self.assertEqual(doc.status, "To Send")
        self.assertIn("kết nối", doc.error)
        self.assertEqual(state(self.names[0]), "Recall Requested")
        frappe.db.set_single_value("HBS Settings", "portal_address", address)
        work()
        work()
        doc.reload()
        self.assertEqual((doc.status, doc.error), ("Sent", None))
        self.assertEqual(len(self.city.portal.store.all("SELECT * FROM recall")), 2)

    def test_a_list_that_is_not_taken_leaves_the_records_as_they_were(self) -> None:
        doc = self.request(self.names[:2])
        code = frappe.db.get_value("HBS Record", self.names[1], "record_code")
        self.city.portal.store.run("DELETE FROM record WHERE code = ?", code)
        with acting_as(self.play.principal):
            recall.send(doc.name)
        work()
        doc.reload()
        self.assertEqual(doc.status, "Not Taken")
        self.assertIn(code, doc.error)
        self.assertEqual(self.states(), ["Accepted"] * 5)

    def test_correction_of_one_subject_signs_that_part_again_and_is_accepted(self) -> None:
        name, teacher = self.names[0], self.play.school_class.teachers[MATHS]
        before = frappe.get_doc("HBS Record", name)
        _version, old = files.load(before.current_version)
        request = self.sent([name])
        self.approve(request, [before.record_code])
        self.assertIn("Không có gì thay đổi", self.initialised(name)[0])
        with acting_as(self.play.world.user_of(teacher)):
            doc = frappe.get_doc("HBS Record", name)
            next(row for row in doc.results if row.subject_code == MATHS).remark = "Em tính nhanh, cẩn thận hơn trước."
            doc.save()
            impact = correct.impact(name)
        self.assertEqual([row["person"] for row in impact["must_sign"]][:1], [teacher.name])
        self.assertEqual((len(impact["changes"]), len(impact["must_sign"])), (1, 4))
        self.assertEqual(self.initialised(name), [])
        doc = frappe.get_doc("HBS Record", name)
        _version, new = files.load(doc.current_version)
        unsigned = {slot for slot, inner in new.slots.items() if not inner}
        self.assertEqual(unsigned, {f"ky-mon-{MATHS}", "ky-gvcn", "ky-cbql", "ky-phat-hanh"})
        self.assertTrue(all(new.slots[slot] == old.slots[slot] for slot in new.slots.keys() - unsigned))
        self.assertEqual((doc.issue_number, doc.replaces_code), (2, before.record_code))
        self.assertNotEqual(doc.record_code, before.record_code)
        self.assertEqual({row.subject_code: row.revision for row in doc.results}[MATHS], 2)
        self.sign_again(name, teacher)
        work()
        doc.reload()
        self.assertEqual((doc.state, doc.issue_number), ("Accepted", 2))
        kept = frappe.get_all("HBS Submission", {"record": name}, ["record_code", "receipt_number"], order_by="name")
        self.assertEqual([row.record_code for row in kept], [before.record_code, doc.record_code])
        self.assertEqual([row.receipt_number for row in kept], [before.receipt_number, doc.receipt_number])
        self.assertEqual(self.city.portal.look_up(before.record_code)["replaced_by"], doc.record_code)
        with acting_as(self.play.homeroom):
            self.assertEqual(submit.receipt(name)["receipt"]["issue_number"], "2")

    def initialised(self, name: str) -> list[str]:
        """By the clerk; the faults."""
        with acting_as(self.play.clerk):
            return initialise.initialise(name)

    def sign_again(self, name: str, teacher: Any) -> None:
        """Check and signatures of those whom the correction concerns, and of nobody else."""
        play = self.play
        for person in dict.fromkeys((teacher.citizen_id, play.school_class.homeroom.citizen_id)):
            with acting_as(play.world.users[person]):
                check.seen([name])
        self.assertEqual(state(name), "Subject Signing")
        with acting_as(play.world.user_of(teacher)):
            sign.sign("gvbm", [name], play.pin(teacher))
        with acting_as(play.homeroom):
            sign.sign("gvcn", [name], play.pin(play.school_class.homeroom))
        with acting_as(play.principal):
            sign.sign("cbql", [name], play.pin(play.school.principal))
        with acting_as(play.clerk):
            sign.sign("release", [name], play.world.pins[play.school.code])

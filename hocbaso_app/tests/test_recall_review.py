"""A recall from the school's request to the officer's decision and the new issue, over HTTP on one site."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import frappe
import requests

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError, StepOrderError
from hocbaso_app.exchange import status_list
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.supplement import NAME, Action, Evidence, Supplement, read_answer
from hocbaso_app.services import (
    access,
    check,
    correct,
    family,
    files,
    initialise,
    prints,
    recall,
    recall_fields,
    recalled,
    sign,
    states,
    tasks,
    trust,
)
from hocbaso_app.services.recall_cases import book, clock, decide, ministry, review, watch
from hocbaso_app.services.units import carry
from hocbaso_app.setup import roles
from hocbaso_app.tests.authority import Authority, running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as, state

MATHS = "01"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
SCORE = f"BANG_DIEM/DIEM_TONG_KET[{MATHS}]/DIEM_KIEM_TRA_DINH_KY"


def pdf() -> bytes:
    """A real one with an empty page."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as book_:
        book_.add_blank_page()
        book_.save(out)
    return out.getvalue()


class ReviewCase(CommittedTestCase):
    """Accepted records of one class, and the department that received them, on one site."""

    PUPILS = 5
    play: ClassVar[Play]
    names: ClassVar[list[str]]
    city: ClassVar[Authority]
    old_codes: ClassVar[list[str]]

    @classmethod
    def make_world(cls) -> None:
        frappe.db.delete("HBS Submission")
        cls.play = Play(pupils=cls.PUPILS, grade=4)
        cls.names = cls.play.until("released")
        context = running_authority(cls.play)
        cls.city = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        frappe.db.set_single_value("HBS Receiving Settings", "recall_tier", "Department")
        frappe.db.commit()
        cls.city.exchange()
        frappe.db.commit()

    def codes(self) -> dict[str, str]:
        return {name: frappe.db.get_value("HBS Record", name, "record_code") for name in self.names}

    def request(self, names: list[str], *, after: str | None = "3") -> Any:
        """A list as the principal writes it: the wrong field of each, and the minutes for all."""
        with acting_as(self.play.principal):
            doc = frappe.get_doc("HBS Recall Request", recall.start(names))
            doc.reason = "Nhập nhầm điểm"
            for item in doc.items:
                item.fault = "Bài kiểm tra ghi khác"
                if after:
                    item.element, item.value_after = SCORE, after
                else:
                    item.part = MATHS
            doc.save()
            attached = {"attached_to_doctype": doc.doctype, "attached_to_name": doc.name, "is_private": 1}
            file = {"doctype": "File", "file_name": "bien-ban.pdf", "content": pdf(), **attached}
            doc.evidence = frappe.get_doc(file).insert().file_url
            doc.save()
        return doc

    def sent(self, names: list[str], **more: Any) -> Any:
        """At the authority."""
        doc = self.request(names, **more)
        with acting_as(self.play.principal):
            recall.send(doc.name)
        return self.asked(doc)

    def asked(self, doc: Any) -> Any:
        """One round of the school's connector."""
        frappe.db.commit()
        self.city.school_sends()
        frappe.db.commit()
        doc.reload()
        return doc

    def cases(self, doc: Any) -> list[Any]:
        frappe.db.commit()
        names = frappe.get_all(book.DOCTYPE, {"message": doc.message_id}, pluck="name", order_by="position")
        return [frappe.get_doc(book.DOCTYPE, name) for name in names]


def sign_again(play: Play, name: str, teacher: Any) -> None:
    """Check and signatures of those whom the correction concerns, and of nobody else."""
    for person in dict.fromkeys((teacher.citizen_id, play.school_class.homeroom.citizen_id)):
        with acting_as(play.world.users[person]):
            check.seen([name])
    with acting_as(play.world.user_of(teacher)):
        sign.sign("gvbm", [name], play.pin(teacher))
    with acting_as(play.homeroom):
        sign.sign("gvcn", [name], play.pin(play.school_class.homeroom))
    with acting_as(play.principal):
        sign.sign("cbql", [name], play.pin(play.school.principal))
    with acting_as(play.clerk):
        sign.sign("release", [name], play.world.pins[play.school.code])


class TestReview(ReviewCase):
    """One list, from the request to the new issue, in the order in which it happens."""

    @requirement("Y098", "Y099", "Y100")
    def test_from_the_request_to_the_new_issue(self) -> None:
        self.hand_out(self.names[0])
        doc = self.in_the_right_inbox()
        self.nobody_else_decides(doc)
        self.more_is_asked_and_answered(doc)
        self.three_of_five_approved(doc)
        self.recalled_everywhere()
        self.new_issue_is_accepted()

    def hand_out(self, name: str) -> None:
        """The clerk has printed the record and given the package to somebody."""
        with acting_as(self.play.clerk):
            record = frappe.get_doc("HBS Record", name)
            access.note(record, access.PRINTED, access.PRINT)
            access.note(record, access.HANDED_OVER, access.PRINT, purpose="Chuyển trường")

    def in_the_right_inbox(self) -> Any:
        codes = self.codes()
        doc = self.sent(self.names)
        self.assertEqual((doc.status, doc.error, doc.message_id is None), ("Sent", None, False))
        cases = self.cases(doc)
        self.assertEqual([case.record_code for case in cases], [codes[name] for name in self.names])
        for case in cases:
            self.assertEqual((case.status, case.office, case.unit), ("Waiting", "31", self.city.unit))
            self.assertLess(case.requested_at - doc.requested_at, timedelta(minutes=1))
            self.assertEqual(case.due_on, clock.due_on(case.requested_at))
            self.assertEqual((case.element, case.value_after, case.evidence), (SCORE, "3", 1))
            self.assertIn(f"[{case.change_label}: {case.value_before} → 3]", case.reason)
            self.assertEqual(case.requester_name, self.play.school.principal.name)
        self.assertTrue(any("bàn giao 1 lần" in note.text for note in cases[0].notes))
        self.assertIn("Sở Giáo dục và Đào tạo", doc.state_sentence)
        self.assertIn("hạn trả lời", doc.state_sentence)
        with acting_as(self.city.officer):
            found = review.view(cases[0].name)
            mine = [row for row in tasks.for_user(self.city.officer) if row["kind"] == "recall"]
        self.assertEqual([(row["pupils"], row["late"]) for row in mine], [(5, False)])
        self.assertTrue(found["may_decide"] and found["claim"]["right"])
        self.assertEqual((found["file"]["passed"], len(found["issues"])), ("TOTAL-PASSED", 1))
        self.assertIn("in 1 lần", found["copies"]["sentence"])
        return doc

    def nobody_else_decides(self, doc: Any) -> None:
        """Not the requester, not a colleague of his, not a signer, not another tier, not the record's own people."""
        (case, *_others) = self.cases(doc)
        office = school_person("phong.khac@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        colleague = school_person("hai.vai@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        for user, unit in ((colleague, self.city.unit), (self.play.principal, "31"), (self.play.homeroom, "31")):
            citizen_id = frappe.db.get_value("HBS Staff Member", {"user": user}, "citizen_id")
            staff = {
                "doctype": "HBS Staff Member",
                "full_name": "Người hai vai",
                "citizen_id": citizen_id,
                "unit": unit,
            }
            frappe.get_doc({**staff, "user": user, "from_date": "2020-01-01"}).insert()
            frappe.get_doc("User", user).add_roles(roles.DEPARTMENT_OFFICER)
        words = {
            self.play.principal: "Chính bạn",
            self.play.homeroom: "nhà trường này",
            colleague: "nhà trường này",
            office: "không phải cán bộ",
        }
        frappe.local.hbs_scopes = {}
        frappe.db.commit()
        for user, said in words.items():
            steps: tuple[Callable[[], None], ...] = (
                lambda: decide.decide(case.name, approve=True, note="Tự duyệt"),
                lambda: decide.ask_more(case.name, "Hỏi"),
                lambda: decide.add_note(case.name, "Ghi"),
            )
            for step in steps:
                with acting_as(user), states.in_vietnamese(), self.assertRaisesRegex(NotYoursError, said):
                    step()
                frappe.db.rollback()
        with acting_as(self.play.clerk), self.assertRaises(frappe.PermissionError):
            decide.decide(case.name, approve=True, note="")
        frappe.db.set_value(
            "HBS Staff Member", {"user": self.play.homeroom, "unit": self.city.unit}, "to_date", "2026-01-01"
        )
        frappe.local.hbs_scopes = {}
        with acting_as(self.play.homeroom), states.in_vietnamese(), self.assertRaisesRegex(NotYoursError, "đã ký"):
            decide.decide(case.name, approve=True, note="")
        frappe.db.rollback()
        frappe.db.delete("HBS Staff Member", {"unit": "31", "user": ("in", (self.play.principal, self.play.homeroom))})
        for user in (self.play.principal, self.play.homeroom):
            frappe.get_doc("User", user).remove_roles(roles.DEPARTMENT_OFFICER)
        frappe.db.commit()
        frappe.local.hbs_scopes = {}

    def more_is_asked_and_answered(self, doc: Any) -> None:
        case = self.cases(doc)[0]
        with acting_as(self.city.officer):
            decide.ask_more(case.name, "Gửi ảnh bài kiểm tra.")
            decide.add_note(case.name, "Đã gọi điện cho trường.")
        self.asked(doc)
        self.assertEqual([item.status for item in doc.items], ["More Asked"] + ["Waiting"] * 4)
        self.assertEqual(doc.items[0].question, "Gửi ảnh bài kiểm tra.")
        told = {"for_user": self.play.principal, "link": f"/app/hbs-recall-request/{doc.name}"}
        self.assertEqual(frappe.db.count("Notification Log", told), 1)
        sentence = frappe.db.get_value("HBS Record", self.names[0], "state_sentence")
        self.assertIn(self.play.school.principal.name, sentence)
        with acting_as(self.play.principal):
            (mine,) = [row for row in tasks.for_user(self.play.principal) if row["kind"] == "answer"]
            self.assertEqual(mine["pupils"], 1)
            recall.answer(doc.name, case.record_code, "Kèm ảnh bài kiểm tra.", doc.evidence)
        self.asked(doc)
        self.assertEqual([item.status for item in doc.items], ["Waiting"] * 5)
        case = self.cases(doc)[0]
        self.assertEqual((case.status, case.evidence), ("Waiting", 2))
        kinds = [note.kind for note in case.notes]
        self.assertEqual(kinds[-4:], ["Question", "Note", "Answer", "Evidence"])
        self.assertEqual(case.notes[-4].author, self.city.officer)
        self.assertEqual(case.notes[-2].text, "Kèm ảnh bài kiểm tra.")
        for audited in ("ask more about recall", "note on recall", "answer about recall"):
            self.assertTrue(frappe.db.exists("HBS Audit Entry", {"action": audited, "reference_name": case.name}))

    def three_of_five_approved(self, doc: Any) -> None:
        self.assertEqual([state(name) for name in self.names], ["Recall Requested"] * 5)
        with acting_as(self.play.homeroom):
            record = frappe.get_doc("HBS Record", self.names[0])
            record.homeroom_remark = "Sửa trước khi được duyệt"
            with self.assertRaises(EvidenceError):
                record.save()
        cases = [case.name for case in self.cases(doc)]
        with acting_as(self.city.officer):
            answer = decide.decide_all(cases[:3], approve=True, note="Đúng như minh chứng")
            self.assertEqual((len(answer["done"]), answer["failed"]), (3, []))
            without = decide.decide_all(cases[3:], approve=False, note=" ")
            self.assertEqual((without["done"], len(without["failed"])), ([], 2))
        self.asked(doc)
        self.assertEqual([item.status for item in doc.items], ["Approved"] * 3 + ["Waiting"] * 2)
        with acting_as(self.city.officer):
            decide.decide_all(cases[3:], approve=False, note="Thiếu minh chứng")
            again = decide.decide_all(cases, approve=True, note="")
            self.assertEqual((again["done"], len(again["failed"])), ([], 5), "a decision stands")
        self.asked(doc)
        self.assertEqual([item.status for item in doc.items], ["Approved"] * 3 + ["Refused"] * 2)
        self.assertEqual(doc.status, "Answered")
        self.assertIn("Thiếu minh chứng", doc.items[4].answer)
        self.assertEqual([state(name) for name in self.names], ["Draft"] * 3 + ["Accepted"] * 2)
        held = {row.name: row.status for row in self.city.held()}
        self.assertEqual([held[item.record_code] for item in doc.items], ["Recalled"] * 3 + ["Active"] * 2)
        self.decided_cases_stay(cases[0])
        type(self).old_codes = [item.record_code for item in doc.items]

    def decided_cases_stay(self, name: str) -> None:
        case = frappe.get_doc(book.DOCTYPE, name)
        self.assertEqual((case.decided_by, case.note), (self.city.officer, "Đúng như minh chứng"))
        case.note = "Đổi ý"
        with self.assertRaises(EvidenceError):
            book.save(case)
        with self.assertRaises(EvidenceError):
            frappe.delete_doc(book.DOCTYPE, name, force=True)
        file = frappe.db.get_value("File", {"attached_to_doctype": book.DOCTYPE, "attached_to_name": name})
        with self.assertRaises(EvidenceError):
            frappe.delete_doc("File", file)

    def recalled_everywhere(self) -> None:
        """Signed list, look-up, prints; the copies that are out become the clerk's task."""
        listed = status_list.read(self.city.client().get("/danh-sach-trang-thai"), trust.store())
        self.assertEqual(set(listed.recalled), set(self.old_codes[:3]))
        answer = requests.get(f"{self.city.address}/tra-cuu/{self.old_codes[0]}", timeout=10)
        self.assertIn("THU HỒI", answer.text.upper())
        tasks_of = {"kind": "Task", "title": ("like", "Thu lại bản in%")}
        found = frappe.get_all("HBS Notice", tasks_of, ["title", "text", "unit"], order_by="name")
        full_name = frappe.db.get_value("HBS Record", self.names[0], "full_name")
        self.assertEqual(len(found), 1)
        self.assertIn(full_name, found[0].title)
        self.assertIn("bàn giao 1 lần", found[0].text)
        self.assertIn(self.old_codes[0], found[0].text)

    def new_issue_is_accepted(self) -> None:
        name, teacher = self.names[0], self.play.school_class.teachers[MATHS]
        old = frappe.db.get_value(files.DOCTYPE, {"record_code": self.old_codes[0]})
        with acting_as(self.play.world.user_of(teacher)):
            record = frappe.get_doc("HBS Record", name)
            row = next(row for row in record.results if row.subject_code == MATHS)
            row.remark = "Em tính nhanh, cẩn thận hơn trước."
            record.save()
            must = correct.impact(name)["must_sign"]
        self.assertEqual(len(must), 4)
        with acting_as(self.play.clerk):
            self.assertEqual(initialise.initialise(name), [])
        sign_again(self.play, name, teacher)
        frappe.db.commit()
        self.city.exchange()
        frappe.db.commit()
        record = frappe.get_doc("HBS Record", name)
        self.assertEqual((record.state, record.issue_number), ("Accepted", 2))
        self.assertEqual(
            frappe.db.get_value("HBS Received Record", self.old_codes[0], "replaced_by"), record.record_code
        )
        listed = status_list.read(self.city.client().get("/danh-sach-trang-thai"), trust.store())
        self.assertEqual(listed.replaced, {self.old_codes[0]: record.record_code})
        with acting_as(self.play.principal):
            new, before = recalled.issues(name)
            self.assertEqual((new["status"], before["status"]), ("Released", "Recalled"))
            self.assertEqual((before["replaced_by"], before["replaced_by_issue"]), (record.record_code, 2))
            self.assertTrue(before["at"])
            made = prints.pdf(record, prints.INFORMATION, old)
        self.the_family_reads_it(record)
        from pypdf import PdfReader

        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made.data)).pages)
        self.assertIn("ĐÃ THU HỒI", text)
        self.assertIn(record.record_code, text.replace("\n", ""))
        with acting_as(self.city.officer):
            case = frappe.db.get_value(book.DOCTYPE, {"record_code": self.old_codes[0]})
            issues = review.view(case)["issues"]
        self.assertEqual([(i["issue"], i["status"]) for i in issues], [(1, "Recalled"), (2, "Active")])
        self.assertEqual([c["new"] for c in issues[1]["changes"]], ["Em tính nhanh, cẩn thận hơn trước."])

    def the_family_reads_it(self, record: Any) -> None:
        """In the portal the old issue names the one in its place."""
        user = {"doctype": "User", "email": "phuhuynh@example.invalid", "first_name": "Phụ huynh"}
        parent = frappe.get_doc({**user, "send_welcome_email": 0, "user_type": "Website User"}).insert().name
        guardian = frappe.db.get_value("Student Guardian", {"parent": record.student}, "guardian", order_by="idx")
        frappe.db.set_value("Guardian", guardian, "user", parent)
        with acting_as(parent), states.in_vietnamese():
            years = [year for child in family.overview() for year in child["years"]]
        shown = {file["issue_number"]: file["sentence"] for year in years for file in year["files"]}
        self.assertIn("Lần phát hành 2 thay thế", shown[1])
        self.assertIn("Thu hồi ngày", shown[1])


class TestCase(ReviewCase):
    """What may happen to a request beside approval; each test has a pupil of its own."""

    PUPILS = 7

    def handle(self, doc: Any, **more: Any) -> dict[str, Any]:
        """The school's own client, past the school's software."""
        more = {"action": Action.DETAILS, "reference": "r", **more}
        return self.city.client().extension(NAME, Supplement(doc.message_id, **more).to_body())

    def test_taken_back_while_undecided(self) -> None:
        doc = self.sent(self.names[:2])
        first, _second = self.cases(doc)
        with acting_as(self.play.principal):
            with self.assertRaises(HbsError):
                recall.cancel(doc.name, " ", first.record_code)
            recall.cancel(doc.name, "Điểm đúng rồi", first.record_code)
        self.asked(doc)
        self.assertEqual([item.status for item in doc.items], ["Withdrawn", "Waiting"])
        self.assertEqual([state(name) for name in self.names[:2]], ["Accepted", "Recall Requested"])
        with acting_as(self.city.officer), self.assertRaises(StepOrderError):
            decide.decide(first.name, approve=True, note="")
        with acting_as(self.play.principal):
            recall.cancel(doc.name, "Cả danh sách")
        self.asked(doc)
        self.assertEqual((doc.status, state(self.names[1])), ("Cancelled", "Accepted"))
        self.assertEqual([case.status for case in self.cases(doc)], ["Withdrawn"] * 2)

    def test_taken_back_before_it_left(self) -> None:
        doc = self.request(self.names[:1])
        with acting_as(self.play.principal):
            recall.send(doc.name)
            recall.cancel(doc.name, "Chưa gửi")
        self.asked(doc)
        self.assertEqual((doc.status, doc.message_id, state(self.names[0])), ("Cancelled", None, "Accepted"))

    def test_after_the_closing_date_it_is_refused_with_the_reason(self) -> None:
        year = frappe.db.get_value("HBS Record", self.names[0], "school_year")
        settings = frappe.get_single("HBS Receiving Settings")
        settings.append("recall_closings", {"school_year": year, "closes_on": frappe.utils.add_days(None, -1)})
        settings.save()
        doc = self.sent(self.names[:1])
        settings.set("recall_closings", [])
        settings.save()
        frappe.db.commit()
        self.assertEqual((doc.status, state(self.names[0])), ("Not Taken", "Accepted"))
        self.assertIn("chốt", doc.error)

    @requirement("Y107")
    def test_the_tier_changes_on_its_day_and_what_was_asked_before_ends_by_the_old_rule(self) -> None:
        def set_tier(**values: Any) -> None:
            settings = frappe.get_single("HBS Receiving Settings")
            settings.update({"recall_tier_from": None, "recall_tier_before": None, **values})
            settings.save()

        set_tier(recall_tier="Office")
        (old,) = self.cases(self.sent(self.names[:1]))
        frappe.db.set_value(book.DOCTYPE, old.name, "requested_at", frappe.utils.add_days(None, -1))
        with self.assertRaises(HbsError):
            set_tier(recall_tier="Department", recall_tier_from=frappe.utils.today())
        set_tier(recall_tier="Department", recall_tier_from=frappe.utils.today(), recall_tier_before="Office")
        (new,) = self.cases(self.sent(self.names[1:2]))
        self.assertEqual((old.office, new.office), ("31-HP", "31"))
        carry.carry(old.unit, "31-HP", "31-HP", frappe.utils.today())
        old.reload()
        self.assertEqual(old.office, "31-HP", "the old request stays where it was asked")
        with acting_as(self.city.officer), self.assertRaises(NotYoursError):
            decide.decide(old.name, approve=True, note="")
        with acting_as("canbo.xa@hoaphuong.example.invalid"):
            with self.assertRaises(NotYoursError):
                decide.decide(new.name, approve=True, note="")
            decide.decide(old.name, approve=False, note="Học bạ đúng")
        with acting_as(self.city.officer):
            decide.decide(new.name, approve=False, note="Học bạ đúng")
        old.reload()
        self.assertEqual(old.status, "Refused")
        frappe.db.commit()

    def test_the_tier_is_a_setting_and_the_clock_takes_it_up(self) -> None:
        frappe.db.set_single_value("HBS Receiving Settings", "recall_tier", "Office")
        frappe.db.set_single_value("HBS Receiving Settings", "recall_escalation_days", 2)
        doc = self.sent(self.names[2:3])
        frappe.db.set_single_value("HBS Receiving Settings", "recall_tier", "Department")
        (case,) = self.cases(doc)
        self.assertEqual(case.office, "31-HP")
        with acting_as(self.city.officer), self.assertRaises(NotYoursError):
            decide.decide(case.name, approve=True, note="")
        head = school_person("chu.tich@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        frappe.db.delete("HBS Staff Member", {"user": head})
        frappe.db.set_value("HBS Staff Member", {"unit": "31-HP", "is_head": 1}, "user", head)
        officer = "canbo.xa@hoaphuong.example.invalid"
        frappe.db.set_value(book.DOCTYPE, case.name, "due_on", frappe.utils.today())
        self.assertEqual(watch.run(), {"reminded": 1, "escalated": 0})
        self.assertEqual(watch.run(), {"reminded": 0, "escalated": 0}, "once a day")
        self.assertEqual(self.told(officer), 1)
        frappe.db.set_value(book.DOCTYPE, case.name, "due_on", frappe.utils.add_days(None, -8))
        self.assertEqual(watch.run()["escalated"], 1)
        case.reload()
        self.assertEqual((case.office, case.notes[-1].kind), ("31", "Escalation"))
        self.assertGreater(case.due_on, frappe.utils.getdate())
        self.assertEqual((self.told(head), self.told(self.city.officer)), (2, 1))
        self.asked(doc)
        self.assertIn("Sở Giáo dục", doc.state_sentence)
        long_ago = {"due_on": frappe.utils.add_days(None, -8), "escalated_at": frappe.utils.add_days(None, -20)}
        frappe.db.set_value(book.DOCTYPE, case.name, long_ago)
        self.assertEqual(watch.run()["escalated"], 1, "nobody above: the head is told")
        self.assertEqual(watch.run()["escalated"], 0, "once")
        with acting_as(self.city.officer):
            (row,) = [row for row in tasks.for_user(self.city.officer) if row["kind"] == "recall" and row["late"]]
            decide.decide(case.name, approve=False, note="Không đủ căn cứ")
        self.assertEqual(row["pupils"], 1)

    def told(self, user: str) -> int:
        about = {"for_user": user, "link": ("like", "/app/hbs-recall-case%")}
        return int(frappe.db.count("Notification Log", about))

    def test_a_record_at_the_ministry_waits_for_its_answer(self) -> None:
        doc = self.sent(self.names[3:4])
        (case,) = self.cases(doc)
        archive = {"doctype": ministry.ARCHIVE, "unit": case.unit, "school_year": case.school_year}
        archive |= {"status": "Forwarded", "forwarded_on": "2026-07-15"}
        kept = frappe.get_doc(archive)
        kept.flags.hbs_service = True
        kept.insert(ignore_permissions=True)
        frappe.db.commit()
        with acting_as(self.city.officer):
            self.assertEqual(review.view(case.name)["forwarded"], "2026-07-15")
            with self.assertRaises(StepOrderError):
                decide.decide(case.name, approve=True, note="")
            with self.assertRaises(HbsError):
                ministry.note(case.name, "Agreed", " ")
            ministry.note(case.name, "Asked", "Công văn 12/SGDĐT ngày 20/7/2026")
            with self.assertRaises(StepOrderError):
                decide.decide(case.name, approve=True, note="")
            ministry.note(case.name, "Agreed", "Công văn 99/BGDĐT ngày 1/8/2026")
            decide.decide(case.name, approve=True, note="Bộ đã đồng ý")
        frappe.db.delete(ministry.ARCHIVE, {"name": kept.name})
        case.reload()
        self.assertEqual((case.status, case.ministry_state), ("Approved", "Agreed"))
        self.assertEqual([n.kind for n in case.notes if n.kind == "Ministry"], ["Ministry"] * 2)

    def test_the_extension_takes_only_what_is_the_schools_and_each_once(self) -> None:
        doc = self.sent(self.names[4:5])
        (case,) = self.cases(doc)
        notes, pieces = len(case.notes), case.evidence
        file = Evidence("anh.png", PNG)
        for _time in range(2):
            told = read_answer(self.handle(doc, reference="một lần", text="Thêm ảnh", evidence=(file,)))
        self.assertEqual(told[case.record_code].office, "Sở Giáo dục và Đào tạo Hải Phòng")
        case.reload()
        frappe.db.commit()
        case = frappe.get_doc(book.DOCTYPE, case.name)
        self.assertEqual((len(case.notes), case.evidence), (notes + 2, pieces + 1))
        url = case.notes[-1].attachment
        self.assertTrue(url.startswith("/private/files/") and url.endswith(".png"), url)
        for wrong in ({"record_codes": ("00000000-0000-4000-8000-000000000000",)},):
            with self.assertRaises(RefusedError):
                self.handle(doc, **wrong)
        broken = Evidence("hong.pdf", b"%PDF-1.7 hong")
        with self.assertRaises(RefusedError):
            self.handle(doc, reference="hỏng", text="Tệp hỏng", evidence=(broken,))
        from hocbaso_app.exchange.receiving.accounts import Account
        from hocbaso_app.services.recall_cases import extension

        body = Supplement(doc.message_id, "r2", Action.ASK).to_body()
        with self.assertRaises(RefusedError):
            extension.handle(Account("truong-khac", "31999977"), body)
        with self.assertRaises(RefusedError):
            self.city.client().extension(NAME, {"messageid": 5})
        self.assertEqual(len(frappe.get_doc(book.DOCTYPE, case.name).notes), notes + 2)
        with acting_as(self.city.officer):
            decide.decide(case.name, approve=False, note="Xong")

    def test_the_value_before_is_what_the_signed_file_says(self) -> None:
        with acting_as(self.play.principal):
            offered = {row["path"]: row for row in recall_fields.choices(self.names[5])}
            doc = frappe.get_doc("HBS Recall Request", recall.start(self.names[5:6]))
            doc.reason, item = "Sai", doc.items[0]
            item.update({"element": SCORE, "value_after": "3", "fault": "Sai điểm", "value_before": "bịa"})
            doc.save()
            self.assertEqual((item.value_before, item.part), (offered[SCORE]["value"], MATHS))
            self.assertIn(self.play.school_class.teachers[MATHS].name, item.must_sign)
            for wrong in ({"value_after": item.value_before}, {"element": "BANG_DIEM/KHONG_CO", "value_after": "3"}):
                doc.reload()
                doc.items[0].update(wrong)
                with self.assertRaises(HbsError):
                    doc.save()
        self.assertNotIn("THONG_TIN_CHUNG/PHIEN_BAN", offered)
        foreign = {"doctype": "File", "file_name": "cua-nguoi-khac.pdf", "content": pdf(), "is_private": 1}
        url = frappe.get_doc(foreign).insert(ignore_permissions=True).file_url
        with acting_as(self.play.principal):
            doc.reload()
            doc.evidence = url
            with self.assertRaises(HbsError):
                doc.save()
        frappe.db.rollback()
        with acting_as(self.play.homeroom), self.assertRaises(frappe.PermissionError):
            recall.start(self.names[5:6])

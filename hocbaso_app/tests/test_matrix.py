"""Every cell of ``permissions/matrix.py``, tried on a site as that person, through the calls of the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.permissions import matrix
from hocbaso_app.services import check, evidence, family, initialise, read_in, recall, refused, sign
from hocbaso_app.services.frozen import making, sending
from hocbaso_app.services.inspection import samples
from hocbaso_app.services.locks import windows
from hocbaso_app.services.notices import reading, writing
from hocbaso_app.services.public import class_book
from hocbaso_app.services.recall_cases import decide
from hocbaso_app.services.transfer_in import keep
from hocbaso_app.setup import roles
from hocbaso_app.tests import (
    matrix_evidence,
    matrix_locks,
    matrix_outbox,
    matrix_receiving,
    matrix_signers,
    matrix_signing,
    matrix_trust,
)
from hocbaso_app.tests.recall_case import one_case
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.ways import delete_by_force, form
from hocbaso_app.tests.world import Play, acting_as

REFUSALS = (frappe.ValidationError, frappe.PermissionError, frappe.DoesNotExistError)
Attempt = Callable[["TestMatrix", str], Any]


class TestMatrix(FrappeTestCase):
    """One class is played through; at each stage every person tries what belongs to it."""

    play: ClassVar[Play]
    other: ClassVar[Play]
    people: ClassVar[dict[str, str]]
    record: ClassVar[str]
    foreign: ClassVar[str]
    case: str
    pattern: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        cls.play, cls.other = Play(pupils=1, grade=2), Play(pupils=1, grade=3)
        cls.record = cls.play.until("entered")[0]
        cls.foreign = cls.other.until("draft")[0]
        other_school()
        cls.people = cls.make_people()

    @classmethod
    def make_people(cls) -> dict[str, str]:
        """Login of each actor; the specialist teaches the one class only."""
        play, unit = cls.play, cls.play.world.unit
        specialist = play.specialists[0]
        mine = {"staff": play.world.staff[specialist.citizen_id], "student_group": cls.other.group}
        frappe.db.set_value("HBS Teaching Assignment", mine, "to_date", frappe.utils.add_days(frappe.utils.today(), -1))
        return {
            matrix.ST: play.world.user_of(specialist),
            matrix.HT: play.homeroom,
            matrix.PR: play.principal,
            matrix.CL: play.clerk,
            matrix.SA: frappe.db.get_value("User", {"email": ("like", "quantri@%")}),
            matrix.OO: school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP"),
            matrix.DO: school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31"),
            matrix.AU: school_person("giamsat@example.invalid", roles.AUDITOR, unit),
            matrix.SM: cls.make_user("it@example.invalid", "System Manager"),
            matrix.PARENT: cls.make_parent(),
            matrix.GUEST: "Guest",
        }

    @classmethod
    def make_user(cls, email: str, *held: str) -> str:
        user = {"doctype": "User", "email": email, "first_name": email, "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": role} for role in held]}).insert(ignore_permissions=True)
        return email

    @classmethod
    def make_parent(cls) -> str:
        """A guardian of the record's pupil with a login of the portal."""
        email = cls.make_user("phuhuynh@example.invalid")
        student = frappe.db.get_value("HBS Record", cls.record, "student")
        guardian = frappe.db.get_value("Student Guardian", {"parent": student}, "guardian", order_by="idx")
        frappe.db.set_value("Guardian", guardian, "user", email)
        frappe.db.set_value("User", email, "user_type", "Website User")
        frappe.clear_document_cache("User", email)
        return email

    @requirement("Y023")
    def test_every_cell(self) -> None:
        found = self.try_all(DRAFT)
        found |= self.try_all({"initialise": _initialise}, before=self.play.confirm)
        self.play.initialise()
        found |= self.try_all({"check": _check, "report_fault": _report_fault})
        self.play.see()
        found |= self.try_all({"sign_subject": _signs("gvbm"), **matrix_signing.ATTEMPTS})
        self.play.sign_subjects()
        found |= self.try_all({"sign_homeroom": _signs("gvcn")})
        self.play.sign_homeroom()
        found |= self.try_all({"sign_manager": _signs("cbql"), "return": _return})
        self.play.sign_manager()
        found |= self.try_all({"release": _signs("release")})
        self.play.release()
        found |= self.try_all(RELEASED)
        self.assertEqual(set(found), {action.key for action in matrix.MATRIX})
        wrong = {
            action.key: {"allowed": sorted(found[action.key]), "in the table": sorted(action.allowed)}
            for action in matrix.MATRIX
            if found[action.key] != action.allowed
        }
        self.assertEqual(wrong, {})

    def test_roles_are_those_of_the_site(self) -> None:
        self.assertEqual(set(matrix.ACTORS[:8]), set(roles.ROLES))

    def try_all(
        self, attempts: dict[str, Attempt], before: Callable[[], object] | None = None
    ) -> dict[str, frozenset[str]]:
        """Action → who could do it; each attempt is undone."""
        if before:
            before()
        found = {}
        for key, attempt in attempts.items():
            could = set()
            for actor, user in self.people.items():
                frappe.db.savepoint("attempt")
                frappe.local.hbs_scopes = {}
                try:
                    prepare = PREPARED.get(key)
                    if prepare:
                        prepare(self)
                    with acting_as(user):
                        attempt(self, actor)
                    could.add(actor)
                except REFUSALS:
                    pass
                finally:
                    frappe.clear_messages()
                    frappe.db.rollback(save_point="attempt")
                    windows.forget()
                    frappe.clear_document_cache("HBS Record", self.record)
            found[key] = frozenset(could)
        return found


def _reads(name: str) -> Attempt:
    return lambda test, actor: frappe.client.get("HBS Record", getattr(test, name))


def _sees(doctype: str) -> Attempt:
    def attempt(test: TestMatrix, actor: str) -> None:
        if not frappe.get_list(doctype, {"unit": test.play.world.unit}, order_by="name"):
            raise frappe.PermissionError

    return attempt


def _enters(change: Callable[[TestMatrix, str, Any], None]) -> Attempt:
    def attempt(test: TestMatrix, actor: str) -> None:
        doc = frappe.get_doc("HBS Record", test.record)
        change(test, actor, doc)
        doc.save()

    return attempt


def _own_subject(test: TestMatrix, actor: str, doc: Any) -> None:
    _row_of(test, actor, doc, own=True).remark = "Em học chăm, làm bài cẩn thận."


def _other_subject(test: TestMatrix, actor: str, doc: Any) -> None:
    _row_of(test, actor, doc, own=False).remark = "Em học chăm, làm bài cẩn thận."


def _row_of(test: TestMatrix, actor: str, doc: Any, own: bool) -> Any:
    """A row that the actor's own citizen ID stands in, or one it does not."""
    number = frappe.db.get_value("HBS Staff Member", {"user": test.people[actor]}, "citizen_id")
    rows = [row for row in doc.results if (row.teacher_citizen_id == number) == own]
    return (rows or doc.results)[0]


def _homeroom(test: TestMatrix, actor: str, doc: Any) -> None:
    doc.homeroom_remark = "Em ngoan, biết giúp bạn trong lớp."


def _promotion(test: TestMatrix, actor: str, doc: Any) -> None:
    doc.promotion_decision = "28/QĐ-THHP"


def _pupil_data(test: TestMatrix, actor: str, doc: Any) -> None:
    doc.full_name = "Tên Khác"


def _confirm(test: TestMatrix, actor: str) -> None:
    values = {"unit": test.play.world.unit, "academic_year": test.play.school.school_year}
    confirmation = {"doctype": "HBS Summary Confirmation", **values, "student_group": test.play.group}
    frappe.get_doc({**confirmation, "minutes_number": "06/BB", "confirmed_on": frappe.utils.today()}).insert()


def _read_in(test: TestMatrix, actor: str) -> None:
    read_in.read_in(test.play.group)


def _initialise(test: TestMatrix, actor: str) -> None:
    if not initialise.initialise_class(test.play.group)["initialised"]:
        raise frappe.PermissionError


def _check(test: TestMatrix, actor: str) -> None:
    check.seen([test.record])


def _report_fault(test: TestMatrix, actor: str) -> None:
    check.fault(test.record, "Sai ngày sinh")


def _return(test: TestMatrix, actor: str) -> None:
    check.return_record(test.record, "Xem lại nhận xét")


def _signs(stage: str) -> Attempt:
    """With the own PIN where there is one, else with the PIN of who should sign."""

    def attempt(test: TestMatrix, actor: str) -> None:
        pins, school = test.play.world.pins, test.play.school
        owner = {
            "gvbm": test.play.specialists[0].citizen_id,
            "gvcn": test.play.school_class.homeroom.citizen_id,
            "cbql": school.principal.citizen_id,
            "release": school.code,
        }[stage]
        number = frappe.db.get_value("HBS Staff Member", {"user": test.people[actor]}, "citizen_id")
        pin = pins[owner] if stage == "release" else pins.get(number, pins[owner])
        if sign.sign(stage, [test.record], pin).status != "Done":
            raise frappe.PermissionError

    return attempt


def _ask_recall(test: TestMatrix, actor: str) -> None:
    recall.start([test.record])


def _approve(test: TestMatrix, actor: str) -> None:
    from hocbaso_app.services import certificates

    certificates.approve(frappe.db.get_value("HBS Certificate", {"unit": test.play.world.unit, "status": "Pending"}))


def _new_staff(test: TestMatrix, actor: str) -> None:
    staff = {"doctype": "HBS Staff Member", "full_name": "Người Mới", "citizen_id": "999000000123"}
    frappe.get_doc({**staff, "unit": test.play.world.unit, "from_date": "2026-01-01"}).insert()


def _new_assignment(test: TestMatrix, actor: str) -> None:
    name = frappe.db.get_value("HBS Teaching Assignment", {"student_group": test.play.group, "subject": "01"})
    doc = frappe.get_doc("HBS Teaching Assignment", name)
    doc.to_date = frappe.utils.add_days(frappe.utils.today(), 90)
    doc.save()


def _export(test: TestMatrix, actor: str) -> None:
    from frappe.desk.reportview import export_query

    asked = {"doctype": "HBS Record", "fields": '["name", "full_name"]', "file_format_type": "CSV", "title": "x"}
    frappe.local.form_dict = frappe._dict(asked)
    frappe.local.response = frappe._dict()
    export_query()
    content = frappe.local.response.get("filecontent") or frappe.local.response.get("result") or b""
    if test.record not in (content.decode() if isinstance(content, bytes) else str(content)):
        raise frappe.PermissionError


def _print(test: TestMatrix, actor: str) -> None:
    from frappe.www.printview import get_html_and_style

    doc = frappe.get_doc("HBS Record", test.record)
    if doc.full_name not in (get_html_and_style("HBS Record", test.record).get("html") or ""):
        raise frappe.PermissionError


def _read_child(test: TestMatrix, actor: str) -> None:
    family.page(test.record)


def _change_released(test: TestMatrix, actor: str) -> None:
    version = frappe.db.get_value("HBS Record", test.record, "current_version")
    tried: tuple[Callable[[], object], ...] = (
        lambda: form("HBS Record", test.record, "homeroom_remark", "Khác"),
        lambda: form("HBS Record Version", version, "content", "QQ=="),
        lambda: delete_by_force("HBS Record Version", version, "", None),
        lambda: delete_by_force("HBS Record", test.record, "", None),
    )
    refusals = 0
    for way in tried:
        try:
            way()
        except REFUSALS:
            refusals += 1
    if refusals == len(tried):
        raise frappe.PermissionError


def _own_unit(test: TestMatrix, actor: str) -> str:
    """The unit somebody serves; the school for those who serve none."""
    return frappe.db.get_value("HBS Staff Member", {"user": test.people[actor]}, "unit") or test.play.world.unit


def _send_notice(test: TestMatrix, actor: str) -> None:
    unit = _own_unit(test, actor)
    notice = {"doctype": "HBS Notice", "unit": unit, "title": "Họp", "text": "Họp chiều thứ hai."}
    to: dict[str, Any] = {"audience": "All schools below"}
    if unit == test.play.world.unit:
        staff = test.play.world.staff[test.play.specialists[0].citizen_id]
        to = {"audience": "People of my unit", "people": [{"staff": staff}]}
    writing.send(frappe.get_doc({**notice, **to}).insert().name)


def _report_done(test: TestMatrix, actor: str) -> None:
    where = {"unit": test.play.world.unit, "staff": ("is", "not set")}
    reading.done(frappe.get_last_doc("HBS Notice Receipt", where, order_by="creation desc").name)


def _freeze(test: TestMatrix, actor: str) -> None:
    sending.send(making.make(test.play.world.unit, "Progress", test.play.school.school_year))


def _decide_inspection(test: TestMatrix, actor: str) -> None:
    decision = {
        "doctype": "HBS Inspection",
        "unit": _own_unit(test, actor),
        "decision_number": "1/QĐ",
        "reason": "Kiểm tra",
    }
    days = {"from_date": frappe.utils.today(), "to_date": frappe.utils.today()}
    rows = {"inspectors": [{"user": test.people[matrix.AU]}], "units": [{"unit": test.play.world.unit}]}
    frappe.get_doc({**decision, **days, **rows}).insert()


def _draw_sample(test: TestMatrix, actor: str) -> None:
    sample = {"doctype": "HBS Inspection Sample", "unit": _own_unit(test, actor), "title": "Mẫu", "per_school": 1}
    of = {"population": "Released records", "academic_year": test.play.school.school_year}
    samples.draw(frappe.get_doc({**sample, **of}).insert().name)


def _one_task(test: TestMatrix) -> None:
    """The department gave the school a task."""
    due = {"kind": "Task", "due_on": frappe.utils.add_days(frappe.utils.today(), 3), "audience": "All schools below"}
    with acting_as(test.people[matrix.DO]):
        notice = {"doctype": "HBS Notice", "unit": "31", "title": "Nộp", "text": "Nộp báo cáo."}
        writing.send(frappe.get_doc({**notice, **due}).insert().name)


def _overview(test: TestMatrix, actor: str) -> None:
    from frappe.desk.query_report import run

    rows = run("HBS Overview", {"academic_year": test.play.school.school_year})["result"]
    if not any(row["unit"] == test.play.world.unit and row["records"] for row in rows):
        raise frappe.PermissionError


def _behind_statistic(test: TestMatrix, actor: str) -> None:
    from hocbaso_app.api import reception

    year = test.play.school.school_year
    group = frappe.db.get_value("HBS Record", test.record, "unit")
    reception.names_of_statistic("Promotion", "School", year, "Records of this site", group, value="Yes")


def _remind(test: TestMatrix, actor: str) -> None:
    from hocbaso_app.api import reception

    if not reception.remind([test.play.world.unit], test.play.school.school_year)["reminded"]:
        raise frappe.PermissionError


def _change_unit(test: TestMatrix, actor: str) -> None:
    from hocbaso_app.api import units

    units.rename(test.play.world.unit, "Trường Tiểu học Đổi Tên", frappe.utils.today(), "5/QĐ")


def _late(test: TestMatrix) -> None:
    """The last day of entry has passed."""
    values = {"doctype": "HBS Schedule", "unit": "31", "academic_year": test.play.school.school_year}
    stage = {"stage": "Entry", "due_date": frappe.utils.add_days(frappe.utils.today(), -2)}
    frappe.get_doc({**values, "decision_number": "1/KH", "stages": [stage]}).insert(ignore_permissions=True)


def _move_away(test: TestMatrix) -> None:
    """The other class's record belongs to another school."""
    frappe.db.set_value("HBS Record", test.foreign, "unit", OTHER, update_modified=False)


def _pending_certificate(test: TestMatrix) -> None:
    name = frappe.db.get_value("HBS Certificate", {"unit": test.play.world.unit, "holder_kind": "Person"})
    frappe.db.set_value("HBS Certificate", name, "status", "Pending", update_modified=False)


def _accepted(test: TestMatrix) -> None:
    frappe.db.set_value("HBS Record", test.record, "state", "Accepted", update_modified=False)


def _one_refusal(test: TestMatrix) -> None:
    refused.note("HBS Record", test.record, test.play.world.unit, "ai-do@example.invalid", "/api")


def _one_finding(test: TestMatrix) -> None:
    found = evidence.Finding(evidence.DESK_DIFFERS, "HBS Record", test.record, test.play.world.unit, "thử")
    evidence.note(found)


def _one_case(test: TestMatrix) -> None:
    """The department was asked to recall the record."""
    test.case = one_case(test.record)


def _ask_more(test: TestMatrix, actor: str) -> None:
    decide.ask_more(test.case, "Gửi bài kiểm tra")


def _decide(test: TestMatrix, actor: str) -> None:
    with patch.object(frappe.db, "commit", lambda: None):
        decide.decide(test.case, approve=True, note="Đúng như minh chứng")


def _take_in(case: TestMatrix, actor: str) -> None:
    keep.receive(case.play.world.unit, b"<HOC_BA></HOC_BA>")


def _one_received(case: TestMatrix) -> None:
    values = {"unit": case.play.world.unit, "school_year": case.play.school.school_year, "class_name": "2A1"}
    doc = frappe.get_doc({"doctype": class_book.DOCTYPE, **values, "page": "CA_NAM 2025-09-05", "status": "Active"})
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True, set_name=frappe.generate_hash(length=36))


def _class_book(case: TestMatrix, actor: str) -> None:
    class_book.links(case.play.world.unit, case.play.school.school_year, "2A1", "Người xem")


PREPARED: dict[str, Callable[[TestMatrix], None]] = {
    "class_book_link": _one_received,
    "remind_school": _late,
    "see_recall_cases": _one_case,
    "ask_more_recall": _one_case,
    "decide_recall": _one_case,
    "read_other_school": _move_away,
    "approve_certificate": _pending_certificate,
    "ask_recall": _accepted,
    "see_refusals": _one_refusal,
    "see_findings": _one_finding,
    "report_task_done": _one_task,
    **matrix_evidence.PREPARED,
    **matrix_locks.PREPARED,
    **matrix_outbox.PREPARED,
    **matrix_receiving.PREPARED,
    **matrix_signers.PREPARED,
    **matrix_signing.PREPARED,
    **matrix_trust.PREPARED,
}
"""What somebody else did before the attempt."""

DRAFT: dict[str, Attempt] = {
    "see_overview": _overview,
    "see_behind_statistic": _behind_statistic,
    "remind_school": _remind,
    "change_unit": _change_unit,
    "read_own_class": _reads("record"),
    "read_other_class": _reads("foreign"),
    "read_other_school": _reads("foreign"),
    "enter_own_subject": _enters(_own_subject),
    "enter_other_subject": _enters(_other_subject),
    "enter_homeroom": _enters(_homeroom),
    "decide_promotion": _enters(_promotion),
    "type_pupil_data": _enters(_pupil_data),
    "confirm_summary": _confirm,
    "read_in": _read_in,
    "manage_staff": _new_staff,
    "manage_assignments": _new_assignment,
    "approve_certificate": _approve,
    **matrix_signers.ATTEMPTS,
}


def _compare(test: TestMatrix, actor: str) -> None:
    from hocbaso_app.api import reconciliation
    from hocbaso_app.tests.portal import no_jobs

    with no_jobs():
        reconciliation.compare(test.play.world.unit, test.play.school.school_year)
        reconciliation.restore(test.play.world.unit, test.play.school.school_year)


def _see_comparison(test: TestMatrix, actor: str) -> None:
    doc = frappe.new_doc("HBS Reconciliation")
    doc.update({"unit": test.play.world.unit, "school_year": test.play.school.school_year, "status": "Equal"})
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    frappe.get_doc(doc.doctype, doc.name).check_permission("read")
    _sees(doc.doctype)(test, actor)


RELEASED: dict[str, Attempt] = {
    "ask_recall": _ask_recall,
    "see_recall_cases": _sees("HBS Recall Case"),
    "ask_more_recall": _ask_more,
    "decide_recall": _decide,
    "see_trail": _sees("HBS Audit Entry"),
    "see_refusals": _sees("HBS Refused Access"),
    "see_findings": _sees("HBS Finding"),
    **matrix_evidence.ATTEMPTS,
    **matrix_locks.ATTEMPTS,
    **matrix_outbox.ATTEMPTS,
    **matrix_receiving.ATTEMPTS,
    **matrix_trust.ATTEMPTS,
    "receive_transfer": _take_in,
    "class_book_link": _class_book,
    "compare": _compare,
    "see_comparison": _see_comparison,
    "export": _export,
    "print": _print,
    "read_own_child": _read_child,
    "send_notice": _send_notice,
    "report_task_done": _report_done,
    "freeze_report": _freeze,
    "decide_inspection": _decide_inspection,
    "draw_sample": _draw_sample,
    "change_released": _change_released,
}

"""The receiving desk: certificates asked for and decided, deadlines, figures, reading what was received."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import frappe
from frappe.utils import add_days, today
from frappe.utils.nestedset import rebuild_tree

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange import codes
from hocbaso_app.exchange.package import pack
from hocbaso_app.services import connector, convert, registering, schedule, submit, trust
from hocbaso_app.services.receiving import reading, registrations, settings
from hocbaso_app.setup.demo import portal as demo_portal
from hocbaso_app.signing.trust import TrustStore, write_registry
from hocbaso_app.tests.authority import DEPARTMENT, OFFICE
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_receiving import ReceivingTestCase
from hocbaso_app.tests.world import acting_as, state

ADMIN = "quantri@hoaphuong.example.invalid"
OFFICE_OFFICER, AUDITOR = "canbo.xa@hoaphuong.example.invalid", "giamsat@hoaphuong.example.invalid"


class TestCertificates(ReceivingTestCase):
    def setUp(self) -> None:
        super().setUp()
        stack = _without_registered_schools()
        stack.__enter__()
        self.addCleanup(stack.__exit__, None, None, None)
        frappe.db.delete("HBS Certificate Registration")
        values = dict.fromkeys(registering.FIELDS)
        frappe.db.set_value("HBS Portal Account", self.play.world.unit, values)
        frappe.db.commit()

    def register(self) -> str:
        """The school's administrator presses the button; the name of the registration at the authority."""
        with acting_as(ADMIN):
            self.assertEqual(registering.register(self.play.world.unit)["status"], "Waiting")
        frappe.db.commit()
        (name,) = frappe.get_all("HBS Certificate Registration", {"status": "Waiting"}, pluck="name", order_by="name")
        return str(name)

    def submit(self) -> str:
        """Code of the answer to a package signed with the school's certificate."""
        content = pack(self.files()[:1], connector.key(self.play.world.unit), convert.now())
        return self.city.client().submit(content, str(uuid4())).Error

    def test_asked_for_approved_published_used(self) -> None:
        unit = self.play.world.unit
        self.assertEqual(self.refusal_of(self.submit), codes.CERTIFICATE_NOT_APPROVED)
        name = self.register()
        self.assertEqual(self.refusal_of(self.submit), codes.CERTIFICATE_NOT_APPROVED, "asked for is not approved")
        with acting_as(self.city.officer):
            found = registrations.check(name)
            self.assertTrue(found.passed, found)
            self.assertEqual(found.tax_code, self.play.school.tax_code)
            self.assertEqual(registrations.decide(name, approve=True, note=""), "Approved")
        registering.ask_all()
        frappe.db.commit()
        self.assertEqual(registering.state(unit)["status"], "Approved")
        self.assertEqual(self.submit(), codes.ACCEPTED)
        (school,) = TrustStore.load(trust.folder()).registry.schools
        self.assertEqual((school.school_code, len(school.certificates)), (unit, 1))
        decided = frappe.get_doc("HBS Certificate Registration", name)
        self.assertEqual((decided.decided_by, bool(decided.decided_at)), (self.city.officer, True))
        with acting_as(self.city.officer), self.assertRaises(HbsError):
            registrations.decide(name, approve=False, note="Đổi ý")

    def test_withdrawn_it_takes_nothing_more_and_what_it_sealed_stays_valid(self) -> None:
        name = self.register()
        with acting_as(self.city.officer):
            registrations.decide(name, approve=True, note="")
        self.assertEqual(self.submit(), codes.ACCEPTED)
        before = TrustStore.load(trust.folder()).registry.schools[0].certificates[0]
        with acting_as(self.city.officer):
            with self.assertRaises(HbsError):
                registrations.withdraw(name, " ")
            registrations.withdraw(name, "Mất khóa")
            with self.assertRaises(HbsError):
                registrations.withdraw(name, "Lần nữa")
        frappe.db.commit()
        (after,) = TrustStore.load(trust.folder()).registry.schools[0].certificates
        self.assertEqual((after.sha256, after.approved_at), (before.sha256, before.approved_at))
        self.assertTrue(after.withdrawn_at)
        self.assertEqual(self.refusal_of(self.submit), codes.CERTIFICATE_NOT_APPROVED)
        for user in (OFFICE_OFFICER, AUDITOR, ADMIN):
            with acting_as(user), self.assertRaises((NotYoursError, frappe.PermissionError)):
                registrations.withdraw(name, "Không được")

    def test_refused_with_a_reason_that_the_school_reads(self) -> None:
        name = self.register()
        with acting_as(self.city.officer):
            with self.assertRaises(HbsError):
                registrations.decide(name, approve=False, note=" ")
            self.assertEqual(registrations.decide(name, approve=False, note="Chứng thư sắp hết hạn"), "Refused")
        registering.ask_all()
        frappe.db.commit()
        said = registering.state(self.play.world.unit)
        self.assertEqual((said["status"], "Chứng thư sắp hết hạn" in said["note"]), ("Refused", True))
        self.assertEqual(self.refusal_of(self.submit), codes.CERTIFICATE_NOT_APPROVED)

    def test_only_officers_of_the_receiving_unit_decide_never_the_school(self) -> None:
        name = self.register()
        for user in (OFFICE_OFFICER, AUDITOR, self.play.principal, ADMIN):
            with acting_as(user), self.assertRaises((NotYoursError, frappe.PermissionError)):
                registrations.decide(name, approve=True, note="")
        both = {"citizen_id": "999082900092", "unit": self.play.world.unit, "user": self.city.officer}
        facts = {"full_name": "Đỗ Văn Chuyên Viên", "from_date": "2020-09-01"}
        entry = frappe.get_doc({"doctype": "HBS Staff Member", **both, **facts}).insert()
        with acting_as(self.city.officer), self.assertRaises(NotYoursError):
            registrations.decide(name, approve=True, note="")
        frappe.db.delete("HBS Staff Member", {"name": entry.name})
        frappe.db.commit()

    def test_another_holders_certificate_is_refused_whatever_the_officer_asks(self) -> None:
        frappe.db.set_value("HBS Unit", self.play.world.unit, "tax_code", "0299999999")
        frappe.db.commit()
        try:
            name = self.register()
            with acting_as(self.city.officer):
                self.assertFalse(registrations.check(name).own)
                self.assertEqual(registrations.decide(name, approve=True, note=""), "Refused")
        finally:
            frappe.db.set_value("HBS Unit", self.play.world.unit, "tax_code", self.play.school.tax_code)
            frappe.db.commit()

    def test_after_a_lost_answer_the_same_registration_is_asked_about(self) -> None:
        """The message id is kept before it leaves; nothing is registered twice."""
        name = self.register()
        frappe.db.set_value("HBS Portal Account", self.play.world.unit, "registration_status", registering.SENDING)
        frappe.db.commit()
        registering.ask_all()
        frappe.db.commit()
        self.assertEqual(registering.state(self.play.world.unit)["status"], "Waiting")
        with acting_as(ADMIN):
            registering.register(self.play.world.unit)
        self.assertEqual(frappe.get_all("HBS Certificate Registration", pluck="name", order_by="name"), [name])

    def test_the_state_of_a_registration_is_not_typed(self) -> None:
        account = frappe.get_doc("HBS Portal Account", self.play.world.unit)
        account.registration_status, account.registration_note = "Approved", "tự điền"
        account.save()
        self.assertEqual(registering.state(self.play.world.unit), {"status": "", "note": ""})
        frappe.db.rollback()


class TestDeadline(ReceivingTestCase):
    def deadline(self, days: int, policy: str = "Accept and mark") -> None:
        """The department's last day of Submission lies so many days from now."""
        key = {"unit": DEPARTMENT, "academic_year": self.play.school.school_year}
        for name in frappe.get_all("HBS Schedule", key, pluck="name", order_by="name"):
            frappe.delete_doc("HBS Schedule", name, force=True)
        stages = [{"stage": schedule.SUBMISSION, "due_date": add_days(today(), days)}]
        frappe.get_doc({"doctype": "HBS Schedule", **key, "decision_number": "15/SGDĐT", "stages": stages}).insert()
        frappe.db.set_single_value("HBS Receiving Settings", "late_policy", policy)
        frappe.clear_document_cache("HBS Receiving Settings")
        schedule.forget()
        frappe.db.commit()

    def tearDown(self) -> None:
        self.deadline(30)
        super().tearDown()

    @requirement("Y096")
    def test_after_the_deadline_marked_late_still_accepted_or_not_by_setting(self) -> None:
        """Record after the deadline marked late, still accepted or not by setting."""
        self.deadline(0)
        self.city.exchange()
        self.assertEqual([row.late for row in self.city.held()], [0] * 4)

        self.setUp()
        self.deadline(-1)
        self.city.exchange()
        self.assertEqual({state(name) for name in self.names}, {"Accepted"})
        self.assertEqual([row.late for row in self.city.held()], [1] * 4)
        (message,) = self.city.messages()
        self.assertEqual((message.accepted, message.late), (4, 4))
        for item in self.city.items(message.name):
            self.assertEqual(item.code, codes.ACCEPTED_LATE)
            self.assertIn("muộn", item.description)
        told = frappe.get_all("HBS Submission", fields=["error", "error_code"], order_by="name")
        self.assertEqual({row.error_code for row in told}, {codes.ACCEPTED_LATE})
        self.assertTrue(all("Hạn nộp" in row.error for row in told), told)

        self.setUp()
        self.deadline(-1, settings.REFUSE_LATE)
        self.city.exchange()
        self.assertEqual(self.city.held(), [])
        told = frappe.get_all("HBS Submission", fields=["state", "error", "error_code"], order_by="name")
        self.assertEqual({(row.state, row.error_code) for row in told}, {("Needs Attention", codes.LATE)})
        self.assertTrue(all("quá hạn" in row.error for row in told), told)

    def test_after_the_deadline_was_moved_the_refused_ones_go_out_again(self) -> None:
        self.deadline(-1, settings.REFUSE_LATE)
        self.city.exchange()
        self.assertEqual(self.city.held(), [])
        self.deadline(3, settings.REFUSE_LATE)
        with acting_as(self.play.clerk):
            submit.now(self.names)
        frappe.db.commit()
        self.city.exchange()
        self.assertEqual({state(name) for name in self.names}, {"Accepted"})
        self.assertEqual([row.late for row in self.city.held()], [0] * 4)

    def test_what_came_in_time_is_in_time_however_late_it_is_checked(self) -> None:
        self.deadline(0)
        self.city.school_sends()
        (message,) = self.city.messages()
        frappe.db.set_value("HBS Incoming Message", message.name, "received_at", f"{today()} 23:59:59")
        frappe.db.commit()
        self.city.settle()
        self.assertEqual([row.late for row in self.city.held()], [0] * 4)


class TestInbox(ReceivingTestCase):
    @requirement("Y094")
    def test_received_figure_is_sent_figure_per_school(self) -> None:
        """What the school says it has sent and what the office lists as received are the same, record by record."""
        self.city.exchange()
        with acting_as(OFFICE_OFFICER):
            listed = frappe.get_list("HBS Received Record", fields=["name", "unit", "sha256"], order_by="name")
            messages = frappe.get_list("HBS Incoming Message", fields=["unit", "accepted"], order_by="name")
        with acting_as(self.play.principal):
            sent = frappe.get_list(
                "HBS Submission", {"state": "Acknowledged"}, ["record_code", "unit"], order_by="record_code"
            )
        self.assertEqual([(r.name, r.unit) for r in listed], [(r.record_code, r.unit) for r in sent])
        self.assertEqual(len(listed), 4)
        self.assertEqual(sum(m.accepted for m in messages), 4)
        held = {row.name: row.sha256 for row in listed}
        for name in self.names:
            version = frappe.db.get_value("HBS Record", name, "current_version")
            code, sha256 = frappe.db.get_value("HBS Record Version", version, ["record_code", "sha256"])
            self.assertEqual(held[code], sha256)

    def test_the_reading_shows_verified_bytes_and_is_noted(self) -> None:
        self.city.exchange()
        record = self.city.held()[0]
        with acting_as(self.city.officer):
            page = reading.page(record.name)
            data, name = reading.pdf(record.name)
            octets, file_name = reading.original(record.name)
        self.assertIn(record.full_name, page)
        self.assertIn(record.receipt_number, page)
        self.assertTrue(data.startswith(b"%PDF") and name.endswith(".pdf") and file_name.endswith(".xml"))
        self.assertIn(octets, self.files())
        where = {"received_record": record.name, "user": self.city.officer}
        noted = frappe.get_all("HBS Access Log", where, pluck="action", order_by="creation")
        self.assertEqual(sorted(noted), ["Opened", "Original downloaded", "Printed"])
        self.assertTrue(reading.verdict(record.name)["valid"])

    def test_a_file_that_was_changed_below_is_not_shown(self) -> None:
        self.city.exchange()
        record = self.city.held()[0]
        frappe.db.set_value("HBS Received Record", record.name, "full_name", "Người Khác")
        self.assertNotIn("Người Khác", reading.page(record.name), "only what is in the file")
        frappe.db.set_value("HBS Received Record", record.name, "content", "PEE+PC9BPg==")
        with self.assertRaises(HbsError):
            reading.page(record.name)
        frappe.db.rollback()

    def test_people_of_schools_see_nothing_of_the_inbox(self) -> None:
        self.city.exchange()
        for user in (self.play.principal, self.play.clerk, ADMIN, self.play.homeroom):
            with acting_as(user):
                for doctype in ("HBS Received Record", "HBS Incoming Message", "HBS Incoming Item"):
                    self.assertFalse(frappe.has_permission(doctype, "read"), (user, doctype))
                with self.assertRaises(frappe.PermissionError):
                    reading.page(self.city.held()[0].name)

    def test_a_closed_school_sends_nothing_more(self) -> None:
        unit, before = self.play.world.unit, frappe.db.get_value("HBS Unit", self.play.world.unit, "valid_to")
        frappe.db.set_value("HBS Unit", unit, "valid_to", add_days(today(), -1))
        frappe.db.commit()
        try:
            content = pack(self.files()[:1], connector.key(unit), convert.now())
            client = self.city.client()
            self.assertEqual(self.refusal_of(lambda: client.submit(content, str(uuid4()))), codes.UNIT_CLOSED)
        finally:
            frappe.db.set_value("HBS Unit", unit, "valid_to", before)
            frappe.db.commit()


class TestOffice(ReceivingTestCase):
    """The office above the school receives."""

    office = True

    def test_an_office_receives_from_its_schools_only_and_its_officers_decide(self) -> None:
        self.city.exchange()
        self.assertEqual({state(name) for name in self.names}, {"Accepted"})
        self.assertEqual({row.office for row in self.city.held()}, {OFFICE})
        with acting_as(OFFICE_OFFICER):
            registrations.require_officer(self.play.world.unit)
        with acting_as("chuyenvien.so@hoaphuong.example.invalid"), self.assertRaises(NotYoursError):
            registrations.require_officer(self.play.world.unit)
        unit = self.play.world.unit
        frappe.db.set_value("HBS Unit", unit, {"lft": 1_000_001, "rgt": 1_000_002})
        frappe.db.commit()
        try:
            content = pack(self.files()[:1], connector.key(unit), convert.now())
            refused = self.refusal_of(lambda: self.city.client().submit(content, str(uuid4())))
            self.assertEqual(refused, codes.UNIT_CLOSED)
        finally:
            rebuild_tree("HBS Unit", "parent_hbs_unit")
            frappe.db.commit()

    def test_what_a_site_needs_before_it_receives(self) -> None:
        doc = frappe.get_single("HBS Receiving Settings")
        seal = {"unit": self.play.world.unit, "holder_kind": "Unit"}
        foreign = frappe.db.get_value("HBS Certificate", seal)
        for field, value in (
            ("unit", self.play.world.unit),
            ("certificate", foreign),
            ("certificate", None),
            ("public_address", "hocba.example.vn"),
            ("public_address", "ftp://hocba.example.vn"),
        ):
            doc.reload()
            doc.set(field, value)
            with self.assertRaises(frappe.ValidationError, msg=(field, value)):
                doc.save()
        doc.reload()
        doc.public_address = "https://hocba.example.vn/"
        doc.save()
        self.assertEqual(doc.public_address, "https://hocba.example.vn")
        frappe.db.rollback()
        frappe.clear_document_cache("HBS Receiving Settings")

    def test_a_schools_password_is_long_and_kept_as_a_hash(self) -> None:
        new = {"doctype": "HBS Portal Login", "user_name": "th-thu", "unit": self.play.world.unit}
        for password in (None, "ngan"):
            with self.assertRaises(HbsError):
                frappe.get_doc({**new, "new_password": password}).insert()
        with self.assertRaises(HbsError):
            frappe.get_doc({**new, "unit": OFFICE, "new_password": "mat-khau-du-dai"}).insert()
        doc = frappe.get_doc({**new, "new_password": "mat-khau-du-dai"}).insert()
        stored = frappe.db.sql("select * from `tabHBS Portal Login` where name = %s", doc.name)[0]
        self.assertNotIn("mat-khau-du-dai", str(stored))
        self.assertFalse(frappe.db.sql("select 1 from __Auth where doctype = %s", doc.doctype))
        before = doc.password_hash
        doc.password_hash = "khac"
        doc.save()
        self.assertEqual(doc.password_hash, before)
        frappe.db.rollback()


@contextmanager
def _without_registered_schools() -> Iterator[None]:
    """The authority has approved nobody yet; afterwards the trust folder is as it was."""
    folder = trust.folder()
    with tempfile.TemporaryDirectory() as kept:
        shutil.copytree(folder, Path(kept) / "trust")
        registry = TrustStore.load(folder).registry
        earlier = (convert.now() - timedelta(minutes=5)).isoformat(timespec="seconds")
        write_registry(folder, replace(registry, schools=(), issued_at=earlier), demo_portal.department())
        frappe.local.hbs_trust = None
        try:
            yield
        finally:
            shutil.rmtree(folder)
            shutil.copytree(Path(kept) / "trust", folder)
            frappe.local.hbs_trust = None

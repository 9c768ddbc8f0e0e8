"""The year-end on a real site, each step as the person whose step it is; and every way around the order refused."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.model.workflow import apply_workflow
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError, StepOrderError
from hocbaso_app.services import audit, check, files, initialise, open_work, read_in, sign, tasks, trust
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as, state


class TestYearEnd(FrappeTestCase):
    """One class of two from drafts to released files."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=2, grade=4)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    def test_whole_path_gives_files_that_verify(self) -> None:
        from hocbaso_app.signing.verify import verify

        names = self.play.until("released")
        self.assertEqual([state(n) for n in names], ["Released", "Released"])
        for name in names:
            doc = frappe.get_doc("HBS Record", name)
            _version, document = files.load(doc.current_version)
            result = verify(document.data, trust.store())
            self.assertTrue(result.valid, result.report.to_text("en"))
            self.assertEqual(result.record.general.full_name, doc.full_name)
            self.assertTrue(all(row.signed_at and row.certificate for row in doc.slots))
        self.assertEqual(audit.broken_entries(), [])
        self.assertEqual(files.changed_files(), [])

    def test_states_follow_the_signatures(self) -> None:
        seen = {}
        for stage in ("draft", "entered"):
            name = self.play.until(stage)[0]
            seen[stage] = state(name)
        self.play.confirm()
        self.play.initialise()
        for step, label in (
            (self.play.see, "checked"),
            (self.play.sign_subjects, "subjects"),
            (self.play.sign_homeroom, "homeroom"),
            (self.play.sign_manager, "manager"),
        ):
            step()
            seen[label] = state(name)
        expected = ["Draft", "Draft", "Checked", "Homeroom Signing", "Manager Signing", "Release"]
        self.assertEqual(list(seen.values()), expected)

    def test_no_file_before_the_summary_is_confirmed(self) -> None:
        self.play.until("entered")
        with self.assertRaises(StepOrderError):
            self.play.initialise()

    def test_faults_stop_initialising_and_are_said(self) -> None:
        names = self.play.read_in()
        self.play.confirm()
        answer = self.play.initialise()
        self.assertEqual(answer["initialised"], [])
        self.assertEqual(len(answer["refused"]), 2)
        self.assertIn("hãy", frappe.db.get_value("HBS Record", names[0], "faults"))

    def test_nobody_signs_before_everybody_checked(self) -> None:
        self.play.until("initialised")
        person = self.play.specialists[0]
        with acting_as(self.play.world.user_of(person)), self.assertRaises(StepOrderError):
            sign.sign("gvbm", self.play.names(), self.play.pin(person))

    def test_stages_can_not_be_skipped(self) -> None:
        self.play.until("checked")
        homeroom = self.play.school_class.homeroom
        with acting_as(self.play.homeroom), self.assertRaises(StepOrderError):
            sign.sign("gvcn", self.play.names(), self.play.pin(homeroom))
        with acting_as(self.play.clerk), self.assertRaises(StepOrderError):
            sign.sign("release", self.play.names(), self.play.world.pins[self.play.school.code])

    def test_another_persons_part_is_not_signed(self) -> None:
        self.play.until("subjects")
        person = self.play.specialists[0]
        with acting_as(self.play.world.user_of(person)), self.assertRaises(NotYoursError):
            sign.sign("gvcn", self.play.names(), self.play.pin(person))

    def test_wrong_pin_signs_nothing(self) -> None:
        self.play.until("checked")
        person = self.play.specialists[0]
        pin = "x" + self.play.pin(person)
        with acting_as(self.play.world.user_of(person)), self.assertRaises(HbsError):
            sign.sign("gvbm", self.play.names(), pin)
        version = frappe.db.get_value("HBS Record", self.play.names()[0], "current_version")
        self.assertEqual(frappe.db.get_value("HBS Record Version", version, "signatures"), 0)

    def test_end_of_an_assignment_ends_the_right_to_sign(self) -> None:
        self.play.until("checked")
        person = self.play.specialists[0]
        staff = self.play.world.staff[person.citizen_id]
        yesterday = frappe.utils.add_days(frappe.utils.today(), -1)
        for name in frappe.get_all("HBS Teaching Assignment", {"staff": staff}, pluck="name"):
            doc = frappe.get_doc("HBS Teaching Assignment", name)
            doc.to_date = yesterday
            doc.save()
        with acting_as(self.play.world.user_of(person)), self.assertRaises((NotYoursError, frappe.PermissionError)):
            sign.sign("gvbm", self.play.names(), self.play.pin(person))

    def test_batch_resumes_where_it_stopped(self) -> None:
        self.play.until("checked")
        person = self.play.specialists[0]
        with acting_as(self.play.world.user_of(person)):
            batch, to_be_signed = sign.open_batch("gvbm", self.play.names())
            from hocbaso_app.services import keys

            sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
            sign.add_values(batch, keys.open_key(sha256, self.play.pin(person)).sign(to_be_signed))
        done = sign.run_batch(batch.name)  # another worker, another user, no key
        again = sign.run_batch(batch.name)
        self.assertEqual((done.status, done.signed), ("Done", len(to_be_signed)))
        self.assertEqual((again.status, again.signed), ("Done", len(to_be_signed)))

    def test_changed_record_is_refused_and_does_not_stop_the_batch(self) -> None:
        from hocbaso_app.services import keys

        names = self.play.until("checked")
        person = self.play.specialists[0]
        with acting_as(self.play.world.user_of(person)):
            batch, to_be_signed = sign.open_batch("gvbm", names)
            sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
            sign.add_values(batch, keys.open_key(sha256, self.play.pin(person)).sign(to_be_signed))
            check.fault(names[0], "Sai tên")
        done = sign.run_batch(batch.name)
        outcomes = {item.record: item.outcome for item in done.items}
        self.assertEqual(outcomes, {names[0]: "Refused", names[1]: "Signed"})
        self.assertEqual(done.status, "Partly done")

    @requirement("Y064")
    def test_return_keeps_untouched_signatures_and_the_old_file(self) -> None:
        name = self.play.until("homeroom")[0]
        user = self.play.world.user_of(self.play.school_class.teachers["01"])
        self.assertEqual(tasks.for_user(user), [], "all is signed")
        old = frappe.db.get_value("HBS Record", name, "current_version")
        code = frappe.db.get_value("HBS Record", name, "record_code")
        with acting_as(self.play.principal):
            check.return_record(name, "Xem lại nhận xét môn Toán")
        self.assertEqual(state(name), "Draft")
        with acting_as(user):
            doc = frappe.get_doc("HBS Record", name)
            next(r for r in doc.results if r.subject_code == "01").remark = "Em tính nhanh và cẩn thận."
            doc.save()
        with acting_as(self.play.clerk):
            self.assertEqual(initialise.initialise(name), [])
        doc = frappe.get_doc("HBS Record", name)
        version, document = files.load(doc.current_version)
        self.assertEqual((doc.state, doc.record_code), ("Initialised", code))
        self.assertNotEqual(version.name, old)
        self.assertEqual(frappe.db.get_value("HBS Record Version", old, "status"), "Superseded")
        unsigned = {slot for slot, inner in document.slots.items() if not inner}
        self.assertEqual(unsigned, {"ky-mon-01", "ky-gvcn", "ky-cbql", "ky-phat-hanh"})
        (task,) = tasks.for_user(user)
        self.assertEqual((task["kind"], task["pupils"]), (open_work.CHECK, 1))
        self.assertIn("Toán", task["subjects"])
        returned = frappe.get_all(
            audit.DOCTYPE, {"reference_name": name, "action": "return"}, ["actor", "details"], order_by="name"
        )
        self.assertEqual([row.actor for row in returned], [self.play.principal])
        self.assertIn("Xem lại nhận xét môn Toán", returned[0].details)

    @requirement("Y092")
    def test_complete_only_with_the_seal_and_with_its_time(self) -> None:
        name = self.play.until("manager")[0]
        for user in ("Administrator", self.play.principal, self.play.clerk):
            with acting_as(user):
                doc = frappe.get_doc("HBS Record", name)
                doc.state = "Released"
                with self.assertRaises((StepOrderError, frappe.PermissionError)):
                    doc.save()
                with self.assertRaises(frappe.ValidationError):
                    apply_workflow(frappe.get_doc("HBS Record", name), "Release")
        self.assertEqual((state(name), self.seal_of(name).signed_at), ("Release", None))
        self.play.release()
        _version, document = files.load(frappe.db.get_value("HBS Record", name, "current_version"))
        self.assertTrue(document.slot("ky-phat-hanh"))
        self.assertEqual(state(name), "Released")
        self.assertTrue(self.seal_of(name).signed_at)

    @staticmethod
    def seal_of(name: str) -> Any:
        return next(row for row in frappe.get_doc("HBS Record", name).slots if row.slot_id == "ky-phat-hanh")

    def test_reading_in_twice_changes_nothing_and_later_changes_show(self) -> None:
        self.play.until("entered")
        with acting_as(self.play.clerk):
            self.assertEqual(read_in.read_in(self.play.group), {"new": 0, "change": 0, "same": 2, "fixed": 0})
            student = frappe.db.get_value("HBS Record", self.play.names()[0], "student")
            frappe.db.set_value("Student", student, "hbs_home_town", "Kiến An, Hải Phòng")
            planned = read_in.plan(self.play.group)
        self.assertEqual([row.action for row in planned], ["change", "same"])
        self.assertIn("Kiến An", planned[0].changes[0])

    def test_files_of_a_fixed_record_are_not_read_over(self) -> None:
        self.play.until("initialised")
        student = frappe.db.get_value("HBS Record", self.play.names()[0], "student")
        frappe.db.set_value("Student", student, "hbs_home_town", "Kiến An, Hải Phòng")
        with acting_as(self.play.clerk):
            self.assertEqual(read_in.read_in(self.play.group), {"new": 0, "change": 0, "same": 1, "fixed": 1})


class TestWaysAround(FrappeTestCase):
    """What Frappe offers besides the services: form, workflow, console, deletion, sharing."""

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        self.play = Play(pupils=1, grade=1)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()

    def test_state_is_not_set_by_hand(self) -> None:
        name = self.play.until("entered")[0]
        for user in ("Administrator", self.play.principal):
            with acting_as(user):
                doc = frappe.get_doc("HBS Record", name)
                doc.state = "Released"
                with self.assertRaises(StepOrderError):
                    doc.save()

    def test_workflow_menu_offers_and_does_nothing(self) -> None:
        from frappe.model.workflow import get_transitions

        name = self.play.until("entered")[0]
        with acting_as(self.play.principal):
            doc = frappe.get_doc("HBS Record", name)
            self.assertEqual(get_transitions(doc), [])
            with self.assertRaises(frappe.ValidationError):
                apply_workflow(doc, "Initialise")

    def test_workflow_roles_are_a_second_gate(self) -> None:
        self.play.until("manager")
        frappe.get_doc("User", self.play.clerk).remove_roles("HBS Clerk")
        with self.assertRaises((frappe.PermissionError, frappe.ValidationError)):
            self.play.release()
        self.assertEqual(state(self.play.names()[0]), "Release")

    def test_content_is_fixed_after_initialising(self) -> None:
        name = self.play.until("initialised")[0]
        with acting_as(self.play.homeroom):
            doc = frappe.get_doc("HBS Record", name)
            doc.homeroom_remark = "Khác"
            with self.assertRaises(EvidenceError):
                doc.save()

    def test_teacher_edits_only_his_subject(self) -> None:
        name = self.play.until("draft")[0]
        person = self.play.specialists[0]
        with acting_as(self.play.world.user_of(person)):
            doc = frappe.get_doc("HBS Record", name)
            next(r for r in doc.results if r.subject_code == "01").level = "T"
            with self.assertRaises(NotYoursError):
                doc.save()
            doc.reload()
            doc.homeroom_remark = "Khác"
            with self.assertRaises(NotYoursError):
                doc.save()

    def test_source_values_are_not_typed(self) -> None:
        name = self.play.until("draft")[0]
        with acting_as(self.play.homeroom):
            doc = frappe.get_doc("HBS Record", name)
            doc.full_name = "Tên Khác"
            with self.assertRaises(NotYoursError):
                doc.save()

    def test_administrator_can_not_enter_results(self) -> None:
        name = self.play.until("draft")[0]
        doc = frappe.get_doc("HBS Record", name)
        doc.results[0].level = "T"
        with self.assertRaises(NotYoursError):
            doc.save()

    def test_evidence_is_neither_changed_nor_deleted(self) -> None:
        name = self.play.until("released")[0]
        version = frappe.db.get_value("HBS Record", name, "current_version")
        entry = frappe.get_last_doc("HBS Audit Entry")
        batch = frappe.get_last_doc("HBS Signing Batch")
        for doctype, docname in (
            ("HBS Record", name),
            ("HBS Record Version", version),
            ("HBS Audit Entry", entry.name),
            ("HBS Signing Batch", batch.name),
        ):
            for arguments in ({}, {"force": True, "ignore_permissions": True}):
                with self.assertRaises((EvidenceError, frappe.LinkExistsError)):
                    frappe.delete_doc(doctype, docname, **arguments)
        doc = frappe.get_doc("HBS Record Version", version)
        doc.content = ""
        with self.assertRaises(EvidenceError):
            doc.save()
        doc.reload()
        doc.flags.hbs_service = True
        doc.content = frappe.get_doc("HBS Record Version", version).content[:-8]
        with self.assertRaises(EvidenceError):
            doc.save()
        entry.action = "other"
        with self.assertRaises(EvidenceError):
            entry.save()

    def test_changes_by_sql_are_found(self) -> None:
        name = self.play.until("released")[0]
        version = frappe.db.get_value("HBS Record", name, "current_version")
        content = frappe.db.get_value("HBS Record Version", version, "content")
        frappe.db.set_value("HBS Record Version", version, "content", "A" + content[1:], update_modified=False)
        self.assertEqual(files.changed_files(), [version])
        frappe.db.set_value("HBS Record Version", version, "content", content)
        entry = frappe.get_last_doc("HBS Audit Entry").name
        frappe.db.set_value("HBS Audit Entry", entry, "actor", "somebody@example.invalid")
        self.assertEqual(audit.broken_entries(), [str(entry)])

    def test_records_are_not_shared(self) -> None:
        name = self.play.until("draft")[0]
        with self.assertRaises(NotYoursError):
            past_checks = {"ignore_share_permission": True}
            frappe.share.add_docshare("HBS Record", name, self.play.clerk, read=1, flags=past_checks)

    def test_certificate_of_somebody_else_is_refused(self) -> None:
        pem = frappe.db.get_value("HBS Certificate", {"holder_kind": "Unit"}, "pem")
        staff = next(iter(self.play.world.staff.values()))
        doc = frappe.get_doc({"doctype": "HBS Certificate", "holder_kind": "Person", "staff": staff, "pem": pem})
        with self.assertRaises(HbsError):
            doc.insert()

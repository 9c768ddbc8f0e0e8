"""The desk: what waits for whom, until when, and every number equal to the raw data."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase
from frappe.utils import add_days, getdate

from hocbaso_app.api import desk as desk_api
from hocbaso_app.jobs import digest as digest_job
from hocbaso_app.services import check, digest, open_work, progress, schedule, states, tasks
from hocbaso_app.setup import roles
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as


class DeskCase(FrappeTestCase):
    """One class of three at a time, everything rolled back."""

    stage = "entered"

    def setUp(self) -> None:
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        schedule.forget()
        self.play = Play(pupils=3, grade=4)
        self.names = self.play.until(self.stage)
        self.teacher = self.play.specialists[0]
        self.teacher_user = self.play.world.user_of(self.teacher)

    def tearDown(self) -> None:
        frappe.set_user("Administrator")
        frappe.db.rollback()
        frappe.local.hbs_scopes = {}
        schedule.forget()

    def taught_by(self, person: Any) -> list[str]:
        return [code for code, held in self.play.school_class.teachers.items() if held == person]

    def set_dates(self, unit: str, **days: str) -> Any:
        stages = [{"stage": stage.replace("_", " "), "due_date": day} for stage, day in days.items()]
        values = {"unit": unit, "academic_year": self.play.school.school_year, "decision_number": "01/KH"}
        return frappe.get_doc({"doctype": "HBS Schedule", **values, "stages": stages}).insert()

    def make_user(self, email: str, role: str, unit: str) -> str:
        user = {"doctype": "User", "email": email, "first_name": email, "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": role}]}).insert(ignore_permissions=True)
        staff = {"doctype": "HBS Staff Member", "full_name": "Người Thử", "citizen_id": "999000000111", "unit": unit}
        frappe.get_doc({**staff, "user": email, "from_date": "2020-01-01"}).insert(ignore_permissions=True)
        frappe.local.hbs_scopes = {}
        return email

    def kinds_of(self, user: str) -> set[str]:
        return {row["kind"] for row in tasks.for_user(user)}


class TestSentences(DeskCase):
    """N5: where, who, until when."""

    def test_every_state_says_who_must_act(self) -> None:
        doc = frappe.get_doc("HBS Record", self.names[0])
        self.set_dates(self.play.world.unit, **dict.fromkeys(("Entry", "Submission"), "2026-05-25"))
        who = {
            states.DRAFT: self.play.school.clerk.name,
            states.INITIALISED: self.teacher.name,
            states.CHECKED: self.teacher.name,
            states.SUBJECT: self.teacher.name,
            states.HOMEROOM: self.play.school_class.homeroom.name,
            states.MANAGER: self.play.school.principal.name,
            states.RELEASE: self.play.school.clerk.name,
            states.RELEASED: self.play.school.clerk.name,
            states.SUBMITTED: "CSDL ngành Hải Phòng",
            states.ACCEPTED: "không ai phải làm gì thêm",
            states.REJECTED: self.play.school.principal.name,
            states.RECALL_REQUESTED: frappe.db.get_value("HBS Unit", "31-HP", "unit_name"),
            states.RECALLED: self.play.school.principal.name,
        }
        self.assertEqual(list(who), list(states.ALL))
        texts = set()
        for state, name in who.items():
            doc.state = state
            rows = [{"stage": "gvbm", "signer_name": self.teacher.name}]
            doc.set("slots", rows if state in (states.CHECKED, states.SUBJECT) else [])
            text = states.sentence(doc, None)
            texts.add(text.split(":")[0])
            self.assertIn(name, text)
            dated = states.STAGE_OF.get(state) in (schedule.ENTRY, schedule.SUBMISSION)
            self.assertEqual("hạn 25/5/2026" in text, dated, text)
            self.assertTrue(text.endswith(".") and len(text) <= 250)
        self.assertEqual(len(texts), len(states.ALL))

    def test_stored_sentence_is_vietnamese_whoever_saved_and_follows_the_dates(self) -> None:
        frappe.local.lang = "en"
        self.play.confirm_and_initialise()
        stored = frappe.db.get_value("HBS Record", self.names[0], "state_sentence")
        self.assertIn("chờ", stored)
        self.assertNotIn("hạn", stored)
        plan = self.set_dates(self.play.world.unit, Check="2026-05-20")
        self.assertIn("hạn 20/5/2026", frappe.db.get_value("HBS Record", self.names[0], "state_sentence"))
        plan.delete()
        self.assertEqual(frappe.db.get_value("HBS Record", self.names[0], "state_sentence"), stored)

    def test_waiting_since_moves_with_the_stage_only(self) -> None:
        self.play.confirm_and_initialise()
        self.play.see()
        long_ago = add_days(frappe.utils.now_datetime(), -5)
        frappe.db.set_value("HBS Record", self.names[0], "waiting_since", long_ago)
        with acting_as(self.teacher_user):
            from hocbaso_app.services import sign

            sign.sign("gvbm", self.names[:1], self.play.pin(self.teacher))
        row = frappe.db.get_value("HBS Record", self.names[0], ["state", "waiting_since", "waiting_for"], as_dict=True)
        self.assertEqual((row.state, getdate(row.waiting_since)), (states.SUBJECT, getdate(long_ago)))
        self.assertNotIn(self.teacher.name, row.waiting_for.split("\n"))

    def test_what_is_derived_is_not_typed(self) -> None:
        with acting_as(self.play.homeroom):
            doc = frappe.get_doc("HBS Record", self.names[0])
            doc.state_sentence, doc.waiting_for = "Xong rồi", "Không ai"
            doc.save()
            self.assertNotEqual(doc.state_sentence, "Xong rồi")
            self.assertEqual(doc.waiting_for, self.play.school.clerk.name)
            doc.waiting_since = "2020-01-01 00:00:00"
            self.assertRaises(frappe.PermissionError, doc.save)


class TestSchedule(DeskCase):
    """Dates of the school and of the offices above it."""

    stage = "draft"

    def test_strictest_date_counts(self) -> None:
        unit, year = self.play.world.unit, self.play.school.school_year
        self.set_dates("31", Entry="2026-05-28", Submission="2026-06-10")
        self.assertEqual(schedule.due(unit, year, schedule.ENTRY), getdate("2026-05-28"))
        self.set_dates(unit, Entry="2026-05-22", Submission="2026-06-15")
        self.assertEqual(schedule.due(unit, year, schedule.ENTRY), getdate("2026-05-22"))
        self.assertEqual(schedule.due(unit, year, schedule.SUBMISSION), getdate("2026-06-10"))
        self.assertIsNone(schedule.due(unit, year, schedule.CHECK))
        self.assertEqual(schedule.due("31-HP", year, schedule.ENTRY), getdate("2026-05-28"))

    def test_stages_keep_their_order(self) -> None:
        for days in ({"Entry": "2026-05-20", "Check": "2026-05-19"}, {"Sealing": "2026-05-20", "Check": "2026-05-21"}):
            with self.assertRaises(frappe.ValidationError):
                self.set_dates(self.play.world.unit, **days)

    def test_who_may_set_dates(self) -> None:
        with acting_as(self.play.homeroom), self.assertRaises(frappe.PermissionError):
            self.set_dates(self.play.world.unit, Entry="2026-05-20")
        with acting_as(self.play.principal):
            self.set_dates(self.play.world.unit, Entry="2026-05-20")
            with self.assertRaises(frappe.PermissionError):
                self.set_dates("31", Entry="2026-05-20")


class TestOpenWork(DeskCase):
    """Who has what to do, by the records' own tables."""

    stage = "draft"

    def test_each_stage_waits_for_the_right_people(self) -> None:
        play = self.play
        self.assertEqual(self.kinds_of(self.teacher_user), {open_work.ENTER})
        self.assertIn(open_work.MEND, self.kinds_of(play.homeroom))
        play.enter()
        for user in (self.teacher_user, play.homeroom, play.clerk):
            self.assertEqual(self.kinds_of(user), set(), user)
        self.assertEqual(self.kinds_of(play.principal), {open_work.CONFIRM})
        play.confirm()
        self.assertEqual(self.kinds_of(play.clerk), {open_work.INITIALISE})
        play.initialise()
        self.assertEqual(self.kinds_of(self.teacher_user), {open_work.CHECK})
        play.see()
        self.assertEqual(self.kinds_of(self.teacher_user), {open_work.SIGN})
        play.sign_subjects()
        self.assertEqual(self.kinds_of(self.teacher_user), set())
        self.assertEqual(self.kinds_of(play.homeroom), {open_work.SIGN})
        play.sign_homeroom()
        self.assertEqual(self.kinds_of(play.principal), {open_work.SIGN})
        play.sign_manager()
        self.assertEqual(self.kinds_of(play.clerk), {open_work.RELEASE})
        play.release()
        self.assertEqual(self.kinds_of(play.clerk), {open_work.SUBMIT})

    def test_numbers_are_those_of_the_raw_rows(self) -> None:
        works = [w for w in open_work.open_work("Administrator") if w.kind == open_work.ENTER]
        raw = dict.fromkeys(self.play.school_class.teachers, 0)
        for name in self.names:
            for row in frappe.get_doc("HBS Record", name).results:
                raw[row.subject_code] += not row.level
        self.assertEqual({w.subject: w.pupils for w in works}, {code: n for code, n in raw.items() if n})
        task = tasks.for_user(self.teacher_user)[0]
        self.assertEqual(task["parts"], sum(raw[code] for code in self.taught_by(self.teacher)))

    def test_late_work_comes_first_and_says_so(self) -> None:
        self.set_dates(self.play.world.unit, Entry=str(add_days(getdate(), -2)), Check=str(add_days(getdate(), 3)))
        task = tasks.for_user(self.teacher_user)[0]
        self.assertTrue(task["late"])
        self.assertEqual(task["days_left"], -2)
        self.play.enter()
        self.play.confirm_and_initialise()
        task = tasks.for_user(self.teacher_user)[0]
        self.assertFalse(task["late"])
        self.assertEqual(task["days_left"], 3)

    def test_an_ended_assignment_moves_the_work_at_once(self) -> None:
        code = self.taught_by(self.teacher)[0]
        key = {"student_group": self.play.group, "kind": "Subject", "subject": code}
        doc = frappe.get_doc("HBS Teaching Assignment", key)
        other = self.play.world.staff[self.play.specialists[1].citizen_id]
        frappe.db.set_value("HBS Teaching Assignment", doc.name, "staff", other)
        frappe.local.hbs_scopes = {}
        works = [w for w in open_work.open_work("Administrator") if w.subject == code]
        self.assertEqual({w.people[0].staff for w in works}, {other})

    def test_queries_do_not_grow_with_the_records(self) -> None:
        def queries(user: str) -> int:
            with Counted() as made:
                tasks.for_user(user)
                progress.by_class(user)
                progress.blocking(user)
            return len(made)

        with acting_as("Administrator"):
            queries(self.play.principal)
            few = queries(self.play.principal)
            frappe.db.delete("HBS Record", {"name": ("in", self.names[1:])})
            self.assertEqual(queries(self.play.principal), few)
        self.assertLess(few, 60)


class TestFaultOwners(DeskCase):
    """Faults find the person whose field it is."""

    @requirement("Y072")
    def test_fault_in_another_subject_is_seen_by_the_homeroom_teacher_and_goes_to_its_teacher(self) -> None:
        self.assertEqual(self.kinds_of(self.teacher_user), set())
        code = self.taught_by(self.teacher)[0]
        with acting_as(self.teacher_user):
            doc = frappe.get_doc("HBS Record", self.names[1])
            row = next(r for r in doc.results if r.subject_code == code)
            row.score = "M" if not row.score else None
            doc.save()
        with acting_as(self.play.homeroom):
            rows = report("HBS Open Faults", student_group=self.play.group)
        self.assertEqual(
            [(r["record"], r["owner"], r["subject"]) for r in rows], [(self.names[1], self.teacher.name, code)]
        )
        (task,) = tasks.for_user(self.teacher_user)
        self.assertEqual((task["kind"], task["pupils"], task["faults"]), (open_work.MEND, 1, 1))
        self.assertEqual(self.kinds_of(self.play.homeroom), set())
        self.assertIn(self.teacher.name, frappe.db.get_value("HBS Record", self.names[1], "state_sentence"))

    def test_each_kind_of_field_has_its_owner(self) -> None:
        from hocbaso_app.services import owners

        expected = {
            ("MUC_DAT_DUOC", "01"): owners.SUBJECT,
            ("NHAN_XET_MON_HOC", "01"): owners.SUBJECT,
            ("NHAN_XET_GVCN", None): owners.HOMEROOM,
            ("PHAM_CHAT_NHAN_AI", None): owners.HOMEROOM,
            ("KET_QUA_XEP_LOAI", None): owners.HOMEROOM,
            ("DUOC_LEN_LOP", None): owners.PRINCIPAL,
            ("NGAY_SINH", None): owners.SCHOOL_DATA,
            ("TEN_GIAO_VIEN_BO_MON", "01"): owners.SCHOOL_DATA,
            ("BO_QUY_TAC", None): owners.SETTINGS,
        }
        self.assertEqual({key: owners.owner_of(*key) for key in expected}, expected)

    @requirement("Y070")
    def test_class_is_complete_only_when_every_check_passes(self) -> None:
        def shown() -> tuple[int, int]:
            (row,) = report("HBS Signing Progress", student_group=self.play.group)
            return row["complete"], row["pupils"]

        self.assertEqual(shown(), (3, 3))
        with acting_as(self.play.homeroom):
            doc = frappe.get_doc("HBS Record", self.names[0])
            doc.kindness = None
            doc.save()
        self.assertEqual(shown(), (2, 3))
        with acting_as(self.play.homeroom):
            doc.kindness = "T"
            doc.save()
        self.assertEqual(shown(), (3, 3))
        frappe.db.set_value("HBS Record", self.names[2], "citizen_id", None)
        with acting_as(self.play.homeroom):
            frappe.get_doc("HBS Record", self.names[2]).save()
        self.assertEqual(frappe.db.get_value("HBS Record", self.names[2], "fault_count"), 0)
        self.assertEqual(shown(), (2, 3))


class TestReturn(DeskCase):
    """A record that came back waits for whoever must mend it."""

    def test_return_waits_for_the_subject_teacher_until_he_mended_it(self) -> None:
        play = self.play
        play.confirm_and_initialise()
        code = self.taught_by(self.teacher)[0]
        with acting_as(play.homeroom):
            check.fault(self.names[0], "Nhận xét nhầm học sinh", code)
        self.assertEqual(self.kinds_of(self.teacher_user), {open_work.MEND, open_work.CHECK})
        self.assertEqual(self.kinds_of(play.clerk), set())
        text = frappe.db.get_value("HBS Record", self.names[0], "state_sentence")
        self.assertIn("Nhận xét nhầm học sinh", text)
        self.assertIn(self.teacher.name, text)
        with acting_as(self.teacher_user):
            doc = frappe.get_doc("HBS Record", self.names[0])
            next(r for r in doc.results if r.subject_code == code).remark = "Em tiến bộ rõ rệt."
            doc.save()
        self.assertEqual(self.kinds_of(self.teacher_user), {open_work.CHECK})
        self.assertEqual(self.kinds_of(play.clerk), {open_work.INITIALISE})

    def test_one_notice_for_a_class_that_came_back(self) -> None:
        play = self.play
        play.confirm_and_initialise()
        before = frappe.db.count("Notification Log", {"for_user": play.homeroom})
        with acting_as(play.principal):
            for name in self.names:
                check.fault(name, "Sai ngày quyết định")
        logs = frappe.get_all(
            "Notification Log", {"for_user": play.homeroom}, ["subject", "email_content"], order_by="creation"
        )
        self.assertEqual(len(logs), before + 1)
        self.assertIn("3 học bạ", logs[-1].subject)
        for name in self.names:
            self.assertIn(frappe.db.get_value("HBS Record", name, "full_name"), logs[-1].email_content)
        with acting_as(play.principal):
            self.assertEqual(
                frappe.db.count("Notification Log", {"for_user": play.principal, "from_user": play.principal}), 0
            )


class TestNumbers(DeskCase):
    """Reports, cards and charts against the raw rows, each inside its reader's scope."""

    @requirement("Y063")
    def test_matrix_of_results_equals_the_raw_data(self) -> None:
        with acting_as(self.teacher_user):
            doc = frappe.get_doc("HBS Record", self.names[0])
            next(r for r in doc.results if r.subject_code in self.taught_by(self.teacher)).level = None
            doc.save()
        with acting_as(self.play.principal):
            shown = {
                row["subject_name"]: row for row in report("HBS Results by Subject", student_group=self.play.group)
            }
        raw: dict[str, list[Any]] = {}
        for name in self.names:
            for row in frappe.get_doc("HBS Record", name).results:
                raw.setdefault(row.subject_name, []).append(row)
        self.assertEqual(shown.keys(), raw.keys())
        for subject, rows in raw.items():
            levels = [row.level for row in rows if row.level]
            marks = [int(row.score) for row in rows if (row.score or "").isdecimal()]
            self.assertEqual(shown[subject]["pupils"], 3)
            self.assertEqual((shown[subject]["entered"], shown[subject]["missing"]), (len(levels), 3 - len(levels)))
            self.assertEqual([shown[subject][f"level_{level}"] for level in "THCM"], [levels.count(x) for x in "THCM"])
            self.assertEqual(shown[subject]["marks"], len(marks))
            self.assertEqual(shown[subject]["average"], round(sum(marks) / len(marks), 1) if marks else None)
        self.assertEqual(sum(row["missing"] for row in shown.values()), 1)

    def test_progress_counts_every_record_once_in_its_column(self) -> None:
        play = self.play
        play.confirm_and_initialise()
        play.see()
        with acting_as(play.principal):
            check.return_record(self.names[0], "Sai")
            (row,) = report("HBS Signing Progress", student_group=play.group)
        self.assertEqual((row["pupils"], row["entry"], row["subjects"]), (3, 1, 2))
        self.assertEqual(sum(row[name] for name in progress.COLUMNS), 3)
        self.assertEqual(row["complete"], 2)
        self.assertEqual({state for held in progress.COLUMNS.values() for state in held}, set(states.ALL))

    def test_unsigned_parts_and_chain_name_who_is_waited_for(self) -> None:
        play = self.play
        play.confirm_and_initialise()
        play.see()
        since = add_days(frappe.utils.now_datetime(), -3)
        for name in self.names:
            frappe.db.set_value("HBS Record", name, "waiting_since", since)
        self.set_dates(play.world.unit, **{"Subject signing": str(add_days(getdate(), -1))})
        with acting_as(play.principal):
            parts = report("HBS Unsigned Parts", student_group=play.group, signer=self.teacher.name)
            chain = report("HBS Blocking Chain", student_group=play.group)
        self.assertEqual(len(parts), len(self.taught_by(self.teacher)))
        for row in parts:
            self.assertEqual((row["pupils"], row["late"], getdate(row["since"])), (3, 1, getdate(since)))
        (row,) = [row for row in chain if row["person"] == self.teacher.name]
        self.assertEqual((row["pupils"], row["days"]), (3, 3))
        school = play.school
        waiting = {play.school_class.homeroom.name, school.principal.name, school.clerk.name} - {self.teacher.name}
        self.assertEqual(set(row["behind_names"].split(", ")), waiting)
        self.assertIn(f"chờ {self.teacher.name} 3 ngày, 3 học sinh", in_vietnamese(progress.chain_sentence, row))

    def test_teacher_sees_nothing_of_a_class_that_is_not_his(self) -> None:
        idle = self.make_user("gv.la@example.invalid", roles.SUBJECT_TEACHER, self.play.world.unit)
        with acting_as(idle):
            frappe.local.hbs_scopes = {}
            for name in REPORTS:
                self.assertEqual(report(name), [], name)
            answer = desk_api.my_work()
            self.assertEqual((answer["tasks"], answer["classes"], answer["blocking"]), ([], [], []))
            self.assertEqual(desk_api.choices()["student_group"], [])
            self.assertEqual(desk_api.parts_waiting_for_me()["value"], 0)
            self.assertEqual(sum(desk_api.records_by_state()["datasets"][0]["values"]), 0)
            self.assertEqual(sum(desk_api.signatures_per_day()["datasets"][0]["values"]), 0)

    def test_principal_of_another_school_sees_nothing(self) -> None:
        unit = {"doctype": "HBS Unit", "code": "31999966", "unit_name": "Trường Khác", "kind": "School"}
        frappe.get_doc({**unit, "parent_hbs_unit": "31-HP", "valid_from": "2020-01-01"}).insert()
        other = self.make_user("ht.khac@example.invalid", roles.PRINCIPAL, "31999966")
        with acting_as(other):
            for name in REPORTS:
                self.assertEqual(report(name), [], name)
            self.assertEqual(desk_api.my_work()["classes"], [])

    def test_reports_are_closed_to_those_without_a_role(self) -> None:
        user = {"doctype": "User", "email": "nguoila@example.invalid", "first_name": "Lạ", "send_welcome_email": 0}
        frappe.get_doc({**user, "roles": [{"role": "System Manager"}]}).insert(ignore_permissions=True)
        with acting_as("nguoila@example.invalid"):
            for name in REPORTS:
                with self.assertRaises(frappe.PermissionError):
                    report(name)
            for call in (desk_api.choices, desk_api.records_by_state, desk_api.signatures_per_day):
                self.assertRaises(frappe.PermissionError, call)
            self.assertEqual(desk_api.my_work()["tasks"], [])

    def test_chart_and_cards_equal_the_records(self) -> None:
        self.play.confirm_and_initialise()
        self.play.see()
        self.play.sign_subjects()
        signed = frappe.db.count("HBS Record Slot", {"signed_at": ("is", "set"), "parent": ("in", self.names)})
        self.assertGreater(signed, 0)
        with acting_as(self.play.principal):
            self.assertEqual(sum(desk_api.signatures_per_day()["datasets"][0]["values"]), signed)
            by_state = desk_api.records_by_state()
            self.assertEqual(sum(by_state["datasets"][0]["values"]), frappe.db.count("HBS Record"))
        parts = len(self.names)
        with acting_as(self.play.homeroom):
            self.assertEqual(desk_api.parts_waiting_for_me()["value"], parts)
            self.assertEqual(desk_api.parts_of_mine_late()["value"], 0)

    def test_forms_offer_the_classes_of_ones_own_school_only(self) -> None:
        from frappe.desk.search import search_link

        unit = {"doctype": "HBS Unit", "code": "31999966", "unit_name": "Trường Khác", "kind": "School"}
        frappe.get_doc({**unit, "parent_hbs_unit": "31-HP", "valid_from": "2020-01-01"}).insert()
        other = self.make_user("ht.khac@example.invalid", roles.PRINCIPAL, "31999966")
        for user, classes in (
            (self.play.principal, [self.play.group]),
            (self.teacher_user, [self.play.group]),
            (other, []),
        ):
            with acting_as(user):
                found = [row["value"] for row in search_link("Student Group", "")]
                self.assertEqual([name for name in found if name == self.play.group], classes)
                years = [row["value"] for row in search_link("Academic Year", "")]
                self.assertIn(self.play.school.school_year, years)
                with self.assertRaises(frappe.PermissionError):
                    frappe.get_doc("Student Group", self.play.group).check_permission("read")

    def test_whole_desk_loads_for_every_role(self) -> None:
        from frappe.desk.desktop import get_desktop_page, get_workspace_sidebar_items

        for user in (self.teacher_user, self.play.homeroom, self.play.principal, self.play.clerk):
            with acting_as(user):
                pages = {page["title"]: page for page in get_workspace_sidebar_items()["pages"]}
                page = get_desktop_page(frappe.as_json(pages["Digital record"]))
                self.assertEqual([block.custom_block_name for block in page["custom_blocks"]["items"]], ["HBS My Work"])
                self.assertEqual(len(page["number_cards"]["items"]), 9)
                self.assertEqual(len(page["charts"]["items"]), 1)


class TestDigest(DeskCase):
    """One a day, only what waits, never to parents."""

    stage = "draft"

    def logs(self, user: str) -> list[Any]:
        columns = ["subject", "email_content", "link"]
        return frappe.get_all("Notification Log", {"for_user": user}, columns, order_by="creation")

    def test_one_digest_a_day_with_the_late_first_and_what_came_back(self) -> None:
        play = self.play
        self.set_dates(play.world.unit, Entry=str(add_days(getdate(), -1)))
        frappe.local.lang = "en"
        counts = digest_job.send_all()
        self.assertGreater(counts["sent"], 0)
        self.assertEqual(counts["failed"], 0)
        (log,) = self.logs(self.teacher_user)
        self.assertIn("đã trễ hạn", log.email_content)
        self.assertIn(play.group, log.email_content)
        self.assertIn("việc đã trễ hạn", log.subject)
        self.assertEqual(digest_job.send_all()["sent"], 0)
        self.assertEqual(len(self.logs(self.teacher_user)), 1)
        with patch.object(digest, "getdate", return_value=getdate(add_days(getdate(), 1))):
            self.assertGreater(digest_job.send_all()["sent"], 0)
        self.assertEqual(len(self.logs(self.teacher_user)), 2)

    def test_nothing_waits_nothing_is_sent(self) -> None:
        self.play.enter()
        digest_job.send_all()
        self.assertEqual(self.logs(self.teacher_user), [])
        self.assertEqual(len(self.logs(self.play.principal)), 1)

    def test_only_staff_in_force_with_a_login_is_written_to(self) -> None:
        staff = frappe.get_doc("HBS Staff Member", {"user": self.teacher_user})
        self.assertIn(self.teacher_user, digest.recipients())
        staff.to_date = add_days(getdate(), -1)
        staff.save()
        self.assertNotIn(self.teacher_user, digest.recipients())
        frappe.db.set_value("User", self.play.homeroom, "enabled", 0)
        self.assertNotIn(self.play.homeroom, digest.recipients())
        parents = frappe.get_all("User", {"user_type": "Website User"}, pluck="name", order_by="name")
        self.assertFalse(set(parents) & set(digest.recipients()))

    def test_what_came_back_is_said_with_its_remark(self) -> None:
        self.play.enter()
        self.play.confirm_and_initialise()
        with acting_as(self.play.principal):
            check.fault(self.names[0], "Nhận xét <b>nhầm</b> tên")
        name = digest.send(self.play.homeroom)
        text = frappe.db.get_value("Notification Log", name, "email_content")
        self.assertIn("Nhận xét &lt;b&gt;nhầm&lt;/b&gt; tên", text)
        self.assertIn(frappe.db.get_value("HBS Record", self.names[0], "full_name"), text)

    def test_mail_only_where_the_site_can_send_and_the_person_wants_it(self) -> None:
        frappe.db.delete("Email Queue")
        digest.send(self.teacher_user)
        self.assertEqual(frappe.db.count("Email Queue"), 0)
        account: dict[str, Any] = {
            "doctype": "Email Account",
            "email_id": "truong@example.invalid",
            "email_account_name": "HBS thử",
        }
        account |= {"enable_outgoing": 1, "default_outgoing": 1, "smtp_server": "localhost", "password": "x"}
        doc = frappe.get_doc(account)
        doc.flags.ignore_validate = doc.flags.ignore_mandatory = True
        doc.insert(ignore_permissions=True)
        frappe.flags.mute_emails = False
        frappe.db.set_value("Notification Settings", self.play.homeroom, "enable_email_notifications", 0)
        digest.send(self.play.homeroom)
        self.assertEqual(frappe.db.count("Email Queue"), 0)
        digest.send(self.play.world.user_of(self.play.specialists[1]))
        self.assertEqual(frappe.db.count("Email Queue"), 1)


REPORTS = (
    "HBS Signing Progress",
    "HBS Blocking Chain",
    "HBS Unsigned Parts",
    "HBS Open Faults",
    "HBS Results by Subject",
)


def in_vietnamese(call: Any, *args: Any) -> str:
    with states.in_vietnamese():
        return str(call(*args))


def report(name: str, **filters: Any) -> list[dict[str, Any]]:
    """Rows of a report as the session's user gets them."""
    from frappe.desk.query_report import run

    return [row for row in run(name, filters)["result"] if isinstance(row, dict)]


class Counted:
    """Collects the SQL that is run inside."""

    def __enter__(self) -> list[str]:
        self.made: list[str] = []
        self.sql = frappe.db.sql

        def sql(query: Any, *args: Any, **kwargs: Any) -> Any:
            self.made.append(str(query))
            return self.sql(query, *args, **kwargs)

        frappe.db.sql = sql
        return self.made

    def __exit__(self, *_error: object) -> None:
        frappe.db.sql = self.sql

"""Nobody stops the sending silently: with a reason, seen above, ended with a note; past the desk it is found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import frappe

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.exchange.sandbox.faults import Fault
from hocbaso_app.hocbaso_app.report.hbs_unsent_records import hbs_unsent_records
from hocbaso_app.services import alarm, holds, submit
from hocbaso_app.setup import roles
from hocbaso_app.tests.portal import work
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_exchange_site import ExchangeCase, rows
from hocbaso_app.tests.test_isolation import OTHER, other_school, school_person
from hocbaso_app.tests.world import acting_as

REASON = "Đang chuyển đường truyền internet của trường, thợ hẹn chiều nay"
OTHER_OFFICE = "31-XX"


class HoldCase(ExchangeCase):
    """Officers above the school, and one of another office."""

    def setUp(self) -> None:
        super().setUp()
        self.unit = self.play.world.unit
        self.admin = frappe.db.get_value("User", {"email": ("like", "quantri@%")})
        office = {"doctype": "HBS Unit", "code": OTHER_OFFICE, "unit_name": "Phòng khác", "kind": "Office"}
        frappe.get_doc({**office, "parent_hbs_unit": "31", "valid_from": "2020-01-01"}).insert(ignore_permissions=True)
        self.department = school_person("so@example.invalid", roles.DEPARTMENT_OFFICER, "31")
        self.office = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")
        self.other = school_person("phong.khac@example.invalid", roles.OFFICE_OFFICER, OTHER_OFFICE)
        frappe.local.hbs_scopes = {}

    def told(self, user: str) -> list[str]:
        """Alerts about holds."""
        where = {"for_user": user, "document_type": holds.DOCTYPE}
        return frappe.get_all("Notification Log", where, pluck="subject", order_by="creation")

    def held(self) -> list[Any]:
        """Open holds."""
        return frappe.get_all(holds.DOCTYPE, {"ended_at": ("is", "not set")}, ["*"], order_by="name")


class TestPause(HoldCase):
    """By a person, at one school."""

    @requirement("Y044")
    def test_the_department_sees_who_paused_the_sending_why_and_since_when(self) -> None:
        before = frappe.utils.now_datetime()
        with acting_as(self.admin):
            name = holds.hold(self.unit, REASON)
        work()
        self.assertEqual(({r.state for r in rows()}, self.city.outcomes()), ({"Queued"}, 0))
        for officer in (self.department, self.office):
            with acting_as(officer):
                columns = ["unit", "reason", "started_by", "started_at", "unsent"]
                (seen,) = frappe.get_list(holds.DOCTYPE, {"name": name}, columns, order_by="name")
                frappe.get_doc(holds.DOCTYPE, name).check_permission("read")
                _columns, (row,) = hbs_unsent_records.execute()
            self.assertEqual((seen.unit, seen.reason, seen.started_by), (self.unit, REASON, self.admin))
            self.assertGreaterEqual(seen.started_at, before.replace(microsecond=0))
            self.assertEqual(seen.unsent, 2)
            (text,) = self.told(officer)
            who = frappe.db.get_value("User", self.admin, "full_name")
            for part in (who, REASON, seen.started_at.strftime("%H:%M")):
                self.assertIn(part, frappe.utils.strip_html(text) or text)
                self.assertIn(part, row["stopped"])
            self.assertEqual((row["unit"], row["waiting"]), (self.unit, 2))
        with acting_as(self.other):
            self.assertEqual(frappe.get_list(holds.DOCTYPE, order_by="name"), [])
            self.assertEqual(hbs_unsent_records.execute()[1], [])
        self.assertEqual(self.told(self.other), [])
        (up,) = holds.current(self.unit)
        self.assertEqual((up["by"], up["reason"], up["what"]), (who, REASON, holds.PAUSED))
        self.assertIsNotNone(datetime.fromisoformat(up["since"]).tzinfo)
        with acting_as(self.play.principal):
            holds.release(self.unit, "Đường truyền đã có lại")
        work()
        self.assertEqual((self.states(), self.city.outcomes()), (["Accepted", "Accepted"], 2))
        self.assertEqual(len(self.told(self.department)), 2)
        self.assertEqual(holds.current(self.unit), [])

    def test_a_reason_is_a_sentence_and_only_some_may(self) -> None:
        with acting_as(self.admin):
            for reason in ("", "   ", "nghỉ"):
                with self.assertRaises(HbsError):
                    holds.hold(self.unit, reason)
        for person in (self.play.homeroom, self.play.clerk, self.other):
            with acting_as(person), self.assertRaises(NotYoursError):
                holds.hold(self.unit, REASON)
        with acting_as(self.admin), self.assertRaises(NotYoursError):
            other_school()
            holds.hold(OTHER, REASON)
        self.assertEqual(self.held(), [])
        with acting_as(self.office):
            holds.hold(self.unit, REASON)
        with acting_as(self.admin):
            with self.assertRaises(HbsError):
                holds.hold(self.unit, REASON)
            with self.assertRaises(HbsError):
                holds.release(self.unit, " ")

    def test_what_was_sent_is_still_asked_about(self) -> None:
        self.city.fault(Fault.LOST_QUERY, -1)
        work(patience=0.5)
        self.assertEqual({r.state for r in rows()}, {"Sent"})
        with acting_as(self.admin):
            holds.hold(self.unit, REASON)
        self.city.fault(Fault.LOST_QUERY, 0)
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])

    def test_the_desk_says_so_and_no_attempt_is_counted(self) -> None:
        with acting_as(self.admin):
            holds.hold(self.unit, REASON)
        for _ in range(3):
            work()
        self.assertEqual([(r.state, r.attempts, r.next_attempt_at) for r in rows("attempts", "next_attempt_at")],
                         [("Queued", 0, None)] * 2)  # fmt: skip
        with acting_as(self.play.clerk):
            with self.assertRaises(HbsError) as caught:
                submit.now(self.names)
            self.assertIn(REASON, str(caught.exception))
            self.assertIn(REASON, submit.receipt(self.names[0])["held_up"])
        self.assertIn(REASON, frappe.db.get_value("HBS Portal Account", self.unit, "last_error"))

    def test_nobody_edits_it(self) -> None:
        with acting_as(self.admin):
            name = holds.hold(self.unit, REASON)
        doc = frappe.get_doc(holds.DOCTYPE, name)
        doc.reason = "Không có gì"
        with self.assertRaises(EvidenceError):
            doc.save()
        with self.assertRaises(EvidenceError):
            frappe.delete_doc(holds.DOCTYPE, name, force=True, ignore_permissions=True)
        actions = frappe.get_all("HBS Audit Entry", {"reference_name": name}, pluck="action", order_by="name")
        self.assertEqual(actions, ["hold queue"])


class TestOtherWays(HoldCase):
    """Everything else that stops the sending."""

    def settings(self, **values: Any) -> Any:
        """Saved by the form."""
        doc = frappe.get_single("HBS Settings")
        doc.update(values)
        doc.save()
        return doc

    def test_switching_the_connector_off_needs_a_reason_and_is_seen(self) -> None:
        with self.assertRaises(HbsError):
            self.settings(connector_enabled=0)
        self.settings(connector_enabled=0, connector_off_reason=REASON)
        work()
        self.assertEqual({r.state for r in rows()}, {"Queued"})
        (held,) = self.held()
        self.assertEqual((held.kind, held.reason, held.unit), (holds.SWITCHED_OFF, REASON, self.unit))
        self.assertEqual(len(self.told(self.department)), 1)
        self.settings(connector_enabled=1)
        self.assertEqual(self.held(), [])
        work()
        self.assertEqual(self.states(), ["Accepted", "Accepted"])

    def test_what_is_stopped_past_the_desk_is_found_and_told_once(self) -> None:
        self.assertEqual(holds.notice_stops(), self._background())
        frappe.db.set_single_value("HBS Settings", "connector_enabled", 0)
        (name,) = holds.notice_stops()
        self.assertEqual(holds.notice_stops(), [])
        found = frappe.get_doc(holds.DOCTYPE, name)
        self.assertEqual((found.kind, found.started_by), (holds.SWITCHED_OFF, None))
        self.assertTrue(any("không rõ ai" in text for text in self.told(self.department)))
        frappe.db.set_single_value("HBS Settings", "connector_enabled", 1)
        holds.notice_stops()
        self.assertIsNotNone(frappe.db.get_value(holds.DOCTYPE, name, "ended_at"))

    def _background(self) -> list[str]:
        """This site's own scheduler may be off: then that is what is found first."""
        return frappe.get_all(holds.DOCTYPE, {"kind": holds.STOPPED}, pluck="name", order_by="name")

    def test_the_scheduled_work_is_not_stopped_without_a_reason(self) -> None:
        job = frappe.get_doc("Scheduled Job Type", {"method": holds.JOBS[0]})
        job.stopped = 1
        with self.assertRaises(HbsError) as caught:
            job.save()
        self.assertIn(self.unit, str(caught.exception))
        system = frappe.get_doc("System Settings")
        frappe.db.set_single_value("System Settings", "enable_scheduler", 1)
        system.reload()
        system.enable_scheduler = 0
        with self.assertRaises(HbsError):
            system.save()
        with acting_as(self.admin):
            holds.hold(self.unit, REASON)
        job.reload()
        job.stopped = 1
        job.save()
        self.assertTrue(holds.notice_stops() or self._background())

    def test_a_stopped_scheduler_is_found_at_the_next_log_in(self) -> None:
        from hocbaso_app.jobs import exchange

        frappe.db.set_value("Scheduled Job Type", {"method": holds.JOBS[0]}, "stopped", 1)
        frappe.cache.delete(frappe.cache.make_key("hbs-stops-looked-at"))
        exchange.at_log_in()
        (held,) = self.held()
        self.assertEqual((held.kind, held.unit), (holds.STOPPED, self.unit))
        self.assertIn(holds.sentence(held), alarm.why(self.unit))
        frappe.cache.delete(frappe.cache.make_key("hbs-stops-looked-at"))

    def test_an_account_with_records_in_the_queue_is_not_deleted(self) -> None:
        frappe.db.savepoint("account")
        with self.assertRaises(HbsError):
            frappe.delete_doc("HBS Portal Account", self.unit)
        frappe.db.rollback(save_point="account")  # as a request that fails does
        work()
        frappe.delete_doc("HBS Portal Account", self.unit)

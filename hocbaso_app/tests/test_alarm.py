"""The alarm's three ways to be late, and who is told of them."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.tests.utils import FrappeTestCase

from hocbaso_app.hocbaso_app.report.hbs_unsent_records import hbs_unsent_records
from hocbaso_app.services import alarm
from hocbaso_app.setup import roles
from hocbaso_app.tests.portal import no_jobs
from hocbaso_app.tests.test_isolation import school_person
from hocbaso_app.tests.world import Play, acting_as


class TestAlarm(FrappeTestCase):
    """Three records: ready for the seal, then released without a queue row, then in the queue."""

    play: Play

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        frappe.local.hbs_trust = None
        frappe.local.hbs_scopes = {}
        frappe.db.delete("HBS Submission")
        with no_jobs():
            cls.play = Play(pupils=3, grade=3)
            cls.names = cls.play.until("manager")
        cls.unit = cls.play.world.unit
        cls.officer = school_person("phong@example.invalid", roles.OFFICE_OFFICER, "31-HP")

    def after(self, hours: int) -> dict[str, alarm.Late]:
        """What is late by then."""
        moment = frappe.utils.now_datetime() + timedelta(hours=hours)
        with patch.object(alarm, "now_datetime", lambda: moment):
            return alarm.overdue(24)

    def warn(self, hours: int) -> int:
        """The hourly watch, so many hours from now."""
        moment = frappe.utils.now_datetime() + timedelta(hours=hours)
        with patch.object(alarm, "now_datetime", lambda: moment):
            return alarm.warn()

    def told(self, user: str) -> list[str]:
        """Alarms."""
        where = {"for_user": user, "document_type": "HBS Unit", "document_name": self.unit}
        return frappe.get_all("Notification Log", where, pluck="subject", order_by="creation")

    def test_signed_and_nowhere_near_the_authority(self) -> None:
        self.assertEqual(self.after(23), {})
        late = self.after(25)[self.unit]
        self.assertEqual((late.unsealed, late.missing, late.unsent), (3, 0, 0))
        early = frappe.utils.now_datetime() - timedelta(hours=25)
        for name in self.names:
            frappe.db.set_value("HBS Record", name, "waiting_since", early, update_modified=False)
        self.assertEqual([alarm.warn(), alarm.warn()], [3, 0], "once a day")
        (text,) = self.told(self.play.clerk)
        self.assertIn("3 học bạ đã ký, chờ đóng dấu quá 24 giờ", text)
        self.assertEqual(self.told(self.officer), [])
        with no_jobs():
            self.play.release()
        kept = frappe.get_all("HBS Submission", pluck="name", order_by="name")
        frappe.db.savepoint("queued")
        frappe.db.delete("HBS Submission", {"name": ("in", kept[:2])})
        late = self.after(25)[self.unit]
        self.assertEqual((late.unsealed, late.missing, late.unsent), (0, 2, 1))
        self.assertEqual(self.warn(50), 3)
        (above,) = self.told(self.officer)
        self.assertIn("quá 48 giờ", above)
        self.assertIn(self.play.school.name, above)
        with acting_as(self.officer):
            (row,) = hbs_unsent_records.execute()[1]
            self.assertEqual((row["unit"], row["waiting"], row["unsealed"]), (self.unit, 3, 0))
        self.assertEqual(alarm.card(self.play.clerk)["value"], 0, "not late yet")

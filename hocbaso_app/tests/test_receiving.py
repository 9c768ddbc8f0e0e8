"""The receiving side on a site, over real HTTP: taken in at once, verified by workers, answered record by record."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import frappe

from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.package import pack
from hocbaso_app.services import connector, convert
from hocbaso_app.tests.authority import Authority, running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.portal import no_jobs
from hocbaso_app.tests.world import Play, state


class ReceivingTestCase(CommittedTestCase):
    """A school with four released records and its authority on one site; nothing has been sent before each test."""

    play: Play
    city: Authority
    names: list[str]

    @classmethod
    def make_world(cls) -> None:
        with no_jobs():
            cls.play = Play(pupils=4, grade=4)
            cls.names = cls.play.until("released")
        frappe.db.commit()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.city = stack.enter_context(running_authority(cls.play))

    def setUp(self) -> None:
        frappe.db.rollback()
        values = {"state": "Queued", "message_id": None, "claimed_until": None, "next_attempt_at": None, "attempts": 0}
        values |= {"error": None, "error_code": None, "receipt": None, "receipt_number": None, "received_at": None}
        for name in frappe.get_all("HBS Submission", pluck="name", order_by="name"):
            frappe.db.set_value("HBS Submission", name, values)
        for name in self.names:
            frappe.db.set_value("HBS Record", name, "state", "Released")
        for doctype in ("HBS Received Record", "HBS Incoming Item", "HBS Incoming Message", "HBS Recall Case"):
            frappe.db.delete(doctype)
        frappe.db.commit()

    def files(self) -> list[bytes]:
        """The released files in roll order."""
        found = []
        for name in self.names:
            version = frappe.db.get_value("HBS Record", name, "version")
            found.append(base64.b64decode(frappe.db.get_value("HBS Record Version", version, "content")))
        return found

    def send(self, *files: bytes, message_id: str | None = None) -> str:
        """A message as any software might make it; gives its number."""
        message_id = message_id or str(uuid4())
        self.city.client().submit(pack(files, connector.key(self.play.world.unit), convert.now()), message_id)
        return message_id

    def refusal_of(self, action: Any) -> str:
        """The code with which something is refused."""
        with self.assertRaises(RefusedError) as caught:
            action()
        return caught.exception.code


class TestReceiving(ReceivingTestCase):
    def test_sent_taken_verified_answered(self) -> None:
        self.city.school_sends()
        self.assertEqual([m.status for m in self.city.messages()], ["Waiting"])
        self.assertEqual(self.city.held(), [])
        self.assertEqual({state(name) for name in self.names}, {"Submitted"})
        self.assertEqual(self.city.settle(), 1)
        self.assertEqual(len(self.city.held()), 4)
        self.city.school_sends()
        self.assertEqual({state(name) for name in self.names}, {"Accepted"})

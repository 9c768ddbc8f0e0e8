"""One database that is now the authority's site, now the school's: what is the other side's is put away meanwhile.

Between the two goes only what would go over the wire. (Two real sites with real HTTP stand in ``tests/two_sites``.)
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import frappe

from hocbaso_app.exchange import upward
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.upward import Report
from hocbaso_app.permissions import scope
from hocbaso_app.services import schedule
from hocbaso_app.services.channel import bulletins, reports, taking, telling
from hocbaso_app.services.locks import windows
from hocbaso_app.setup.demo import authority as demo_authority
from hocbaso_app.setup.demo import portal as demo_portal
from hocbaso_app.tests.world import Play

DEPARTMENT = "31"
PARTED = (
    "HBS Notice",
    "HBS Notice Receipt",
    "HBS Notice Unit",
    "HBS Lock Window",
    "HBS Lock Window Unit",
    "HBS Outage",
    "HBS Schedule",
    "HBS Schedule Stage",
    "HBS Channel",
    "HBS Bulletin",
    "HBS Unit Report",
    "HBS Unit Progress",
    "HBS Queue Hold",
    "HBS Frozen Report",
    "HBS Record",
    "HBS Submission",
    "HBS Reconciliation",
)
"""Documents of which each side has its own."""


class Sides:
    """Begins as the school's site."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.unit = play.world.unit
        self.account = Account("th-hoa-phuong", self.unit)
        demo_authority.open_authority(DEPARTMENT, demo_portal.department(), "http://127.0.0.1:9")
        demo_portal.connect(self.unit, play.world.pins[play.school.code], "http://127.0.0.1:9")
        self._away: dict[str, list[Any]] = {doctype: [] for doctype in PARTED}
        self.here = "school"
        self._receive(False)

    def authority(self) -> None:
        """From now on this is the department's site."""
        self._turn("authority")

    def school(self) -> None:
        """From now on this is the school's site."""
        self._turn("school")

    def _turn(self, side: str) -> None:
        if self.here == side:
            return
        for doctype, rows in self._away.items():
            mine = list(frappe.db.sql(f"select * from `tab{doctype}` order by name"))
            frappe.db.sql(f"delete from `tab{doctype}`")
            for row in rows:
                frappe.db.sql(f"insert into `tab{doctype}` values ({', '.join(['%s'] * len(row))})", row)
            self._away[doctype] = mine
        self.here = side
        self._receive(side == "authority")

    def _receive(self, receives: bool) -> None:
        frappe.db.set_single_value("HBS Receiving Settings", "enabled", int(receives))
        self.forget()

    def forget(self) -> None:
        """What was read before is not what stands now."""
        frappe.clear_document_cache("HBS Receiving Settings", "HBS Receiving Settings")
        windows.forget()
        schedule.forget()
        scope.forget_scopes()

    def question(self) -> dict[str, Any]:
        """What the school's site asks with."""
        self.school()
        return {"nonce": secrets.token_hex(16), "have": taking._have(self.unit)}

    def answer(self, question: dict[str, Any]) -> bytes:
        """The bulletin that the department's site gives."""
        self.authority()
        found = bulletins.answer(self.account, over_the_wire(question))
        return base64.b64decode(over_the_wire(found)["bulletin"])

    def bulletin(self) -> bool:
        """Asked, answered, taken; whether it said something new. Ends on the school's site."""
        question = self.question()
        token = self.answer(question)
        self.school()
        return taking.take(self.unit, token, question["nonce"])

    def report(self) -> Report:
        """What the school's site would tell now."""
        self.school()
        return telling.of(self.unit)

    def deliver(self, report: Report) -> dict[str, Any]:
        """It arrives. Ends on the department's site."""
        self.authority()
        return reports.answer(self.account, over_the_wire(upward.to_json(report)))


def over_the_wire(body: dict[str, Any]) -> dict[str, Any]:
    """As JSON there and back."""
    found: dict[str, Any] = json.loads(json.dumps(body))
    return found

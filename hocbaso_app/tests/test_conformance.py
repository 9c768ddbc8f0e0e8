"""The conformance suite against this site as the receiving authority, over real HTTP: what the sandbox passes, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import frappe

from hocbaso_app.command.conformance.material import practice
from hocbaso_app.command.conformance.suite import Bench, Outcome, checks, run
from hocbaso_app.command.conformance.wire import Account, Wire
from hocbaso_app.demo.keyring import KeyRing
from hocbaso_app.exchange.codes import code_set
from hocbaso_app.services import keys
from hocbaso_app.services.public import tally
from hocbaso_app.services.recall_cases import decide as recall_decisions
from hocbaso_app.services.receiving import registrations
from hocbaso_app.tests.authority import DEPARTMENT, Authority, running_authority
from hocbaso_app.tests.committed import CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.world import Play, acting_as


class SiteOfficer:
    """Decides on the desk: certificates at the receiving unit, recalls at the tier that the settings name."""

    def __init__(self, authority: Authority) -> None:
        self._officer = authority.officer

    def decide_certificate(self, message_id: str, *, approve: bool, note: str = "") -> bool:
        frappe.db.commit()
        self._as(self._officer, lambda: registrations.decide(message_id, approve=approve, note=note))
        return True

    def decide_recall(self, message_id: str, code: str, *, approve: bool, note: str = "") -> bool:
        frappe.db.commit()
        where = {"message": message_id, "received_record": code}
        (case,) = frappe.get_all("HBS Recall Case", where, ["name", "office"], order_by="name")
        login = "chuyenvien.so" if case.office == DEPARTMENT else "canbo.xa"
        officer = f"{login}@{self._officer.partition('@')[2]}"
        self._as(officer, lambda: recall_decisions.decide(case.name, approve=approve, note=note))
        return True

    def _as(self, user: str, step: Callable[[], Any]) -> None:
        """Nothing stays locked when it fails: the portal's own requests come on other connections."""
        try:
            with acting_as(user):
                step()
            frappe.db.commit()
        finally:
            frappe.db.rollback()


def key_ring(play: Play) -> KeyRing:
    """The keys of the made-up school's staff, as they lie on the site."""
    own: dict[str, Any] = {}
    for row in frappe.get_all("HBS Certificate", {"unit": play.world.unit}, ["*"], order_by="name"):
        number = frappe.db.get_value("HBS Staff Member", row.staff, "citizen_id") if row.staff else play.school.code
        own[number] = keys.open_key(row.sha256, play.world.pins[number])
    seal = own.pop(play.school.code)
    return KeyRing(own, seal)


class TestConformance(CommittedTestCase):
    """One class of one school, and its authority on the same site."""

    play: ClassVar[Play]

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=3, grade=5)

    @requirement("Y104")
    def test_the_site_passes_what_the_sandbox_passes(self) -> None:
        with running_authority(self.play) as authority:
            self.addCleanup(tally.forget)
            access = authority.access
            account = Account(access["user_name"], access["password"], authority.unit, 2025)
            wire = Wire(authority.address, account, code_set())
            material = practice(self.play.school, key_ring(self.play))

            def tick() -> None:
                authority.settle()

            bench = Bench(wire, material, SiteOfficer(authority), tick, 3)
            found = {r.check.name: r for r in run(bench)}
        wrong = {name: r.detail for name, r in found.items() if r.outcome is not Outcome.PASSED}
        self.assertEqual(wrong, {})
        self.assertEqual(len(found), len(checks()))

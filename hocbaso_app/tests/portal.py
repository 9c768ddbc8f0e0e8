"""The city's portal for tests: the core's own sandbox over HTTP on this machine, never a mock."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import patch

import frappe

from hocbaso_app.exchange.outbox import BackOff
from hocbaso_app.exchange.sandbox.app import Login, PortalApp
from hocbaso_app.exchange.sandbox.faults import Fault, Faults
from hocbaso_app.exchange.sandbox.portal import Portal
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.exchange.sandbox.store import Store
from hocbaso_app.services import connector, recall_exchange, submit, trust
from hocbaso_app.setup.demo import portal as demo_portal
from hocbaso_app.tests.world import Play

OFFICER = "can-bo-so"


@dataclass
class City:
    """A running portal and the school's connector towards it."""

    app: PortalApp
    address: str

    @property
    def portal(self) -> Portal:
        """The receiving side."""
        return self.app.portal

    def fault(self, fault: Fault, times: int = 1) -> None:
        """It will go wrong so often."""
        self.app.faults.switch(fault, times)

    def held(self) -> list[str]:
        """Codes of the records it holds, recalled ones too, in the order in which they came."""
        return [row["code"] for row in self.portal.store.all("SELECT code FROM record ORDER BY number")]

    def outcomes(self) -> int:
        """How many files it ever took in hand: more than records means that something was sent twice."""
        return int(self.portal.store.all("SELECT COUNT(*) AS n FROM outcome")[0]["n"])

    def hold_another(self, doc: Any) -> None:
        """It has an older record of this pupil and year that was never recalled."""
        row = {"code": "00000000-0000-4000-8000-00000000000a", "sha256": "0" * 64, "data": b"", "school": doc.unit}
        row |= {
            "pupil": doc.pupil_code,
            "year": doc.school_year,
            "page": f"{doc.page_kind} {doc.from_date}",
            "issue": "1",
        }
        row |= {"received_at": "", "number": "HP-0", "receipt": b"", "link": ""}
        names, marks = ",".join(row), ",".join("?" * len(row))
        self.portal.store.run(f"INSERT INTO record ({names}) VALUES ({marks})", *row.values())

    def decide(self, message_id: str, code: str, *, approve: bool, note: str = "") -> None:
        """An officer decides about a recall."""
        self.portal.decide_recall(message_id, code, approve=approve, by=OFFICER, note=note)


@contextmanager
def commits_as_savepoints() -> Iterator[None]:
    """A commit keeps what was done so far, a rollback returns to it, and yet the test can take back everything."""
    real = frappe.db.rollback
    frappe.db.savepoint("kept")

    def rollback(*, save_point: str | None = None) -> None:
        real(save_point=save_point or "kept")

    with (
        patch.object(frappe.db, "commit", lambda: frappe.db.savepoint("kept")),
        patch.object(frappe.db, "rollback", rollback),
    ):
        yield


@contextmanager
def no_jobs() -> Iterator[None]:
    """Nothing is put into Redis: tests do the work themselves, when they want it."""
    with patch.object(frappe, "enqueue", lambda *args, **more: None):
        yield


@contextmanager
def running_city(play: Play) -> Iterator[City]:
    """With the school's seal in its registry; nothing that happens meanwhile is committed."""
    with no_jobs(), commits_as_savepoints(), open_city(play) as city:
        yield city


@contextmanager
def open_city(play: Play) -> Iterator[City]:
    """The portal, the school's account with it, and a connector without patience between two attempts."""
    school, own = play.school, demo_portal.access()
    schools = {school.code: (school.name, school.tax_code)}
    quick = BackOff(timedelta(0), timedelta(0), 50)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "portal.sqlite")
        portal = Portal(store, trust.folder(), demo_portal.department(), schools, _now)
        account = Login.of(own["user_name"], own["password"], school.code)
        app = PortalApp(portal, [account], {own["officer_token"]: OFFICER}, Faults(2.5, 0.1))
        with running(app) as address, patch.object(submit, "BACK_OFF", quick):
            demo_portal.connect(play.world.unit, play.world.pins[school.code], address)
            yield City(app, address)
        store.close()


def _now() -> datetime:
    """The portal's own clock; its threads know nothing of a site."""
    return datetime.now(timezone.utc)


def work(patience: float = 30.0) -> None:
    """What the background job does, once; ``patience``: seconds to wait for an answer."""
    with patch.object(connector, "TIMEOUTS", (2.0, patience)):
        _work()


def _work() -> None:
    recall_exchange.round_trip()
    submit.send_all()

"""This very test site as the authority that receives, served over real HTTP; its schools talk to it as to any other.

Everything is committed, since each request has its own connection: use it in a
:class:`~hocbaso_app.tests.committed.CommittedTestCase`. Nothing is settled until the test says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import Any
from unittest.mock import patch

import frappe
from werkzeug.serving import WSGIRequestHandler, make_server

from hocbaso_app.exchange.client import Endpoint, PortalClient
from hocbaso_app.exchange.outbox import BackOff
from hocbaso_app.services import submit
from hocbaso_app.services.receiving import settling
from hocbaso_app.setup.demo import authority as demo_authority
from hocbaso_app.setup.demo import portal as demo_portal
from hocbaso_app.setup.demo.staff import make_officers
from hocbaso_app.tests.portal import no_jobs, work
from hocbaso_app.tests.world import Play

DEPARTMENT, OFFICE = "31", "31-HP"
_SINGLES = ("HBS Settings", "HBS Receiving Settings")


@dataclass
class Authority:
    """A running site. ``officer``: login of somebody at the receiving unit; ``access``: the school's account here."""

    play: Play
    address: str
    officer: str
    access: dict[str, str]

    @property
    def unit(self) -> str:
        """The school."""
        return self.play.world.unit

    def client(self, **changes: Any) -> PortalClient:
        """A client of the school that does not wait long."""
        own = {"user_name": self.access["user_name"], "password": self.access["password"], "unit_code": self.unit}
        year = int(self.play.school.school_year[:4])
        more = {"timeouts": (2.0, 30.0), "question_attempts": 2, "longest_wait": 0.05}
        return PortalClient(Endpoint(self.address, **{**own, "school_year": year, **more, **changes}))

    def school_sends(self) -> None:
        """One round of the school's connector: what is due is sent, what was sent is asked about."""
        work()

    def settle(self) -> int:
        """What the authority's workers do: verify and answer everything that waits."""
        frappe.set_user("Administrator")
        return settling.settle_all()

    def exchange(self) -> None:
        """Sent, settled, asked: everything the school has released is at the authority afterwards."""
        self.school_sends()
        self.settle()
        self.school_sends()

    def held(self) -> list[Any]:
        """What is in the authority's books, in the order of the receipts."""
        frappe.db.commit()
        columns = ["name", "unit", "office", "sha256", "status", "late", "receipt_number", "full_name", "message"]
        return list(frappe.get_all("HBS Received Record", fields=columns, order_by="receipt_number"))

    def messages(self, **where: Any) -> list[Any]:
        """What came in."""
        frappe.db.commit()
        columns = ["name", "unit", "kind", "status", "items", "accepted", "refused", "late", "attempts", "error"]
        return list(frappe.get_all("HBS Incoming Message", where, columns, order_by="received_at, creation, name"))

    def items(self, message: str) -> list[Any]:
        """What was answered about each file of a message."""
        columns = ["position", "record_code", "accepted", "code", "description", "full_name"]
        return list(frappe.get_all("HBS Incoming Item", {"message": message}, columns, order_by="position"))


@contextmanager
def running_authority(play: Play, *, office: bool = False) -> Iterator[Authority]:
    """The department (or the school's ``office``) receives here; the school's connector is switched on towards it."""
    site = frappe.local.site
    before = {name: _single(name) for name in _SINGLES}
    unit = OFFICE if office else DEPARTMENT
    with no_jobs(), _serving(site) as address:
        access = demo_portal.access()
        if office:
            tax_code = frappe.db.get_value("HBS Unit", DEPARTMENT, "tax_code")
            frappe.db.set_value("HBS Unit", OFFICE, "tax_code", tax_code)
        demo_authority.open_authority(unit, demo_portal.department(), address)
        demo_authority.make_login(play.world.unit, access["user_name"], access["password"])
        make_officers(play.world.unit)
        demo_portal.connect(play.world.unit, play.world.pins[play.school.code], address)
        frappe.db.commit()
        officer = "canbo.xa" if office else "chuyenvien.so"
        quick = BackOff(timedelta(0), timedelta(0), 50)
        try:
            with patch.object(submit, "BACK_OFF", quick):
                yield Authority(play, address, f"{officer}@hoaphuong.example.invalid", access)
        finally:
            frappe.db.rollback()
            for name, values in before.items():
                _put_back(name, values)
            frappe.db.commit()


@contextmanager
def _serving(site: str) -> Iterator[str]:
    import frappe.app

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["HTTP_X_FRAPPE_SITE_NAME"] = site
        found: Iterable[bytes] = frappe.app.application(environ, start_response)
        return found

    made = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        return


def in_worker(step: Callable[..., object]) -> Thread:
    """A step on its own connection, as another worker process would take it."""
    site = frappe.local.site

    def run() -> None:
        frappe.init(site=site)
        frappe.connect()
        frappe.set_user("Administrator")
        try:
            step()
        finally:
            frappe.db.rollback()
            frappe.destroy()

    thread = Thread(target=run)
    thread.start()
    return thread


def _single(doctype: str) -> list[tuple[Any, ...]]:
    return list(frappe.db.sql("select doctype, field, value from tabSingles where doctype = %s", doctype))


def _put_back(doctype: str, values: list[tuple[Any, ...]]) -> None:
    frappe.db.sql("delete from tabSingles where doctype = %s", doctype)
    for row in values:
        frappe.db.sql("insert into tabSingles (doctype, field, value) values (%s, %s, %s)", row)
    frappe.clear_document_cache(doctype, doctype)
    frappe.db.value_cache.pop(doctype, None)

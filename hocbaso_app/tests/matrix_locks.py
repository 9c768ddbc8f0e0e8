"""Trials of the rights about locks and archives for :mod:`test_matrix`: what is tried, and what somebody did before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import frappe

from hocbaso_app.permissions import matrix
from hocbaso_app.services import archive_files, received_archives, year_archive
from hocbaso_app.services.locks import requests, tickets, windows, year_lock
from hocbaso_app.tests.locked import window
from hocbaso_app.tests.world import acting_as

UNITS = {matrix.DO: "31", matrix.OO: "31-HP"}


def _facts(test: Any) -> tuple[str, str]:
    windows.forget()
    return test.play.world.unit, test.play.school.school_year


def _lock_school(test: Any, actor: str) -> None:
    window(*_facts(test)).insert()


def _lock_below(test: Any, actor: str) -> None:
    _unit, year = _facts(test)
    window(UNITS.get(actor, "31-HP"), year, notice_number="3/TB").insert()


def _carry_out(test: Any, actor: str) -> None:
    requests.carry_out(_newest(requests.DOCTYPE))


def _ask(test: Any, actor: str) -> None:
    _facts(test)
    _ticket(test)


def _grant(test: Any, actor: str) -> None:
    tickets.grant(_newest(tickets.DOCTYPE))


def _propose(test: Any, actor: str) -> None:
    unit, year = _facts(test)
    values = {"unit": unit, "academic_year": year, "minutes_number": "07/BB"}
    frappe.get_doc({"doctype": year_lock.DOCTYPE, **values}).insert()


def _decide(test: Any, actor: str) -> None:
    pin = test.play.pin(test.play.school.principal)
    year_lock.decide(_newest(year_lock.DOCTYPE), "45/QĐ", "Vẫn khóa", pin)


def _archive(test: Any, actor: str) -> None:
    year_archive.start(*_facts(test))


def _forward(test: Any, actor: str) -> None:
    received_archives.forward(_newest(received_archives.DOCTYPE), "120/SGDĐT")


ATTEMPTS: dict[str, Callable[[Any, str], None]] = {
    "lock_school": _lock_school,
    "lock_below": _lock_below,
    "carry_out_lock": _carry_out,
    "ask_unlock": _ask,
    "grant_unlock": _grant,
    "propose_year_lock": _propose,
    "decide_year_lock": _decide,
    "make_archive": _archive,
    "forward_archive": _forward,
}


def _locked(test: Any) -> None:
    with acting_as(test.play.principal):
        window(*_facts(test)).insert()


def _asked(test: Any) -> None:
    unit, year = _facts(test)
    values = {"unit": unit, "action": "Lock records", "academic_year": year, "reason": "Chốt điểm"}
    with acting_as(test.play.principal):
        frappe.get_doc({"doctype": requests.DOCTYPE, **values}).insert()


def _ticket_asked(test: Any) -> None:
    _locked(test)
    with acting_as(test.play.homeroom):
        _ticket(test)


def _ticket(test: Any) -> None:
    values = {"student_group": test.play.group, "hours": 2, "reason": "Sửa nhận xét"}
    frappe.get_doc({"doctype": tickets.DOCTYPE, **values}).insert()


def _proposed(test: Any) -> None:
    with acting_as(test.play.clerk):
        _propose(test, "")


def _year_locked(test: Any) -> None:
    """And the city has accepted the record."""
    _proposed(test)
    with acting_as(test.play.principal):
        _decide(test, "")
    frappe.db.set_value("HBS Submission", {"record": test.record}, "state", "Acknowledged")


def _received(test: Any) -> None:
    unit, year = _facts(test)
    doc = frappe.get_doc({"doctype": received_archives.DOCTYPE, "unit": unit, "school_year": year, "status": "Taken"})
    doc.update({"sha256": hashlib.sha256(b"x").hexdigest(), "archive_key": f"{unit}:x"})
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    path = archive_files.path(archive_files.RECEIVED, doc.name)
    path.write_bytes(b"x")
    test.addCleanup(path.unlink, missing_ok=True)


PREPARED: dict[str, Callable[[Any], None]] = {
    "carry_out_lock": _asked,
    "ask_unlock": _locked,
    "grant_unlock": _ticket_asked,
    "decide_year_lock": _proposed,
    "make_archive": _year_locked,
    "forward_archive": _received,
}


def _newest(doctype: str) -> str:
    return str(frappe.get_all(doctype, pluck="name", order_by="creation desc, name desc", limit=1)[0])

"""Unlock tickets between two sites: asked at a school, decided where the window was set, opened at the school.

Our extension ``mo-khoa``. The school sends what it waits for and is told what was decided; the same question again is
harmless. At the authority a copy of the ticket waits for an officer; it opens nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, connector, states
from hocbaso_app.services.locks import gate, tickets, windows
from hocbaso_app.services.locks.order import RANK, SCHOOL

NAME = "mo-khoa"
MOST = 100
SENT = ("name", "academic_year", "grade", "student_group", "part", "subject", "subject_field", "hours", "reason")
SENT_TOO = ("asked_by_name", "asked_at")
DECIDED = (
    "status",
    "granted_level",
    "decided_by_name",
    "decided_at",
    "decision_note",
    "opens_at",
    "closes_at",
    "hours",
)


# ── the school ──────────────────────────────────────────────────────────────
def send_up() -> int:
    """Ask about every ticket that another site decides; gives how many were decided by now."""
    if not connector.is_on():
        return 0
    by_unit: dict[str, list[Any]] = {}
    for doc in _waiting():
        by_unit.setdefault(doc.unit, []).append(doc)
    decided = 0
    for unit, docs in by_unit.items():
        rows = [_row(doc) for doc in docs]
        frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
        try:
            answer = connector.client(unit, docs[0].academic_year).extension(NAME, {"phieu": rows})
        except (HocBaSoError, HbsError):
            frappe.db.rollback()
            continue  # the connector's own log says why; it is asked again in a few minutes
        decided += sum(_apply(doc.name, answer.get("phieu") or []) for doc in docs)
        frappe.db.commit()  # nosemgrep: one school's answers
    return decided


def _waiting() -> list[Any]:
    """Tickets of this site's own that wait for another one, or were granted by it and may have been closed there."""
    filters = {"status": ("in", (tickets.ASKED, tickets.GRANTED)), "source_name": ("is", "not set")}
    names = frappe.get_all(tickets.DOCTYPE, filters, ["name", "status", "sent_up"], order_by="name", limit=MOST)
    docs = [frappe.get_doc(tickets.DOCTYPE, row.name) for row in names if row.sent_up or row.status == tickets.ASKED]
    return [doc for doc in docs if doc.sent_up or _is_of_another_site(doc)]


def _is_of_another_site(doc: Any) -> bool:
    closing = next(iter(gate.closings(doc.unit, doc.academic_year, doc.grade or None)), None)
    return bool(closing and frappe.db.get_value(windows.DOCTYPE, closing.source, "source_unit"))


def _row(doc: Any) -> dict[str, Any]:
    values = {name: None if doc.get(name) is None else str(doc.get(name)) for name in (*SENT, *SENT_TOO)}
    pupils = [{"ma": row.record, "ten_hoc_sinh": row.full_name} for row in doc.records]
    if not doc.sent_up:
        frappe.db.set_value(tickets.DOCTYPE, doc.name, "sent_up", 1)
    return {**values, "hoc_sinh": pupils}


def _apply(name: str, answers: Sequence[dict[str, Any]]) -> bool:
    """What the other site decided, written here as its decision; whether anything is new."""
    found = next((row for row in answers if row.get("name") == name), None)
    doc = frappe.get_doc(tickets.DOCTYPE, name, for_update=True)
    said = str((found or {}).get("status") or "")
    if found is None or said == doc.status or doc.status not in (tickets.ASKED, tickets.GRANTED):
        return False
    if said == tickets.CLOSED and doc.status == tickets.GRANTED:
        doc.closes_at = min(get_datetime(doc.closes_at), now_datetime())
        tickets.save(doc, "unlock ticket closed by the authority")
        return True
    if doc.status != tickets.ASKED or said not in (tickets.GRANTED, tickets.REFUSED):
        return False
    if said == tickets.GRANTED and RANK.get(str(found.get("granted_level")), 99) >= RANK[SCHOOL]:
        return False
    doc.update({field: found.get(field) for field in DECIDED})
    doc.hours = cint(found.get("hours"))
    tickets.save(doc, "unlock ticket decided by the authority", {"status": said, "level": doc.granted_level})
    (tickets.tell_granted if said == tickets.GRANTED else tickets.tell_refused)(doc)
    return True


# ── the authority ───────────────────────────────────────────────────────────
def answer(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """The extension: what is new is kept for an officer, what is decided is told."""
    rows = body.get("phieu")
    if not isinstance(rows, list):
        rows = []
    return {"phieu": [_told(account.unit, row) for row in rows[:MOST] if isinstance(row, dict) and row.get("name")]}


def _told(unit: str, row: dict[str, Any]) -> dict[str, Any]:
    key = {"source_unit": unit, "source_name": str(row["name"])[:140]}
    known = frappe.db.get_value(tickets.DOCTYPE, key)
    doc = frappe.get_doc(tickets.DOCTYPE, known) if known else _keep(unit, row)
    values = {name: doc.get(name) for name in DECIDED}
    return {"name": row["name"], **{n: None if v is None else str(v) for n, v in values.items()}}


def _keep(unit: str, row: dict[str, Any]) -> Any:
    """A copy that waits here; class and pupils are the school's and stand in it as words."""
    text = {name: str(row[name])[:500] if row.get(name) is not None else None for name in (*SENT, *SENT_TOO)}
    pupils = [p for p in row.get("hoc_sinh") or [] if isinstance(p, dict)]
    doc = frappe.get_doc(
        {
            "doctype": tickets.DOCTYPE,
            **{name: text[name] for name in (*SENT[1:], *SENT_TOO)},
            "unit": unit,
            "hours": min(max(cint(text["hours"]), 1), tickets.LONGEST),
            "status": tickets.ASKED,
            "source_unit": unit,
            "source_name": str(row["name"])[:140],
            "records": [
                {"record": str(p.get("ma"))[:140], "full_name": str(p.get("ten_hoc_sinh") or "")[:150]} for p in pupils
            ],
        }
    )
    closing = next(iter(gate.closings(unit, doc.academic_year, doc.grade or None)), None)
    doc.locked_by = gate.text_of(closing) if closing else None
    doc.flags.hbs_service = True
    doc.flags.ignore_links = True
    doc.insert(ignore_permissions=True)
    audit.write("unlock ticket from a school", tickets.DOCTYPE, doc.name, unit, {"number": doc.source_name})
    with states.in_vietnamese():
        subject = _("{0} asks to unlock class {1} for {2} hours").format(
            doc.asked_by_name, doc.student_group, doc.hours
        )
    tickets.tell(doc, list(tickets.granters(doc)), subject)
    return doc

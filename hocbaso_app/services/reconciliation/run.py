"""One comparison of a school's year with its authority, kept as an HBS Reconciliation and told to those who act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.reconciliation.comparison import CONTRADICTIONS, Comparison, Entry, Place, compare
from hocbaso_app.exchange.reconciliation.inventory import Held, Own
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, connector, schedule, states
from hocbaso_app.services.reconciliation import own as own_side
from hocbaso_app.services.reconciliation import tasks

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient

DOCTYPE = "HBS Reconciliation"
EQUAL, UNDER_WAY, DIFFERENT, IMPOSSIBLE = "Equal", "Under Way", "Different", "Impossible"
INVENTORY, BY_MESSAGE = "Inventory of the authority", "Answers to each message"
"""What a comparison rests on; the second can't show what the school lost."""

MOST_ROWS = 1000
"""Records named in one comparison; further ones are counted."""


@dataclass(frozen=True)
class Asked:
    """What came back: the comparison, or why there is none."""

    comparison: Comparison | None
    reason: str | None = None
    basis: str | None = None


def reconcile(
    unit: str,
    school_year: str,
    asked_by: str | None = None,
    *,
    recovery: bool = False,
    needed: Mapping[str, str] | None = None,
) -> Any:
    """Ask, compare, keep, tell. ``needed``: record code → what a recovery found missing; commits before it asks."""
    doc = _outcome(unit, school_year, ask(unit, school_year), needed or {})
    doc.update({"asked_by": asked_by or frappe.session.user, "recovery": int(recovery)})
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True, ignore_links=True)
    tasks.follow(doc)
    facts = {n: doc.get(n) for n in ("status", "should", "released", "sent", "received", "recalled", "differences")}
    audit.write("reconcile", DOCTYPE, doc.name, unit, {**facts, "school_year": school_year})
    return doc


def ask(unit: str, school_year: str) -> Asked:
    """The two sides compared as of now, or a sentence why they can't be."""
    try:
        comparison, basis = compared(unit, school_year)
        return Asked(comparison, None, basis)
    except HocBaSoError as error:
        return Asked(None, error.message_vi)
    except HbsError as error:
        return Asked(None, str(error))


def compared(unit: str, school_year: str) -> tuple[Comparison, str]:
    """The same, and what it rests on; a refusal, a lost answer or a missing setting as an exception."""
    if not connector.is_on():
        frappe.throw(
            _("Sending is switched off in HBS Settings. Records wait safely until it is switched on."), HbsError
        )
    client = connector.client(unit, school_year)
    before = own_side.inventory(unit, school_year)
    held, basis = held_there(client, unit, school_year)
    after = own_side.inventory(unit, school_year)
    told = own_side.mentioned(unit, school_year)
    told.update({row.replaced_by: _("successor of {0}").format(row.code) for row in held if row.replaced_by})
    return compare(_settled(before, after, held), held, told), basis


def held_there(client: PortalClient, unit: str, school_year: str) -> tuple[list[Held], str]:
    """The authority's inventory of the school; from a portal without one what it answers about each message."""
    from hocbaso_app.exchange.reconciliation.by_message import ask_by_message
    from hocbaso_app.exchange.reconciliation.messages import ask_inventory

    sent = own_side.by_message(unit, school_year)
    frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
    try:
        found, basis = ask_inventory(client, client.endpoint.unit_code, school_year), INVENTORY
    except HocBaSoError as error:
        if not _not_offered(error):
            raise
        found, basis = ask_by_message(client, sent), BY_MESSAGE
    frappe.db.commit()  # nosemgrep: what is read next is as of now
    return found, basis


def _not_offered(error: HocBaSoError) -> bool:
    """Whether the portal simply has no such function: it says so, or has no such path."""
    from hocbaso_app.exchange import codes

    return error.code == codes.FUNCTION_WRONG or error.message_en.endswith("HTTP 404")


def _settled(before: Sequence[Own], after: Sequence[Own], held: Sequence[Held]) -> list[Own]:
    """What moved while the authority was asked counts as it was then, if only so the sides agree."""
    earlier = {(row.key, row.code): row for row in before}
    calm: list[Own] = []
    by_code = {row.code: row for row in held}
    for row in after:
        then = earlier.get((row.key, row.code))
        if then in (None, row):
            calm.append(row)
            continue
        there = [by_code[row.code]] if row.code in by_code else []
        calm.append(then if then and not compare([then], there).contradictions else row)
    return calm


def _outcome(unit: str, school_year: str, asked: Asked, needed: Mapping[str, str]) -> Any:
    doc = frappe.new_doc(DOCTYPE)
    doc.update({"unit": unit, "school_year": school_year, "at": now_datetime().replace(microsecond=0)})
    doc.basis = asked.basis
    if asked.comparison is None:
        doc.status, doc.reason = IMPOSSIBLE, asked.reason
    else:
        _fill(doc, asked.comparison, needed)
    return doc


def _fill(doc: Any, found: Comparison, needed: Mapping[str, str]) -> None:
    doc.update(asdict(found.total))
    doc.differences, doc.contradictions = len(found.differences), len(found.contradictions)
    late = _late(doc.unit, doc.school_year)
    doc.status = EQUAL if found.equal else DIFFERENT if found.contradictions or late else UNDER_WAY
    for label, figures in found.by_class.items():
        doc.append("classes", {"class_label": label or _no_class(), **asdict(figures)})
    listed = found.differences if late else [e for e in found.differences if e.place not in _QUIET]
    order = sorted(listed, key=lambda e: (e.place not in CONTRADICTIONS, e.class_label, e.place.value, e.code))
    names = _names(doc.unit, doc.school_year)
    for entry in order[:MOST_ROWS]:
        doc.append("rows", _row(entry, names, needed.get(entry.code)))
    doc.unlisted = len(found.differences) - len(doc.rows)


_QUIET = frozenset({Place.NOT_BEGUN, Place.NOT_RELEASED})
"""Before the last day they stand in the figures only: the school is still at work."""


def _late(unit: str, school_year: str) -> bool:
    due = schedule.due(unit, school_year, schedule.SUBMISSION)
    return due is not None and due < getdate()


def _no_class() -> str:
    with states.in_vietnamese():
        return _("class unknown here")


def _names(unit: str, school_year: str) -> dict[str, str]:
    """Record → pupil's name, and pupil code → name for records that are unknown here."""
    where = {"unit": unit, "school_year": school_year}
    rows = frappe.get_all("HBS Record", where, ["name", "pupil_code", "full_name"], order_by="name")
    return {row.pupil_code: row.full_name for row in rows if row.pupil_code} | {r.name: r.full_name for r in rows}


def _row(entry: Entry, names: Mapping[str, str], needed: str | None) -> dict[str, Any]:
    from hocbaso_app.exchange.reconciliation import words

    own, held = entry.own, entry.held
    record = own.key if own and entry.place is not Place.NOT_BEGUN else None
    name = names.get(own.key if own else held.pupil if held else "")
    if own and entry.place is Place.NOT_BEGUN:
        name = frappe.db.get_value("Student", own.key, "student_name")
    return {
        "kind": entry.place.value,
        "full_name": name,
        "class_label": entry.class_label,
        "sentence": words.sentence(entry),
        "advice": needed or words.advice(entry),
        "record": record,
        "record_code": entry.code or None,
        "own_sha256": own.sha256 if own else None,
        "held_sha256": held.sha256 if held else None,
        "own_receipt": own.receipt_number if own else None,
        "held_receipt": held.receipt_number if held else None,
    }


def newest(unit: str, school_year: str) -> Any:
    """The last comparison of a school's year; None before the first."""
    names = frappe.get_all(
        DOCTYPE, {"unit": unit, "school_year": school_year}, pluck="name", order_by="name desc", limit=1
    )
    return frappe.get_doc(DOCTYPE, names[0]) if names else None


def due() -> list[tuple[str, str]]:
    """Schools with an account and their years that are compared every night."""
    from hocbaso_app.services.drift import LOOK_BACK_DAYS

    since = frappe.utils.add_days(frappe.utils.today(), -LOOK_BACK_DAYS)
    years = frappe.get_all("Academic Year", {"year_end_date": (">=", since)}, pluck="name", order_by="name")
    units = frappe.get_all(connector.ACCOUNT, pluck="unit", order_by="unit")
    where = {"unit": ("in", units or [""]), "academic_year": ("in", years or [""])}
    rows = frappe.get_all("HBS Record", where, ["unit", "school_year"], distinct=True, order_by="unit, school_year")
    return [(row.unit, row.school_year) for row in rows if row.school_year]

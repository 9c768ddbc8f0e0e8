"""Declared outages: the authority says from when until when it takes nothing; the schools' last days move by that.

A day that an outage touches inside the time of a stage is given back: the last day of that stage moves by as many
days. The time of a stage begins the day after the last day of the stage before it (or a month before its own last
day); days on which it stood still after the old last day and before the new one count too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate, get_datetime, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.services import audit, duty, moments, officers, schedule, states

DOCTYPE = "HBS Outage"
RECEIVING, ALL_WORK = "Taking records", "All work"
MONTH = timedelta(days=30)
DESK = "/app/digital-record"
COLUMNS = ("name", "unit", "from_at", "to_at", "stops", "reason", "notice_number", "uid", "withdrawn")


@dataclass(frozen=True)
class Moved:
    """A last day that an outage moved: by how many days, and which days those are."""

    due: date
    days: int = 0
    first: date | None = None
    last: date | None = None


def check(doc: Any) -> None:
    """What the controller asks: who declares, a real span, and nothing of the past rewritten."""
    if get_datetime(doc.to_at) <= get_datetime(doc.from_at):
        frappe.throw(_("“Until” lies before “From”."), HbsError)
    if doc.withdrawn and not (doc.withdrawn_reason or "").strip():
        frappe.throw(_("Say why the outage is called off."), HbsError)
    doc.uid = doc.uid or frappe.generate_hash(length=20)
    if doc.flags.hbs_service:
        return
    if doc.pushed:
        frappe.throw(
            _("This outage was declared by the authority on its own site; it is changed there."), EvidenceError
        )
    if frappe.db.get_value("HBS Unit", doc.unit, "kind") == "School":
        frappe.throw(_("An outage is declared by the department or an office."), HbsError)
    _require_own(doc.unit)
    before = doc.get_doc_before_save()
    if before and get_datetime(before.to_at) < now_datetime():
        frappe.throw(_("This outage is over; it is not changed any more."), EvidenceError)


def _require_own(unit: str) -> None:
    """Of the declaring unit itself; nobody speaks for the unit above him."""
    if frappe.session.user == "Administrator":
        return
    rows = frappe.get_all(
        "HBS Staff Member", {"user": frappe.session.user}, ["unit", "from_date", "to_date"], order_by="name"
    )
    mine = {row.unit for row in rows if duty.in_force(row)}
    if not mine & {unit, *officers.units_above(unit)}:
        frappe.throw(_("Declare an outage for your own unit or one below it."), NotYoursError)


def written(doc: Any) -> None:
    """After each save: the trail, and everything that was computed from outages."""
    facts = {name: str(doc.get(name)) for name in ("from_at", "to_at", "stops", "reason", "withdrawn")}
    audit.write("declare outage", DOCTYPE, doc.name, doc.unit, facts)
    forget()


def receive(rows: list[dict[str, Any]], source_unit: str) -> int:
    """Outages of the authority's own site, as :func:`to_send` gave them there; gives how many are new or changed."""
    if not frappe.db.exists("HBS Unit", source_unit):
        frappe.throw(_("There is no unit {0} on this site.").format(source_unit), HbsError)
    changed = 0
    for row in rows:
        name = frappe.db.get_value(DOCTYPE, {"uid": row["uid"]})
        doc = frappe.get_doc(DOCTYPE, name, for_update=True) if name else frappe.new_doc(DOCTYPE)
        wanted = {
            "unit": source_unit,
            "from_at": moments.naive(datetime.fromisoformat(row["from_at"])),
            "to_at": moments.naive(datetime.fromisoformat(row["to_at"])),
            "withdrawn": int(bool(row.get("withdrawn"))),
            "stops": row["stops"],
            "reason": row["reason"],
            "withdrawn_reason": row.get("withdrawn_reason") or None,
            "notice_number": row.get("notice_number") or None,
            "uid": row["uid"],
            "pushed": 1,
        }
        if name and not doc.pushed:
            continue  # this very site declared it: the authority and the school live together
        if all(_same(doc.get(field), value) for field, value in wanted.items()):
            continue
        doc.update(wanted)
        doc.flags.hbs_service = True
        doc.save(ignore_permissions=True)
        changed += 1
    return changed


def _same(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, datetime):
        return bool(held) and get_datetime(held) == wanted
    return (held or None) == (wanted or None)


def to_send(unit: str) -> list[dict[str, Any]]:
    """What a school must know: outages that concern it and are not over for more than a month."""
    since = now_datetime() - MONTH
    columns = [*COLUMNS, "withdrawn_reason"]
    where = {"unit": ("in", [unit, *officers.units_above(unit)]), "to_at": (">", since)}
    rows = frappe.get_all(DOCTYPE, where, columns, order_by="from_at, name")
    plain = ("uid", "stops", "reason", "notice_number", "withdrawn_reason")
    return [
        {
            **{name: row[name] or "" for name in plain},
            "from_at": moments.aware(row.from_at).isoformat(),  # type: ignore[union-attr]
            "to_at": moments.aware(row.to_at).isoformat(),  # type: ignore[union-attr]
            "withdrawn": bool(row.withdrawn),
        }
        for row in rows
    ]


def current(unit: str) -> Any:
    """The outage that holds for a unit now, the longest of several; None without one. Never from memory."""
    now = now_datetime()
    found = _read({"from_at": ("<=", now), "to_at": (">", now)})
    found = [row for row in found if row.unit == unit or row.unit in officers.units_above(unit)]
    return max(found, key=lambda row: row.to_at, default=None)


def sentence(row: Any) -> str:
    """``cổng báo ngừng đến …`` in Vietnamese."""
    with states.in_vietnamese():
        return _("The city database announced that it is closed until {0}: {1}").format(
            moments.said(row.to_at), row.reason
        )


def moved(unit: str, dates: dict[str, date]) -> dict[str, Moved]:
    """Stage → its last day with the days of outages added."""
    rows = _of(unit)
    found: dict[str, Moved] = {}
    before: date | None = None
    for stage in schedule.STAGES:
        if stage not in dates:
            continue
        kinds = (ALL_WORK, RECEIVING) if stage == schedule.SUBMISSION else (ALL_WORK,)
        closed = {day for row in rows if row.stops in kinds for day in days_of(row.from_at, row.to_at)}
        begins = before + timedelta(days=1) if before and before < dates[stage] else dates[stage] - MONTH
        found[stage] = extended(dates[stage], begins, closed)
        before = dates[stage]
    return found


def days_of(from_at: Any, to_at: Any) -> list[date]:
    """Calendar days that a span touches; one that ends at midnight does not touch the day that begins then."""
    begin, end = get_datetime(from_at), get_datetime(to_at)
    last = end.date() if end.time() > time.min else end.date() - timedelta(days=1)
    return [begin.date() + timedelta(days=n) for n in range((last - begin.date()).days + 1)]


def extended(due: date, begins: date, closed: Iterable[date]) -> Moved:
    """``due`` moved by the closed days from ``begins`` on, those within the days it moves by too."""
    inside = sorted(day for day in set(closed) if day >= begins)
    counted: list[date] = []
    while True:
        found = [day for day in inside if day <= due + timedelta(days=len(counted))]
        if len(found) == len(counted):
            break
        counted = found
    if not counted:
        return Moved(due)
    return Moved(due + timedelta(days=len(counted)), len(counted), counted[0], counted[-1])


def words(row: Moved) -> str:
    """Why a last day is later than the schedule says."""
    return _("moved by {0} days, because the city database announced that it is closed {1} to {2}").format(
        row.days, formatdate(row.first, "d/M"), formatdate(row.last, "d/M/yyyy")
    )


def refresh(unit: str) -> int:
    """Sentences of the records of all schools below, and a word to their leading people; a background job's work."""
    schedule.forget()
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    below = {"lft": (">=", place.lft), "rgt": ("<=", place.rgt)}
    units = frappe.get_all("HBS Unit", below, pluck="name", order_by="lft")
    where = {"unit": ("in", units), "state": ("in", list(states.STAGE_OF))}
    years = frappe.get_all("HBS Record", where, pluck="academic_year", distinct=True, order_by="academic_year")
    return sum(schedule.refresh_sentences(unit, year) for year in years)


def tell(name: str) -> int:
    """Clerks and principals of the schools below learn of an outage; gives how many were told."""
    doc = frappe.get_doc(DOCTYPE, name)
    place = frappe.db.get_value("HBS Unit", doc.unit, ["lft", "rgt"], as_dict=True)
    below = {"lft": (">", place.lft), "rgt": ("<", place.rgt), "kind": "School"}
    with states.in_vietnamese():
        if doc.withdrawn:
            subject = _("The outage from {0} is called off: {1}").format(
                moments.said(doc.from_at), doc.withdrawn_reason
            )
        else:
            subject = _(
                "The city database is closed from {0} until {1}: {2}. Records wait and go out by themselves."
            ).format(moments.said(doc.from_at), moments.said(doc.to_at), doc.reason)
    schools = frappe.get_all("HBS Unit", below, pluck="name", order_by="lft")
    users = [user for school in schools for user in officers.leading(school)]
    return officers.tell(users, subject, DOCTYPE, doc.name, link=DESK)  # the document is of the unit above


def _read(where: dict[str, Any]) -> list[Any]:
    return frappe.get_all(DOCTYPE, {"withdrawn": 0, **where}, list(COLUMNS), order_by="from_at, name")


def _of(unit: str) -> list[Any]:
    """Outages of a unit and those above it; all are read once per request, whatever the number of units."""
    known: dict[str, list[Any]] = schedule.kept("hbs_outages")
    if "all" not in known:
        known["all"] = _read({})
    return [row for row in known["all"] if schedule.reaches(row.unit, unit)]


def forget() -> None:
    """After a change."""
    schedule.forget()

"""Until when each stage is to be done: the school's HBS Schedule and those above it; the strictest date counts."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.exceptions import HbsError

ENTRY, CHECK, SUBJECT_SIGNING, HOMEROOM_SIGNING = "Entry", "Check", "Subject signing", "Homeroom signing"
MANAGER_SIGNING, RELEASE, SUBMISSION = "Manager signing", "Sealing", "Submission"
STAGES = (ENTRY, CHECK, SUBJECT_SIGNING, HOMEROOM_SIGNING, MANAGER_SIGNING, RELEASE, SUBMISSION)
"""In the order of the year-end."""


def due(unit: str | None, academic_year: str | None, stage: str | None) -> date | None:
    """Last day of a stage for a unit; None where nobody has set one."""
    if not (unit and academic_year and stage):
        return None
    return due_dates(unit, academic_year).get(stage)


def years(unit: str) -> list[str]:
    """School years for which somebody set dates that hold for the unit, the earliest first."""
    return sorted({row.academic_year for row in _rows() if reaches(row.unit, unit)})


def due_dates(unit: str, academic_year: str) -> dict[str, date]:
    """Stage → last day, the strictest of the unit's own schedule and of those above it, moved by declared outages."""
    known: dict[tuple[str, str], dict[str, date]] = kept("hbs_due_dates")
    if (unit, academic_year) not in known:
        from hocbaso_app.services import outages

        moved_dates = outages.moved(unit, _strictest(unit, academic_year))
        kept("hbs_moved_dates")[unit, academic_year] = moved_dates
        known[unit, academic_year] = {stage: row.due for stage, row in moved_dates.items()}
    return known[unit, academic_year]


def moved(unit: str | None, academic_year: str | None, stage: str | None) -> str | None:
    """Why the last day of a stage is later than its schedule says; None where it is not."""
    from hocbaso_app.services import outages

    if not (unit and academic_year and stage):
        return None
    due_dates(unit, academic_year)
    found = kept("hbs_moved_dates").get((unit, academic_year), {}).get(stage)
    return outages.words(found) if found and found.days else None


def kept(name: str) -> dict[Any, Any]:
    """A dictionary that lives as long as the request."""
    found = getattr(frappe.local, name, None)
    if found is None:
        found = {}
        setattr(frappe.local, name, found)
    return found


def forget(*_args: Any) -> None:
    """After a change of schedules, staff or units (``doc_events``)."""
    kinds = ("due_dates", "moved_dates", "outages", "schedule_rows", "unit_places", "people")
    for name in (f"hbs_{kind}" for kind in kinds):
        setattr(frappe.local, name, {})


def _strictest(unit: str, academic_year: str) -> dict[str, date]:
    dates: dict[str, date] = {}
    for row in _rows():
        if row.academic_year == academic_year and reaches(row.unit, unit):
            dates.setdefault(row.stage, getdate(row.due_date))
    return dates


def reaches(above: str, unit: str) -> bool:
    """Whether what is set for one unit holds for another: itself or one below it."""
    places = _places()
    upper, lower = places.get(above), places.get(unit)
    return bool(upper and lower and upper[0] <= lower[0] and lower[1] <= upper[1])


def _rows() -> list[Any]:
    """Every date that was set, the earliest first; read once per request, whatever the number of units."""
    known: dict[str, list[Any]] = kept("hbs_schedule_rows")
    if "all" not in known:
        schedule, row = frappe.qb.DocType("HBS Schedule"), frappe.qb.DocType("HBS Schedule Stage")
        query = frappe.qb.from_(schedule).join(row).on(row.parent == schedule.name)
        query = query.select(schedule.unit, schedule.academic_year, row.stage, row.due_date).orderby(row.due_date)
        known["all"] = query.run(as_dict=True)
    return known["all"]


def _places() -> dict[str, tuple[int, int]]:
    known: dict[str, dict[str, tuple[int, int]]] = kept("hbs_unit_places")
    if "all" not in known:
        rows = frappe.get_all("HBS Unit", fields=["name", "lft", "rgt"], order_by="lft")
        known["all"] = {row.name: (row.lft, row.rgt) for row in rows}
    return known["all"]


def check(doc: Any) -> None:
    """Each stage once, dates in the order of the year-end."""
    days = {row.stage: getdate(row.due_date) for row in doc.stages}
    if len(days) < len(doc.stages):
        frappe.throw(_("Each stage has one date only."), HbsError)
    known = [(stage, days[stage]) for stage in STAGES if stage in days]
    for (earlier, first), (later, last) in pairwise(known):
        if last < first:
            frappe.throw(_("“{0}” can't end before “{1}”. Correct the dates.").format(_(later), _(earlier)), HbsError)


def refresh_sentences(unit: str, academic_year: str) -> int:
    """Write the sentences of the unit's records (and of units below) anew after a date changed; gives how many."""
    from hocbaso_app.services import states

    forget()
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    units = frappe.get_all(
        "HBS Unit", {"lft": (">=", place.lft), "rgt": ("<=", place.rgt)}, pluck="name", order_by="name"
    )
    where = {"unit": ("in", units), "academic_year": academic_year, "state": ("in", list(states.STAGE_OF))}
    columns = ["name", "unit", "academic_year", "state", "state_sentence"]
    columns += ["waiting_for", "returned_remark", "returned_mended", "fault_count"]
    changed: dict[str, list[str]] = {}
    for row in frappe.get_all("HBS Record", where, columns, order_by="name"):
        text = states.sentence_of(row)
        if text != row.state_sentence:
            changed.setdefault(text, []).append(row.name)
    record = frappe.qb.DocType("HBS Record")
    for text, names in changed.items():
        for start in range(0, len(names), 1000):
            chunk = names[start : start + 1000]
            frappe.qb.update(record).set(record.state_sentence, text).where(record.name.isin(chunk)).run()
    return sum(len(names) for names in changed.values())

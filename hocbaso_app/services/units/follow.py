"""Today's tree follows the dated rows: at the change itself when its day has come, else on the morning of the day."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import getdate

from hocbaso_app.services import guarded
from hocbaso_app.services.units import carry, history


def complete(doc: Any) -> None:
    """A unit that was entered before there were dated rows gets its first ones."""
    if not doc.placements:
        doc.append("placements", {"parent_unit": doc.parent_hbs_unit, "from_date": doc.valid_from})
    if not doc.names:
        doc.append("names", {"unit_name": doc.unit_name, "from_date": doc.valid_from})


def to_today(doc: Any, day: Any = None) -> bool:
    """Name and place of the day, today without one; whether something changed."""
    place, name = history.on(doc.placements, day or getdate()), history.on(doc.names, day or getdate())
    before = (doc.parent_hbs_unit or None, doc.unit_name)
    if place:
        doc.parent_hbs_unit = place.parent_unit
    if name:
        doc.unit_name = name.unit_name
    return before != (doc.parent_hbs_unit or None, doc.unit_name)


def apply(doc: Any, day: Any = None) -> bool:
    """Save a unit as it is on the day, with what goes along; whether its name or place is another one now."""
    before = frappe.db.get_value("HBS Unit", doc.name, "parent_hbs_unit")
    changed = to_today(doc, day)
    _write(doc)
    if (doc.parent_hbs_unit or None) != (before or None):
        place = history.on(doc.placements, day or getdate())
        carry.carry(doc.name, before, doc.parent_hbs_unit, place.from_date)
    return changed


def _write(doc: Any) -> None:
    """Save as a service; whoever enters a decision has no right on each unit's form."""
    guarded.save(doc)


def follow_dates(day: Any = None) -> list[str]:
    """Every night after midnight: units whose day has come; gives them."""
    today, due = getdate(day), []
    for doctype in ("HBS Unit Placement", "HBS Unit Name"):
        where = {"from_date": ("<=", today), "parenttype": "HBS Unit", "idx": (">", 1)}
        due += frappe.get_all(doctype, where, pluck="parent", distinct=True, order_by="parent")
    followed = []
    for unit in sorted(set(due)):
        doc = frappe.get_doc("HBS Unit", unit, for_update=True)
        if to_today(doc, today):
            apply(doc, today)
            followed.append(unit)
    return followed


def refresh_sentences(unit: str) -> int:
    """Sentences of the unit's records and of those below, for each school year; gives how many changed."""
    from hocbaso_app.services import schedule

    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    units = [unit, *history.below(place.lft, place.rgt)]
    years = frappe.get_all(
        "HBS Record", {"unit": ("in", units)}, pluck="academic_year", distinct=True, order_by="academic_year"
    )
    return sum(schedule.refresh_sentences(unit, year) for year in years)

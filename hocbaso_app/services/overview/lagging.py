"""Schools that lag behind: by stage, whose last day has passed; and what came late (QĐ Điều 12.k3.1)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import schedule, states
from hocbaso_app.services.overview import figures
from hocbaso_app.services.overview.figures import OWN, RECEIVED, REPORTED, STAGES, Asked
from hocbaso_app.services.units import history


def rows(asked: Asked) -> list[dict[str, Any]]:
    """One row per school and stage that is past its last day; schools without any sign of work too. Worst first."""
    found = figures.collect(asked)
    units = _schools(asked)
    totals: dict[str, int] = defaultdict(int)
    late: dict[tuple[str, str], int] = defaultdict(int)
    came_late: dict[str, int] = defaultdict(int)
    heard: set[str] = set()
    elsewhere: set[str] = set()
    for figure in found:
        if figure.source in (OWN, REPORTED):
            totals[figure.unit] += figure.records if figure.column in STAGES else 0
            heard.add(figure.unit)
            if figure.source == REPORTED:
                elsewhere.add(figure.unit)
            if figures.late_days(figure.unit, asked.academic_year, figure.state):
                late[figure.unit, states.STAGE_OF[figure.state]] += figure.records
        elif figure.source == RECEIVED:
            heard.add(figure.unit)
            came_late[figure.unit] += figure.records if figure.column == "received_late" else 0
    reminded = last_reminders([row.name for row in units])
    known = {row.name: row for row in units}
    listed = [
        _row(known[unit], stage, records, totals[unit], came_late[unit], asked, reminded)
        for (unit, stage), records in late.items()
        if unit in known
    ]
    for school in units:
        begun = schedule.due(school.name, asked.academic_year, schedule.ENTRY)
        if school.name not in heard and begun and begun < getdate():
            listed.append(_row(school, schedule.ENTRY, 0, 0, 0, asked, reminded) | {"silent": 1})
    lagging = {row["unit"] for row in listed}
    for school in units:
        if came_late[school.name] and school.name not in lagging:
            listed.append(_row(school, "", 0, totals[school.name], came_late[school.name], asked, reminded))
    for row in listed:
        row["named"] = row["unit"] not in elsewhere
    return sorted(listed, key=_worst_first)


def _schools(asked: Asked) -> list[Any]:
    known = asked.units()
    where: dict[str, Any] = {"kind": "School"}
    if known is not None:
        where["name"] = ("in", sorted(known) or [""])
    columns = ["name", "unit_name", "parent_hbs_unit", "valid_to"]
    return [row for row in frappe.get_all("HBS Unit", where, columns, order_by="unit_name") if not history.ended(row)]


def _row(
    school: Any, stage: str, records: int, total: int, came_late: int, asked: Asked, reminded: dict[str, Any]
) -> dict[str, Any]:
    due = schedule.due(school.name, asked.academic_year, stage) if stage else None
    above = frappe.db.get_value("HBS Unit", school.parent_hbs_unit, "unit_name", cache=True)
    return {
        "unit": school.name,
        "school": school.unit_name,
        "above": above or "",
        "stage": stage,
        "stage_label": _(stage) if stage else _("Nothing open is late"),
        "due": due,
        "days": max(0, (getdate() - due).days) if due else 0,
        "records": records,
        "total": total,
        "percent": round(100 * records / total, 1) if total else None,
        "received_late": came_late,
        "silent": 0,
        "reminded": reminded.get(school.name),
    }


def _worst_first(row: dict[str, Any]) -> tuple[Any, ...]:
    share = row["percent"] if row["percent"] is not None else (100.0 if row["silent"] else 0.0)
    return -row["silent"], -row["days"], -share, row["school"], row["due"] or getdate()


def last_reminders(units: list[str]) -> dict[str, Any]:
    """School → when it was reminded of its lateness the last time."""
    rows = frappe.get_all(
        "HBS Audit Entry",
        {"action": "lagging school reminded", "reference_name": ("in", units or [""])},
        ["reference_name", "at"],
        order_by="at",
    )
    return {row.reference_name: row.at for row in rows}

"""Number cards and charts of the officer's workspace; each counts only what his area holds."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Date
from frappe.utils import add_days, formatdate, getdate

from hocbaso_app.services.overview import choices, figures, lagging, table
from hocbaso_app.services.overview.figures import Asked
from hocbaso_app.services.overview.labels import labels, short

DAYS = 14
SHOWN = 20
REPORT = "query-report"


def _asked(user: str) -> Asked:
    return Asked(user, choices.year_of(None, user))


def late_records(user: str) -> dict[str, Any]:
    """Records of the newest year past the last day of their stage; leads to the late schools."""
    total = table.total(table.rows(_asked(user), "Office"))
    return {"value": total["late"], "fieldtype": "Int", "route": [REPORT, "HBS Late Schools"]}


def lagging_schools(user: str) -> dict[str, Any]:
    """Schools with something past its last day."""
    schools = {row["unit"] for row in lagging.rows(_asked(user)) if row["stage"]}
    return {"value": len(schools), "fieldtype": "Int", "route": [REPORT, "HBS Late Schools"]}


def received_per_day(user: str) -> dict[str, Any]:
    """Received on each of the last days, for a chart."""
    frappe.has_permission("HBS Received Record", "read", user=user, throw=True)
    record, first = frappe.qb.DocType("HBS Received Record"), add_days(getdate(), 1 - DAYS)
    query = figures.received(Asked(user)).where(record.received_at >= first)
    day = Date(record.received_at)
    found = {getdate(when): count for when, count in query.select(day, Count(record.name)).groupby(day).run()}
    axis = [getdate(add_days(first, number)) for number in range(DAYS)]
    return {
        "labels": [formatdate(day, "d/M") for day in axis],
        "datasets": [{"name": _("Received"), "values": [found.get(day, 0) for day in axis]}],
    }


def progress_of_units(user: str) -> dict[str, Any]:
    """Accepted, released, open and late: of the offices below a department, of the schools below an office."""
    rows = table.rows(_asked(user), "School")
    below = [row for row in rows if row["indent"] == 1 and row["records"]]
    if len(below) <= 1:
        below = [row for row in rows if row["kind"] == "School" and row["records"]]
    below = sorted(below, key=lambda row: (-row["late"], row["label"]))[:SHOWN]
    names = labels()
    released = [row["released"] - row["accepted"] for row in below]
    still_open = [row["records"] - row["released"] for row in below]
    return {
        "labels": [short(row["label"]) for row in below],
        "datasets": [
            {"name": names["accepted"], "values": [row["accepted"] for row in below]},
            {"name": _("Released, not accepted"), "values": released},
            {"name": _("Open"), "values": still_open},
        ],
    }

"""Who decides about a recall and until when: the tier and the working days that the settings name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import frappe
from frappe.utils import formatdate, getdate

SETTINGS = "HBS Receiving Settings"
DEFAULT_DAYS = 5
"""Working days, where nobody has set another number."""

SATURDAY = 5


def setting(name: str) -> Any:
    """A value of HBS Receiving Settings."""
    return frappe.db.get_single_value(SETTINGS, name)


def tier_on(day: date) -> str:
    """Who decides about what was asked on a day: a change of the tier holds from its own day on."""
    begins = setting("recall_tier_from")
    return str(setting("recall_tier_before" if begins and day < getdate(begins) else "recall_tier"))


def office_for(unit: str, asked: Any) -> str | None:
    """The unit whose officers decide about what a school asked at a time: of that day's tier, or the next above it."""
    wanted = "Department" if tier_on(getdate(asked)) == "Department" else None
    above = units_above(unit)
    found = [row.name for row in above if wanted is None or row.kind == wanted]
    if found:
        return str(found[0])
    return str(above[-1].name) if above else None


def units_above(unit: str) -> list[Any]:
    """The office and the department above a unit that exist today, the nearest first."""
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    if place is None:
        return []
    where = {"lft": ("<", place.lft), "rgt": (">", place.rgt)}
    rows = frappe.get_all("HBS Unit", where, ["name", "kind", "unit_name", "valid_to"], order_by="lft desc")
    return [row for row in rows if not row.valid_to or getdate(row.valid_to) >= getdate()]


def due_on(asked: Any) -> date:
    """The last day: so many working days after the day of the request."""
    start = asked.date() if isinstance(asked, datetime) else getdate(asked)
    return working_days_after(start, int(setting("recall_days") or DEFAULT_DAYS))


def working_days_after(start: date, days: int) -> date:
    """Saturdays, Sundays and the holidays of the site's default holiday list do not count."""
    free = holidays()
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in free:
            days -= 1
    return day


def holidays() -> set[date]:
    """Of the holiday list of the default company, where ERPNext has one."""
    company = frappe.db.get_single_value("Global Defaults", "default_company")
    name = frappe.db.get_value("Company", company, "default_holiday_list") if company else None
    rows = frappe.get_all("Holiday", {"parent": name}, pluck="holiday_date", order_by="holiday_date") if name else []
    return {getdate(row) for row in rows}


def closed(school_year: str) -> str:
    """Why no recall of a school year is taken any more; empty while it is."""
    where = {"parent": SETTINGS, "school_year": school_year}
    last = frappe.db.get_value("HBS Recall Closing", where, "closes_on", order_by="closes_on")
    if not last or getdate() <= getdate(last):
        return ""
    return f"Năm học {school_year}: hạn cuối đề nghị thu hồi là {formatdate(last, 'd/M/yyyy')}."

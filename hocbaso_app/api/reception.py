"""Endpoints of the desk of office and department: what is behind a number, reminders, quality counted anew."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services.overview import behind, cards, choices, reception, reminders
from hocbaso_app.services.overview.figures import Asked
from hocbaso_app.services.quality import score
from hocbaso_app.services.statistics import table
from hocbaso_app.services.statistics.kinds import Question


@frappe.whitelist()
def years() -> list[str]:
    """School years to choose from."""
    return choices.years(frappe.session.user)


@frappe.whitelist()
def names(
    column: str,
    academic_year: str | None = None,
    unit: str | None = None,
    above: str | None = None,
    student_group: str | None = None,
    stage: str | None = None,
    start: int | str = 0,
) -> dict[str, Any]:
    """The records that a number of the overview counts, a page at a time."""
    place: dict[str, Any] = {"above": above, "student_group": student_group, "stage": stage}
    asked = Asked(frappe.session.user, academic_year, unit)
    return behind.names(asked, column, **place, start=frappe.utils.cint(start))


@frappe.whitelist(methods=["POST"])
def remind(units: list[str] | str, academic_year: str, note: str = "") -> dict[str, list[str]]:
    """A task to each of these schools that lags behind."""
    if isinstance(units, str):
        units = frappe.parse_json(units) if units.startswith("[") else [units]
    return reminders.remind(units, academic_year, note)


@frappe.whitelist(methods=["POST"])
def count_quality(unit: str, academic_year: str) -> str:
    """A school's data are checked now; gives the sentence about the score."""
    score.of_school(unit, academic_year)
    return score.explain(score.keep(unit, academic_year))


@frappe.whitelist()
def names_of_statistic(
    kind: str,
    by: str,
    academic_year: str,
    source: str,
    group: str,
    item: str = "",
    value: str = "",
    unit: str | None = None,
    grade: str | None = None,
    start: int | str = 0,
) -> dict[str, Any]:
    """The records that a number of a statistic counts, a page at a time."""
    question = Question(kind, by, academic_year, source, unit or None, grade or None)
    return table.names(frappe.session.user, question, group, item, value, frappe.utils.cint(start))


@frappe.whitelist()
def names_of_receipts(
    column: str,
    academic_year: str | None = None,
    unit: str | None = None,
    above: str | None = None,
    from_date: str | None = None,
    to_date: str | None = None,
    start: int | str = 0,
) -> dict[str, Any]:
    """The received records that a number of the reception report counts, a page at a time."""
    asked = Asked(frappe.session.user, academic_year, unit)
    return reception.names(asked, column, above, from_date, to_date, frappe.utils.cint(start))


@frappe.whitelist()
def late_records() -> dict[str, Any]:
    """Number card: records past their last day."""
    return cards.late_records(frappe.session.user)


@frappe.whitelist()
def lagging_schools() -> dict[str, Any]:
    """Number card: schools that lag behind."""
    return cards.lagging_schools(frappe.session.user)


@frappe.whitelist()
def received_per_day() -> dict[str, Any]:
    """Chart: received on each of the last two weeks."""
    return cards.received_per_day(frappe.session.user)


@frappe.whitelist()
def progress_of_units() -> dict[str, Any]:
    """Chart: offices or schools, released and open."""
    return cards.progress_of_units(frappe.session.user)

"""One round of the channel for every school of this site whose authority has a site of its own."""

from __future__ import annotations

from collections.abc import Callable

import frappe

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import connector
from hocbaso_app.services.channel import book, taking, telling
from hocbaso_app.services.frozen import sending

FIRST_MONTH = 8
"""Of a school year."""


def schools() -> list[str]:
    """Schools that speak to another site."""
    if not connector.is_on():
        return []
    units = frappe.get_all(connector.ACCOUNT, pluck="name", order_by="name")
    return [unit for unit in units if sending.goes_by_channel(unit)]


def run() -> dict[str, str]:
    """Bulletin first, then the report; no school's trouble stops another, no direction the other. School → problem."""
    problems = {}
    for unit in schools():
        said = [problem for step in (_fetch, _tell) if (problem := _tried(step, unit))]
        if said:
            problems[unit] = said[0]
    return problems


def _tried(step: Callable[[str], None], unit: str) -> str | None:
    try:
        step(unit)
        return None
    except HocBaSoError as error:
        problem = error.message_vi
    except HbsError as error:
        problem = str(error)
    frappe.db.rollback()
    book.note(unit, problem=problem)
    frappe.db.commit()  # nosemgrep: what is wrong is shown, whatever comes next
    return problem


def _fetch(unit: str) -> None:
    taking.fetch(unit, connector.client(unit, school_year_of(unit)))


def _tell(unit: str) -> None:
    telling.tell(unit, connector.client(unit, school_year_of(unit)))


def school_year_of(unit: str) -> str:
    """The newest year of the school's records; by the calendar before there is one."""
    found = frappe.get_all("HBS Record", {"unit": unit}, pluck="school_year", order_by="school_year desc", limit=1)
    if found and found[0]:
        return str(found[0])
    today = frappe.utils.getdate()
    first = today.year if today.month >= FIRST_MONTH else today.year - 1
    return f"{first}-{first + 1}"

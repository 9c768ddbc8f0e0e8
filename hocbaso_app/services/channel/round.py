"""One round of the channel for every school of this site whose authority has a site of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange import codes
from hocbaso_app.exchange.errors import RefusedError, UncertainError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import connector, states
from hocbaso_app.services.channel import book, taking, telling
from hocbaso_app.services.frozen import sending

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient

FIRST_MONTH = 8
"""Of a school year."""

WITHOUT = 24
"""Hours until a portal that has no such channel is asked again whether it has one now."""


def schools() -> list[str]:
    """Schools that speak to another site now."""
    if not connector.is_on():
        return []
    units = frappe.get_all(connector.ACCOUNT, pluck="name", order_by="name")
    waits = {"ask_again_at": (">", now_datetime())}
    waiting = set(frappe.get_all(book.CHANNEL, waits, pluck="name", order_by="name"))
    return [unit for unit in units if unit not in waiting and sending.goes_by_channel(unit)]


def run() -> dict[str, str]:
    """Bulletin first, then the report; no school's trouble stops another, no direction the other. School → problem."""
    problems = {}
    for unit in schools():
        said = [problem for step in (taking.fetch, telling.tell) if (problem := _tried(step, unit))]
        if said:
            problems[unit] = said[0]
    return problems


def _tried(step: Callable[[str, PortalClient], bool], unit: str) -> str | None:
    values: dict[str, object] = {"ask_again_at": None}
    try:
        step(unit, _client(unit))
        return None
    except HocBaSoError as error:
        values["problem"] = error.message_vi
        if _has_no_channel(error):
            with states.in_vietnamese():
                values["problem"] = _("The other side offers no such channel; it is asked again once a day.")
            values["ask_again_at"] = add_to_date(now_datetime(), hours=WITHOUT)
    except HbsError as error:
        values["problem"] = str(error)
    frappe.db.rollback()
    book.note(unit, **values)
    frappe.db.commit()  # nosemgrep: what is wrong is shown, whatever comes next
    return str(values["problem"])


def _client(unit: str) -> PortalClient:
    """Neither outage nor circuit holds it up: it is how their end is heard of. Asked once, for the next round comes."""
    client = connector.client(unit, school_year_of(unit), guarded=False)
    client.endpoint = replace(client.endpoint, question_attempts=1)
    return client


def _has_no_channel(error: HocBaSoError) -> bool:
    """A portal of CV 2088 alone knows no such address or function."""
    if isinstance(error, RefusedError):
        return error.code == codes.FUNCTION_WRONG
    return isinstance(error, UncertainError) and error.message_en in ("HTTP 404", "HTTP 405")


def school_year_of(unit: str) -> str:
    """The newest year of the school's records; by the calendar before there is one."""
    found = frappe.get_all("HBS Record", {"unit": unit}, pluck="school_year", order_by="school_year desc", limit=1)
    if found and found[0]:
        return str(found[0])
    today = frappe.utils.getdate()
    first = today.year if today.month >= FIRST_MONTH else today.year - 1
    return f"{first}-{first + 1}"

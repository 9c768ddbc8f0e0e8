"""A record that was forwarded to the Ministry (QĐ Điều 12.k4): its recall waits for the Ministry's answer."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, StepOrderError

ARCHIVE = "HBS Received Archive"
FORWARDED, ASKED, AGREED, REFUSED = "Forwarded", "Asked", "Agreed", "Refused"
ANSWERS = (ASKED, AGREED, REFUSED)


def forwarded(case: Any) -> str | None:
    """Since when the year's archive with this record is at the Ministry, as a date; ``None`` when it is not."""
    where = {"unit": case.unit, "school_year": case.school_year, "status": ("in", ("Forwarded", "Confirmed"))}
    day = frappe.db.get_value(ARCHIVE, where, "forwarded_on", order_by="forwarded_on desc")
    return str(day) if day else None


def require_answer(case: Any) -> None:
    """An approval needs the Ministry's consent once the record is there."""
    day = forwarded(case)
    if day is None and not case.ministry_state:
        return
    if case.ministry_state == AGREED:
        return
    if case.ministry_state == REFUSED:
        frappe.throw(_("The Ministry refused. Refuse the request with the Ministry's reason."), StepOrderError)
    frappe.throw(
        _("This record was forwarded to the Ministry. Ask the Ministry and enter its answer first."), StepOrderError
    )


def note(name: str, state: str, text: str) -> None:
    """What was asked of the Ministry or answered by it, with the number of the letter."""
    from hocbaso_app.services.recall_cases import book, decide

    if state not in ANSWERS:
        frappe.throw(_("There is no such state: {0}").format(state), HbsError)
    if not (text or "").strip():
        frappe.throw(_("Write the number and date of the letter."), HbsError)
    case = decide.open_case(name)
    if not forwarded(case) and not case.ministry_state:
        frappe.throw(_("This record was not forwarded to the Ministry."), StepOrderError)
    case.ministry_state = state
    book.add_note(case, "Ministry", frappe.session.user, text.strip())
    book.save(case, "ministry about recall", {"ministry": state, "letter": text.strip()})

"""The gate in front of every write: open, or :class:`LockedError` with who closed it until when and what to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_datetime, now_datetime

from hocbaso_app.exceptions import LockedError
from hocbaso_app.services.locks import order, tickets, who, windows, year_closings
from hocbaso_app.services.locks.order import YEAR, Closing

Fields = str | Collection[str] | None
NONE = 99
"""Rank of no ticket at all: it opens nothing."""


def closings(unit: str, academic_year: str | None, grade: str | None) -> list[Closing]:
    """Everything that closes records of a school, year and grade now, the strictest first."""
    if not (unit and academic_year):
        return []
    known: dict[tuple[str, str, str | None], list[Closing]] = windows.kept("hbs_lock_closings")
    key = (unit, academic_year, grade)
    if key not in known:
        year = year_closings.of(unit, academic_year)
        found = order.closings(windows.of(unit, academic_year, grade), now_datetime())
        known[key] = ([year] if year else []) + found
    return known[key]


def require_open(
    doc_or_unit: Any, academic_year: str | None = None, grade: str | None = None, field: Fields = None
) -> None:
    """:class:`LockedError` unless this may be written now.

    A record (``field``: names as in :mod:`.parts`, one or several; None for a step of the whole record), or a unit
    with its school year and grade.
    """
    text = sentence(doc_or_unit, academic_year, grade, field)
    if text:
        frappe.throw(text, LockedError)


def require_open_all(docs: Sequence[Any]) -> None:
    """The same for the steps of several records; the first that is closed is named."""
    for doc in docs:
        text = sentence(doc)
        if text:
            frappe.throw(f"{doc.full_name or doc.name}: {text}" if len(docs) > 1 else text, LockedError)


def require_class_open(student_group: str) -> None:
    """For what is written about a class as a whole: its confirmed summary, new drafts."""
    text = class_sentence(student_group)
    if text:
        frappe.throw(text, LockedError)


def class_sentence(student_group: str) -> str:
    """Why nothing new is written about a class now; empty when it is open or a ticket for the whole class is."""
    closing = next(iter(_left(*facts_of_class(student_group), student_group, None, None)), None)
    return text_of(closing) if closing else ""


def sentence(doc_or_unit: Any, academic_year: str | None = None, grade: str | None = None, field: Fields = None) -> str:
    """Why it is closed; empty when it is open."""
    if isinstance(doc_or_unit, str):
        left = closings(doc_or_unit, academic_year, grade)
        return text_of(left[0]) if left else ""
    doc = doc_or_unit
    left = _left(doc.unit, doc.academic_year, doc.grade, doc.student_group, doc.name, field)
    return text_of(left[0]) if left and not opened_by_recall(doc) else ""


def is_closed(doc: Any) -> bool:
    """Whether no step of this record may be taken now."""
    return bool(sentence(doc))


def _left(
    unit: str | None,
    academic_year: str | None,
    grade: str | None,
    student_group: str | None,
    record: str | None,
    field: Fields,
) -> list[Closing]:
    """Closings that no ticket opens."""
    left = closings(unit or "", academic_year, grade)
    if not left:
        return []
    names = {field} if isinstance(field, str) else set(field or ())
    found = tickets.covering(unit, academic_year, student_group, record)
    ranks = [
        min((ticket.rank for ticket in found if name.startswith(ticket.opens)), default=NONE) for name in names
    ] or [min((ticket.rank for ticket in found), default=NONE)]
    return [c for c in left if c.level == YEAR or c.rank < max(ranks)]


def opened_by_recall(doc: Any) -> bool:
    """Whether this record replaces a file that the authority let the school recall."""
    replaced = doc.get("replaces_code")
    wanted = {"record": doc.name, "record_code": replaced, "status": "Recalled"}
    return bool(replaced and frappe.db.exists("HBS Record Version", wanted))


def facts_of_class(student_group: str) -> tuple[str | None, str | None, str | None]:
    """Unit, school year and grade of a class."""
    from hocbaso_app.education.classes import grade_of

    unit = frappe.db.get_value("HBS Teaching Assignment", {"student_group": student_group}, "unit")
    row = frappe.db.get_value("Student Group", student_group, ["academic_year", "program"])
    year, program = row or (None, None)
    return unit, year, grade_of(program)


# ── what people read ────────────────────────────────────────────────────────
def text_of(closing: Closing) -> str:
    """Who closed it until when, why, and what to do next."""
    if closing.level == YEAR:
        return _(
            "The school year is locked by decision {0} of the principal. What is wrong is corrected by a recall."
        ).format(closing.reason)
    name, reason = who.name_of(closing.unit), closing.reason.strip().rstrip(".")
    if closing.until is None:
        text = _("Closed by {0} until it is opened again; reason: {1}.").format(name, reason)
    elif (closing.until.hour, closing.until.minute) == (23, 59):
        day = format_datetime(closing.until, "d/M/yyyy")
        text = _("Closed by {0} to the end of {1}; reason: {2}.").format(name, day, reason)
    else:
        moment = format_datetime(closing.until, "HH:mm d/M/yyyy")
        text = _("Closed by {0} until {1}; reason: {2}.").format(name, moment, reason)
    return f"{text} {_('To have it opened, ask for an unlock ticket; {0} grants it.').format(name)}"


def state_of(unit: str, academic_year: str, grade: str | None = None) -> dict[str, Any]:
    """For the desk: whether it is closed, the sentence, every closing with its unit, and when it will be closed."""
    found = closings(unit, academic_year, grade)
    coming = order.next_closing(windows.of(unit, academic_year, grade), now_datetime())
    return {
        "locked": bool(found),
        "sentence": text_of(found[0]) if found else "",
        "closings": [
            {
                "level": c.level,
                "unit": c.unit,
                "unit_name": who.name_of(c.unit),
                "until": str(c.until) if c.until else None,
                "reason": c.reason,
                "source": c.source,
                "text": text_of(c),
            }
            for c in found
        ],
        "next_closing": str(coming) if coming and not found else None,
        "notice": "" if found or not coming else _coming(coming),
    }


def _coming(moment: Any) -> str:
    return str(_("Open until {0}.").format(format_datetime(moment, "HH:mm d/M/yyyy")))


def line_of_record(doc: Any) -> dict[str, Any]:
    """The same for one record, with what a ticket or a recall opens of it."""
    state = state_of(doc.unit, doc.academic_year, doc.grade)
    if not state["locked"]:
        return state
    if opened_by_recall(doc):
        return {
            **state,
            "locked": False,
            "notice": _("Open for the correction: the recall of this record was approved."),
        }
    ticket = tickets.open_for(doc)
    if ticket and not is_closed(doc):
        return {**state, "locked": False, "notice": ticket.notice}
    return state

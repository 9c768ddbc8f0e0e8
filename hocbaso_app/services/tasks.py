"""What waits for one person: his open work, by kind and class, the late first, with where to do it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import open_work, owners, schedule, states
from hocbaso_app.services.open_work import Work
from hocbaso_app.services.recall_cases import work
from hocbaso_app.services.receiving import settings
from hocbaso_app.services.reconciliation import work as differences
from hocbaso_app.services.rehearsal import work as signing


def for_user(user: str) -> list[dict[str, Any]]:
    """One row per kind of work and class; empty for somebody with no part in digital records."""
    if not frappe.has_permission("HBS Record", "read", user=user):
        return []
    groups: dict[tuple[str, str, str], list[Work]] = {}
    here = settings.is_on()
    for found in open_work.open_work(user, of_office=_of_office(user)):
        if here and found.kind == open_work.RECALL:
            continue  # the officer's work is the case, not the record of the school
        if any(person.user == user for person in found.people):
            groups.setdefault((found.unit, found.student_group, found.kind + found.stage), []).append(found)
    rows = [_row(works) for works in groups.values()] + work.rows(user) + differences.rows(user) + signing.rows(user)
    return sorted(rows, key=lambda r: (not r["late"], r["due"] or "9999", r["since"] or "9999", r["student_group"]))


def _of_office(user: str) -> bool:
    """An office decides on recalls and does no work of a class: nothing else is counted for it."""
    units = frappe.get_all("HBS Staff Member", {"user": user}, pluck="unit", order_by="name")
    return not frappe.db.count("HBS Unit", {"name": ("in", units or [""]), "kind": "School"})


def _row(works: list[Work]) -> dict[str, Any]:
    first = works[0]
    since = min((w.since for w in works if w.since), default=None)
    subjects = [w.subject_name for w in works if w.subject]
    homeroom = len(subjects) < len(works)
    return {
        "kind": first.kind,
        "stage": first.stage,
        "title": titles()[first.kind],
        "unit": first.unit,
        "student_group": first.student_group,
        "subjects": subjects,
        "homeroom": homeroom,
        "pupils": max(w.pupils for w in works),
        "parts": sum(w.pupils for w in works),
        "faults": sum(w.faults for w in works),
        "since": since.isoformat(sep=" ", timespec="seconds") if since else None,
        "days": (getdate() - since.date()).days if since else 0,
        "due": first.due.isoformat() if first.due else None,
        "days_left": (first.due - getdate()).days if first.due else None,
        "late": first.late,
        "route": route(works),
    }


def titles() -> dict[str, str]:
    """Kind of work → what the person is asked to do."""
    return {
        open_work.ENTER: _("Enter results"),
        open_work.MEND: _("Complete or mend"),
        open_work.CONFIRM: _("Confirm the year-end summary"),
        open_work.INITIALISE: _("Initialise records"),
        open_work.CHECK: _("Check before signing"),
        open_work.SIGN: _("Sign records"),
        open_work.RELEASE: _("Release with the school's seal"),
        open_work.SUBMIT: _("Submit to the city database"),
        open_work.UNBLOCK: _("Let stopped records go on"),
        open_work.REFUSED: _("Correct what the city database refused"),
        open_work.DECIDE: _("Decide on rejected records"),
        open_work.RENEW: _("Start new versions"),
        open_work.RECALL: _("Decide on recalls"),
        open_work.ANSWER: _("Answer the officer's question about a recall"),
    }


SIGNING_STAGES = {
    schedule.SUBJECT_SIGNING: "gvbm",
    schedule.HOMEROOM_SIGNING: "gvcn",
    schedule.MANAGER_SIGNING: "cbql",
    schedule.RELEASE: "release",
}


def route(works: list[Work]) -> str:
    """The page on the desk where this is done."""
    first = works[0]
    group = first.student_group
    if first.kind in (open_work.ENTER, open_work.MEND):
        return _entry(works)
    if first.kind in (open_work.SIGN, open_work.RELEASE):
        return f"/app/hbs-signing/{SIGNING_STAGES[first.stage]}/{quote(group)}"
    if first.kind == open_work.CONFIRM:
        year = {"academic_year": first.academic_year, "unit": first.unit}
        return f"/app/hbs-summary-confirmation/new?{urlencode({'student_group': group} | year)}"
    if first.kind in EXCHANGE_STATES:
        query = {"state": EXCHANGE_STATES[first.kind], "responsible": first.people[0].user}
        return f"/app/hbs-submission?{urlencode(query)}"
    if first.kind in (open_work.RECALL, open_work.ANSWER):
        return f"/app/hbs-recall-request?{urlencode({'unit': first.unit})}"
    return list_route(group, STATE_OF[first.kind])


EXCHANGE_STATES = {open_work.UNBLOCK: "Needs Attention", open_work.REFUSED: "Rejected"}
"""Work that starts from the list of submissions → the state to look for."""


def list_route(student_group: str, state: str) -> str:
    """The list of records of a class in a state."""
    return f"/app/hbs-record?{urlencode({'student_group': json.dumps(['in', [student_group]]), 'state': state})}"


STATE_OF = {
    open_work.INITIALISE: states.DRAFT,
    open_work.CHECK: states.INITIALISED,
    open_work.SUBMIT: states.RELEASED,
    open_work.DECIDE: states.REJECTED,
    open_work.RENEW: states.RECALLED,
}
"""Work that starts from the list of records → the state to look for."""


def _entry(works: list[Work]) -> str:
    """One subject: its sheet; several, or the homeroom teacher's: the choice of sheets; school data: the faults."""
    group = quote(works[0].student_group)
    subjects = [work.subject for work in works]
    if len(subjects) == 1 and subjects[0]:
        return f"/app/hbs-class-entry/{group}/subject-{subjects[0]}"
    if all(work.owner in (owners.SCHOOL_DATA, owners.SETTINGS) for work in works):
        return f"/app/query-report/HBS%20Open%20Faults?student_group={group}"
    if all(work.owner == owners.PRINCIPAL for work in works):
        return f"/app/hbs-class-entry/{group}/promotion"
    return "/app/hbs-class-entry"


def sentence(row: dict[str, Any]) -> str:
    """A task in one line, for the digest."""
    subjects = ", ".join(row["subjects"])
    what = f"{row['title']}: {subjects}" if subjects else row["title"]
    text = _("{0}, class {1}: {2} pupils").format(what, row["student_group"], row["pupils"])
    if row.get("note"):
        text = f"{what}: {row['note']}"
    elif row.get("place"):
        text = _("{0}, {1}: {2} pupils").format(what, row["place"], row["pupils"])
    if row["due"] is None:
        return text
    day = frappe.utils.formatdate(row["due"], "d/M/yyyy")
    return _("{0} – late, was due {1}").format(text, day) if row["late"] else _("{0} – until {1}").format(text, day)

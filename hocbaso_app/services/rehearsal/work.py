"""What waits for a person because of certificates and signing: try his own, approve another's, answer a pattern."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.permissions import patterns
from hocbaso_app.services import certificates, duty, work_row
from hocbaso_app.services.enrolment import people
from hocbaso_app.services.rehearsal import desk, forecast, run
from hocbaso_app.setup import roles


def rows(user: str) -> list[dict[str, Any]]:
    """In the shape of :func:`hocbaso_app.services.tasks.for_user`."""
    return [*_own(user), *_to_approve(user), *_to_answer(user)]


def _own(user: str) -> list[dict[str, Any]]:
    """Since a rehearsal found that he would fail, until he would not."""
    staff = [row.name for row in frappe.get_all("HBS Staff Member", {"user": user}, ["name"], order_by="name")]
    where = {"staff": ("in", staff or [""]), "outcome": forecast.FAILS, "parenttype": run.DOCTYPE}
    first = frappe.get_all("HBS Rehearsal Row", where, ["parent", "creation"], order_by="creation", limit=1)
    if not first:
        return []
    outcome = desk.own(user)
    stops = [problem for problem in outcome.problems if problem.stops] if outcome else []
    if outcome is None or outcome.signer is None or not stops:
        return []
    title = _("Get your certificate ready to sign")
    note = " ".join(problem.text for problem in stops)
    return [
        _row(title, note, outcome.signer.staff.unit, 1, first[0].creation, outcome.signer.day, "/app/hbs-enrolment")
    ]


def _to_approve(user: str) -> list[dict[str, Any]]:
    """Tried certificates that wait for a decision of this administrator."""
    if roles.SCHOOL_ADMIN not in frappe.get_roles(user):
        return []
    found = []
    for unit in _units(user):
        if not certificates.may_decide(user, unit):
            continue
        where = {"unit": unit, "status": "Pending", "tested_at": ("is", "set")}
        waiting = frappe.get_all(people.CERTIFICATE, where, ["common_name", "creation"], order_by="creation, name")
        if waiting:
            note = ", ".join(row.common_name for row in waiting[:3])
            route = f"/app/hbs-certificate?status=Pending&unit={unit}"
            title = _("Approve certificates")
            found.append(_row(title, note, unit, len(waiting), waiting[0].creation, None, route))
    return found


def _to_answer(user: str) -> list[dict[str, Any]]:
    """Patterns of signing that the principal has not answered."""
    found = []
    for unit in patterns.led_by(user):
        where = {"unit": unit, "commented_at": ("is", "not set")}
        columns = ["creation", "answer_until", "kind"]
        waiting = frappe.get_all(patterns.DOCTYPE, where, columns, order_by="answer_until, name")
        if waiting:
            note = ", ".join(dict.fromkeys(_(row.kind) for row in waiting[:3]))
            route = "/app/query-report/HBS%20Signing%20Patterns"
            title = _("Answer about patterns in the signing")
            since = min(row.creation for row in waiting)
            found.append(_row(title, note, unit, len(waiting), since, getdate(waiting[0].answer_until), route))
    return found


def _units(user: str) -> list[str]:
    rows = frappe.get_all("HBS Staff Member", {"user": user}, ["unit", "from_date", "to_date"], order_by="unit")
    return list(dict.fromkeys(row.unit for row in rows if duty.in_force(row)))


def _row(title: str, note: str, unit: str, count: int, since: datetime, due: date | None, route: str) -> dict[str, Any]:
    place = frappe.db.get_value("HBS Unit", unit, "unit_name")
    row = work_row.of_unit("certificate", title, place, unit, count=count, since=since, due=due, route=route)
    return {**row, "note": note, "parts": 0}

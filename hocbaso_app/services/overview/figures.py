"""Counts of records by school, class and column; under the unit above that the school had on the record's day.

A school whose records are on this site is counted from them; of another site's
school there is what it reported (HBS Unit Progress). What was received, and what
waits for a decision on a recall, is counted from this side's own documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count, Date
from frappe.utils import getdate

from hocbaso_app.permissions.scope import Scope, scope_of
from hocbaso_app.services import schedule, states

OWN, REPORTED, RECEIVED, CASES = "own", "reported", "received", "cases"

STAGES: dict[str, tuple[str, ...]] = {
    "entry": (states.DRAFT,),
    "check": (states.INITIALISED,),
    "subjects": (states.CHECKED, states.SUBJECT),
    "homeroom": (states.HOMEROOM,),
    "manager": (states.MANAGER,),
    "sealing": (states.RELEASE,),
    "unsent": (states.RELEASED,),
    "submitted": (states.SUBMITTED,),
    "refused": (states.REJECTED,),
    "accepted": (states.ACCEPTED,),
    "asked_back": (states.RECALL_REQUESTED,),
    "recalled": (states.RECALLED,),
}
"""Column → states of HBS Record; each record stands in exactly one."""

COLUMN_OF = {state: column for column, held in STAGES.items() for state in held}
AFTER_RELEASE = tuple(column for column, held in STAGES.items() if held[0] in states.AFTER_RELEASE)
RECEPTION = ("received", "received_late", "received_recalled", "waiting_recalls")
"""Columns counted from what this side received."""

COLUMNS = ("records", *STAGES, "released", "late", *RECEPTION)
NO_NAMES = frozenset({REPORTED})


@dataclass(frozen=True)
class Figure:
    """One count; ``above`` is the unit that the school stood under on the day of these records."""

    source: str
    unit: str
    above: str | None
    student_group: str
    grade: str
    column: str
    records: int
    state: str = ""


@dataclass(frozen=True)
class Asked:
    """Whose figures, of which school year; ``unit`` for one unit and what is below it."""

    user: str
    academic_year: str | None = None
    unit: str | None = None

    @property
    def scope(self) -> Scope:
        """The user's."""
        return scope_of(self.user)

    def units(self) -> frozenset[str] | None:
        """Units that may be counted; ``None`` for all of them."""
        known = None if self.scope.everything else self.scope.units
        if not self.unit:
            return known
        from hocbaso_app.services.units import history

        place = frappe.db.get_value("HBS Unit", self.unit, ["lft", "rgt"], as_dict=True)
        wanted = history.with_predecessors({self.unit, *(history.below(place.lft, place.rgt) if place else ())})
        return frozenset(wanted) if known is None else known & wanted


def collect(asked: Asked) -> list[Figure]:
    """All figures of the user's area; his right to read records comes first."""
    frappe.has_permission("HBS Record", "read", user=asked.user, throw=True)
    own = list(of_records(asked))
    counted = {figure.unit for figure in own}
    reported = [figure for figure in of_reports(asked) if figure.unit not in counted]
    return [*own, *reported, *of_received(asked), *of_cases(asked)]


def of_records(asked: Asked) -> Iterable[Figure]:
    """From HBS Record."""
    record, above = frappe.qb.DocType("HBS Record"), above_on_day()
    query = select_records(asked)
    groups = (record.unit, above, record.student_group, record.grade, record.state)
    query = query.select(*groups, Count(record.name)).groupby(*groups)
    for unit, over, group, grade, state, count in query.run():
        yield Figure(OWN, unit, over, group or "", grade or "", COLUMN_OF[state], count, state)


def select_records(asked: Asked) -> Any:
    """HBS Records of the area, joined with where their school stood on their day; nothing selected yet."""
    record, unit = frappe.qb.DocType("HBS Record"), frappe.qb.DocType("HBS Unit")
    placement, day = frappe.qb.DocType("HBS Unit Placement"), _day(record)
    covers = (placement.parent == record.unit) & (placement.parenttype == "HBS Unit") & (placement.from_date <= day)
    covers &= placement.to_date.isnull() | (placement.to_date >= day)
    query = frappe.qb.from_(record).join(unit).on(unit.name == record.unit).left_join(placement).on(covers)
    query = _limited(query, record.unit, asked)
    return query.where(record.academic_year == asked.academic_year) if asked.academic_year else query


def above_on_day() -> Any:
    """Expression of :func:`select_records`: the unit above on the record's day."""
    placement, unit = frappe.qb.DocType("HBS Unit Placement"), frappe.qb.DocType("HBS Unit")
    return Coalesce(placement.parent_unit, unit.parent_hbs_unit)


def _day(record: Any) -> Any:
    """A released record's day is that of its release; an open one is today's."""
    released = record.state.isin(sorted(states.AFTER_RELEASE))
    return Coalesce(Case().when(released, Date(record.released_at)).else_(None), getdate())


def of_reports(asked: Asked) -> Iterable[Figure]:
    """From HBS Unit Progress, for schools whose records are on another site."""
    above = _parents()
    query = _limited_rows("HBS Unit Progress", asked, "academic_year")
    for row in query:
        column = COLUMN_OF.get(row.state)
        if column and row.count:
            over = above.get(row.unit)
            group, grade = row.student_group or "", row.grade or ""
            yield Figure(REPORTED, row.unit, over, group, grade, column, row.count, row.state)


def _limited_rows(doctype: str, asked: Asked, year: str) -> list[Any]:
    table = frappe.qb.DocType(doctype)
    query = frappe.qb.from_(table).select(table.unit, table.student_group, table.grade, table.state, table["count"])
    query = _limited(query, table.unit, asked)
    if asked.academic_year:
        query = query.where(table[year] == asked.academic_year)
    return list(query.orderby(table.unit).run(as_dict=True))


def of_received(asked: Asked) -> Iterable[Figure]:
    """From HBS Received Record: in force, recalled, and those that came late; under the office at receipt."""
    record = frappe.qb.DocType("HBS Received Record")
    parents = _parents()
    groups = (record.unit, record.office, record.class_name, record.grade, record.status, record.late)
    query = received(asked).select(*groups, Count(record.name)).groupby(*groups)
    for unit, office, group, grade, status, late, count in query.run():
        place = (unit, office or parents.get(unit), group or "", grade or "")
        active = status == "Active"
        yield Figure(RECEIVED, *place, "received" if active else "received_recalled", count)
        if late and active:
            yield Figure(RECEIVED, *place, "received_late", count)


def received(asked: Asked) -> Any:
    """Received records of the area; nothing selected yet."""
    record = frappe.qb.DocType("HBS Received Record")
    query = _limited(frappe.qb.from_(record), record.unit, asked)
    return query.where(record.school_year == asked.academic_year) if asked.academic_year else query


def of_cases(asked: Asked) -> Iterable[Figure]:
    """From HBS Recall Case: what waits for a decision here."""
    case, parents = frappe.qb.DocType("HBS Recall Case"), _parents()
    query = cases(asked)
    groups = (case.unit, case.office, case.class_name)
    for unit, office, group, count in query.select(*groups, Count(case.name)).groupby(*groups).run():
        yield Figure(CASES, unit, office or parents.get(unit), group or "", "", "waiting_recalls", count)


def cases(asked: Asked) -> Any:
    """Recalls of the area that wait for a decision; nothing selected yet."""
    case = frappe.qb.DocType("HBS Recall Case")
    query = _limited(frappe.qb.from_(case), case.unit, asked).where(case.status.isin(["Waiting", "More Asked"]))
    return query.where(case.school_year == asked.academic_year) if asked.academic_year else query


def _limited(query: Any, column: Any, asked: Asked) -> Any:
    units = asked.units()
    return query if units is None else query.where(column.isin(sorted(units) or [""]))


def _parents() -> dict[str, str | None]:
    rows = frappe.get_all("HBS Unit", fields=["name", "parent_hbs_unit"], order_by="lft")
    return {row.name: row.parent_hbs_unit for row in rows}


def late_days(unit: str, academic_year: str | None, state: str, today: date | None = None) -> int:
    """Days since the last day of the stage that is under way; 0 when it has not passed or nobody set one."""
    due = schedule.due(unit, academic_year, states.STAGE_OF.get(state))
    return max(0, ((today or getdate()) - due).days) if due else 0

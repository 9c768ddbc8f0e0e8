"""Which records a number of the overview counts; the same conditions as the count, so that both always agree."""

from __future__ import annotations

from collections import defaultdict
from functools import reduce
from operator import or_
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count

from hocbaso_app.services import states
from hocbaso_app.services.overview import figures
from hocbaso_app.services.overview.figures import STAGES, Asked

PAGE = 100


def names(
    asked: Asked,
    column: str,
    *,
    above: str | None = None,
    student_group: str | None = None,
    stage: str | None = None,
    start: int = 0,
) -> dict[str, Any]:
    """``total`` and one page of rows: pupil, class, school, state, document; ``stage``: late ones of that stage."""
    frappe.has_permission("HBS Record", "read", user=asked.user, throw=True)
    query, table = _query(asked, column, above, student_group)
    if stage:
        query = query.where(table.state.isin([s for s, held in states.STAGE_OF.items() if held == stage] or [""]))
    return page_of(query, table, start)


def page_of(query: Any, table: Any, start: int) -> dict[str, Any]:
    """One page of a query over records of one of the DocTypes of :func:`_columns`."""
    total = query.select(Count(table.name)).run()[0][0]
    page = query.select(table.name, table.unit, table.full_name, *_columns(table))
    page = page.orderby(table.unit, table.full_name, table.name).limit(PAGE).offset(start)
    schools = dict(frappe.get_all("HBS Unit", fields=["name", "unit_name"], order_by="lft", as_list=True))
    return {
        "total": total,
        "doctype": _doctype(table),
        "rows": [
            {
                "name": row.name,
                "full_name": row.full_name,
                "student_group": row.student_group,
                "school": schools.get(row.unit, row.unit),
                "state": _(row.state),
                "says": row.says or "",
            }
            for row in page.run(as_dict=True)
        ],
    }


def _doctype(table: Any) -> str:
    return str(table._table_name).removeprefix("tab")


def _columns(table: Any) -> list[Any]:
    """Class, state and a few words, whatever the DocType calls them."""
    group, state, says = {
        "HBS Record": ("student_group", "state", "state_sentence"),
        "HBS Received Record": ("class_name", "status", "receipt_number"),
        "HBS Recall Case": ("class_name", "status", "reason"),
    }[_doctype(table)]
    return [table[group].as_("student_group"), table[state].as_("state"), table[says].as_("says")]


def _query(asked: Asked, column: str, above: str | None, student_group: str | None) -> tuple[Any, Any]:
    if column in ("received", "received_late", "received_recalled"):
        return _of_received(asked, column, above, student_group)
    if column == "waiting_recalls":
        return _of_cases(asked, above, student_group)
    record = frappe.qb.DocType("HBS Record")
    query = figures.select_records(asked)
    if column == "late":
        query = query.where(_late(asked, record))
    elif column in STAGES:
        query = query.where(record.state.isin(STAGES[column]))
    elif column == "released":
        query = query.where(record.state.isin(sorted(states.AFTER_RELEASE)))
    if above:
        query = query.where(figures.above_on_day() == above)
    return (query.where(record.student_group == student_group) if student_group else query), record


def _late(asked: Asked, record: Any) -> Any:
    """Condition: the stage under way has passed its last day; schools with the same dates in one piece."""
    schools: dict[frozenset[str], list[str]] = defaultdict(list)
    for (unit,) in figures.select_records(asked).select(record.unit).distinct().run():
        late = frozenset(s for s in states.STAGE_OF if figures.late_days(unit, asked.academic_year, s))
        schools[late].append(unit)
    pieces = [record.unit.isin(units) & record.state.isin(sorted(late)) for late, units in schools.items() if late]
    return reduce(or_, pieces) if pieces else record.name.isnull()


def _of_received(asked: Asked, column: str, above: str | None, student_group: str | None) -> tuple[Any, Any]:
    record = frappe.qb.DocType("HBS Received Record")
    query = figures.received(asked).where(record.status == ("Recalled" if column == "received_recalled" else "Active"))
    if column == "received_late":
        query = query.where(record.late == 1)
    if above:
        query = query.where(record.office == above)
    return (query.where(record.class_name == student_group) if student_group else query), record


def _of_cases(asked: Asked, above: str | None, student_group: str | None) -> tuple[Any, Any]:
    case = frappe.qb.DocType("HBS Recall Case")
    query = figures.cases(asked)
    if above:
        query = query.where(case.office == above)
    return (query.where(case.class_name == student_group) if student_group else query), case

"""HBS Unit Progress: what dashboards above the schools read. Counted here every hour, or reported by a school.

A school whose records lie on this site is never taken from a report, so nothing counts twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Count, Min, Sum
from frappe.utils import now_datetime

from hocbaso_app.services import rows

DOCTYPE = "HBS Unit Progress"
HERE, REPORTED = "This site", "Report of the school"


def count_here() -> dict[str, int]:
    """Write the rows of every school of this site anew; gives records by school."""
    moment = now_datetime().replace(microsecond=0)
    found = counted()
    gone = frappe.get_all(DOCTYPE, {"source": HERE}, pluck="unit", distinct=True, order_by="unit")
    for unit in (*found, *(unit for unit in gone if unit not in found)):
        _replace(unit, found.get(unit, []), moment, HERE)
    return {unit: sum(row["count"] for row in own) for unit, own in found.items()}


def counted(units: Sequence[str] | None = None) -> dict[str, list[dict[str, Any]]]:
    """School → rows (school year, class, grade, state, records, complete, waiting since), read in one statement."""
    record = frappe.qb.DocType("HBS Record")
    groups = (record.unit, record.school_year, record.student_group, record.grade, record.state)
    whole = record.fault_details.isnull() & (record.returned_remark.isnull() | (record.returned_mended == 1))
    query = frappe.qb.from_(record).select(*groups, Count(record.name).as_("count"))
    query = query.select(Sum(Case().when(whole, 1).else_(0)).as_("complete"))
    query = query.select(Min(record.waiting_since).as_("waiting_since"))
    if units is not None:
        query = query.where(record.unit.isin(list(units) or [""]))
    by_unit: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in query.groupby(*groups).orderby(*groups).run(as_dict=True):
        unit, year = row.pop("unit"), row.pop("school_year")
        by_unit[unit].append({**row, "academic_year": year, "complete": int(row.complete)})
    return dict(by_unit)


def is_here(unit: str) -> bool:
    """Whether the school's own records lie on this site."""
    return bool(frappe.db.exists("HBS Record", {"unit": unit}))


def take_report(unit: str, reported: Sequence[dict[str, Any]], as_of: datetime) -> bool:
    """Rows a school's site sent; False when they are older than what is known, or the records lie here anyway."""
    known = frappe.db.get_value(DOCTYPE, {"unit": unit}, "as_of", order_by="as_of desc")
    if is_here(unit) or (known and known > as_of):
        return False
    _replace(unit, reported, as_of, REPORTED)
    return True


def _replace(unit: str, wanted: Sequence[dict[str, Any]], as_of: datetime, source: str) -> None:
    frappe.db.delete(DOCTYPE, {"unit": unit})
    own = {"doctype": DOCTYPE, "unit": unit, "as_of": as_of, "source": source}
    rows.insert(DOCTYPE, [frappe._dict({**own, **row}) for row in wanted])

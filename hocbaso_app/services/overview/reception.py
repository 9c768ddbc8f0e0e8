"""The report of an office to the department: what was received, school by school, counted from the receipts given."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count, Max, Min, Sum
from frappe.utils import add_days, getdate

from hocbaso_app.services.overview import behind, figures
from hocbaso_app.services.overview.figures import Asked

NUMBERS = ("receipts", "in_force", "late", "recalled", "replacing")


def labels() -> dict[str, str]:
    """Column → heading."""
    return {
        "receipts": _("Receipts given"),
        "in_force": _("In force"),
        "late": _("Received late"),
        "recalled": _("Recalled"),
        "replacing": _("New issues"),
    }


def rows(asked: Asked, from_date: Any = None, to_date: Any = None) -> list[dict[str, Any]]:
    """One row per school and the office that it stood under when the record came."""
    frappe.has_permission("HBS Received Record", "read", user=asked.user, throw=True)
    record = frappe.qb.DocType("HBS Received Record")
    office = Coalesce(record.office, "")
    query = _received(asked, from_date, to_date).groupby(record.unit, office)
    query = query.select(record.unit, office.as_("above"), Count(record.receipt_number).as_("receipts"))
    for name in NUMBERS[1:]:
        query = query.select(Sum(Case().when(_where(name), 1).else_(0)).as_(name))
    query = query.select(
        Min(record.receipt_number).as_("first_receipt"), Max(record.receipt_number).as_("last_receipt")
    )
    query = query.select(Max(record.received_at).as_("last_received_at"))
    names = dict(frappe.get_all("HBS Unit", fields=["name", "unit_name"], order_by="lft", as_list=True))
    found = [
        {**row, "school": names.get(row.unit, row.unit), "office": names.get(row.above, "")}
        | {name: int(row[name] or 0) for name in NUMBERS}
        for row in query.run(as_dict=True)
    ]
    return sorted(found, key=lambda row: (row["office"], row["school"]))


def total(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The last row: sums, with the first and last receipt of all."""
    firsts = [row["first_receipt"] for row in found if row["first_receipt"]]
    lasts = [row["last_receipt"] for row in found if row["last_receipt"]]
    moments = [row["last_received_at"] for row in found if row["last_received_at"]]
    return {
        "office": _("Total"),
        "school": "",
        "unit": None,
        "above": None,
        **{name: sum(row[name] for row in found) for name in NUMBERS},
        "first_receipt": min(firsts, default=""),
        "last_receipt": max(lasts, default=""),
        "last_received_at": max(moments, default=None),
        "bold": 1,
    }


def names(
    asked: Asked, column: str, above: str | None, from_date: Any = None, to_date: Any = None, start: int = 0
) -> dict[str, Any]:
    """The records behind a number, with their receipt numbers."""
    frappe.has_permission("HBS Received Record", "read", user=asked.user, throw=True)
    record = frappe.qb.DocType("HBS Received Record")
    query = _received(asked, from_date, to_date)
    query = query.where(_where(column) if column in NUMBERS[1:] else record.receipt_number.isnotnull())
    if above:
        query = query.where(record.office == above)
    return behind.page_of(query, record, start)


def _received(asked: Asked, from_date: Any, to_date: Any) -> Any:
    record = frappe.qb.DocType("HBS Received Record")
    query = figures.received(asked)
    if from_date:
        query = query.where(record.received_at >= getdate(from_date))
    if to_date:
        query = query.where(record.received_at < add_days(getdate(to_date), 1))
    return query


def _where(column: str) -> Any:
    record = frappe.qb.DocType("HBS Received Record")
    return {
        "in_force": record.status == "Active",
        "late": record.late == 1,
        "recalled": record.status == "Recalled",
        "replacing": record.issue_number > 1,
    }[column]

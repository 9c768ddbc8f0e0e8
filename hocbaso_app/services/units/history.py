"""What a unit was on a day: its name, the unit above, whether it was in being; and who took over from whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, getdate

from hocbaso_app.exceptions import StepOrderError

USED_BY = ("HBS Record", "HBS Received Record", "HBS Staff Member")
"""Documents that say that a unit is in use: from then on its name and place change by date only."""


def on(rows: list[Any], day: Any) -> Any:
    """The row of a dated table that covers the day; ``None`` when there is none."""
    wanted = getdate(day)
    for row in rows:
        if getdate(row.from_date) <= wanted and (not row.to_date or wanted <= getdate(row.to_date)):
            return row
    return None


def parent_on(unit: str, day: Any) -> str | None:
    """The unit above on a day; for a day before the first entry, the first one's."""
    rows = _rows("HBS Unit Placement", unit, "parent_unit")
    if not rows:
        return frappe.db.get_value("HBS Unit", unit, "parent_hbs_unit")
    return (on(rows, day) or rows[0]).parent_unit


def name_on(unit: str, day: Any) -> str:
    """The unit's name on a day."""
    rows = _rows("HBS Unit Name", unit, "unit_name")
    row = on(rows, day) or (rows[0] if rows else None)
    return str(row.unit_name if row else frappe.db.get_value("HBS Unit", unit, "unit_name") or unit)


def _rows(doctype: str, unit: str, column: str) -> list[Any]:
    where = {"parent": unit, "parenttype": "HBS Unit"}
    return list(frappe.get_all(doctype, where, [column, "from_date", "to_date"], order_by="from_date, idx"))


def ended(row: Any, day: date | None = None) -> bool:
    """Whether a unit (its ``valid_to``) was not in being any more on the day; today without one."""
    return bool(row.valid_to) and getdate(row.valid_to) < (day or getdate())


def with_predecessors(units: set[str]) -> set[str]:
    """The units and those that ended and named one of them as successor, one after the other, with all below these."""
    rows = frappe.get_all(
        "HBS Unit",
        {"successor": ("is", "set"), "valid_to": ("<", getdate())},
        ["name", "successor", "lft", "rgt"],
        order_by="lft",
    )
    found = set(units)
    for _round in rows:
        new = [row for row in rows if row.successor in found and row.name not in found]
        if not new:
            break
        for row in new:
            found |= {row.name, *below(row.lft, row.rgt)}
    return found


def area_of(unit: str) -> set[str]:
    """The unit and all below it; of a specialised office the department's; nothing of one that has ended."""
    columns = ["name", "kind", "lft", "rgt", "valid_to", "whole_area", "parent_hbs_unit"]
    row = frappe.db.get_value("HBS Unit", unit, columns, as_dict=True)
    if row is None or ended(row):
        return set()
    if row.whole_area and row.parent_hbs_unit:
        return {unit} | area_of(row.parent_hbs_unit)
    return {row.name, *(below(row.lft, row.rgt) if row.kind != "School" else ())}


def below(lft: int, rgt: int) -> list[str]:
    """Units below a place of today's tree."""
    return list(frappe.get_all("HBS Unit", {"lft": (">", lft), "rgt": ("<", rgt)}, pluck="name", order_by="lft"))


def is_used(unit: str) -> bool:
    """Whether something stands under the unit already."""
    return any(frappe.db.exists("DocType", d) and frappe.db.exists(d, {"unit": unit}) for d in USED_BY)


def keep(doc: Any) -> None:
    """``validate`` of HBS Unit: the dated rows follow a correction before the unit is used; after that, a decision."""
    if doc.flags.hbs_service:
        return
    if doc.is_new():
        doc.set("placements", [{"parent_unit": doc.parent_hbs_unit, "from_date": doc.valid_from}])
        doc.set("names", [{"unit_name": doc.unit_name, "from_date": doc.valid_from}])
        return
    _keep_rows(doc)
    before = doc.get_doc_before_save()
    changed = [f for f in ("unit_name", "parent_hbs_unit", "kind", "valid_from") if _differs(doc, before, f)]
    if not changed:
        return
    if is_used(doc.name) or len(doc.placements) > 1 or len(doc.names) > 1:
        frappe.throw(
            _(
                "{0} is in use: its name and its place change on a day and by decision. "
                "Use “Rename…”, “Move…”, “Merge…” or “End…” above the form."
            ).format(before.unit_name),
            StepOrderError,
        )
    doc.set("placements", [{"parent_unit": doc.parent_hbs_unit, "from_date": doc.valid_from}])
    doc.set("names", [{"unit_name": doc.unit_name, "from_date": doc.valid_from}])


def _keep_rows(doc: Any) -> None:
    """What the form sends of the dated rows and the end does not count."""
    before = doc.get_doc_before_save()
    for table in ("placements", "names"):
        doc.set(table, before.get(table))
    for field in ("valid_to", "successor", "end_decision"):
        doc.set(field, before.get(field))


def _differs(doc: Any, before: Any, field: str) -> bool:
    if field == "valid_from":
        return getdate(doc.valid_from) != getdate(before.valid_from)
    return (doc.get(field) or "") != (before.get(field) or "")


def split(rows: list[Any], day: date, values: dict[str, Any], decision: str) -> dict[str, Any]:
    """End the open row of a dated table the day before, and give the row that begins on the day."""
    last = rows[-1]
    if last.to_date is not None or getdate(last.from_date) >= day:
        frappe.throw(
            _("From {0} on another change is entered already. This one must begin later.").format(
                frappe.utils.formatdate(last.from_date, "d/M/yyyy")
            ),
            StepOrderError,
        )
    last.to_date = add_days(day, -1)
    return {**values, "from_date": day, "decision_number": decision}

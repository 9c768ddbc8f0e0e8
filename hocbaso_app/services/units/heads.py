"""Who answers for each unit (QĐ Điều 3, Điều 14), and the units that nobody answers for."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.permissions import scope
from hocbaso_app.services import duty
from hocbaso_app.services.units import history


def of(units: list[str]) -> dict[str, str]:
    """Unit → name of its head in office today."""
    rows = frappe.get_all(
        "HBS Staff Member",
        {"unit": ("in", units or [""]), "is_head": 1},
        ["unit", "full_name", "from_date", "to_date"],
        order_by="unit, from_date, name",
    )
    return {row.unit: row.full_name for row in rows if duty.in_force(row)}


def missing(user: str | None = None) -> list[dict[str, Any]]:
    """Units of the user's scope that are in being today and have no head, with the last one's name."""
    known = scope.scope_of(user)
    where = {} if known.everything or known.setup else {"name": ("in", sorted(known.units) or [""])}
    columns = ["name", "unit_name", "kind", "parent_hbs_unit", "valid_from", "valid_to"]
    rows = frappe.get_all("HBS Unit", where, columns, order_by="lft")
    running = [row for row in rows if getdate(row.valid_from) <= getdate() and not history.ended(row)]
    heads = of([row.name for row in running])
    names = {row.name: row.unit_name for row in rows}
    return [
        {
            "unit": row.name,
            "unit_name": row.unit_name,
            "kind": _(row.kind),
            "above": names.get(row.parent_hbs_unit, ""),
            "last_head": _last(row.name),
        }
        for row in running
        if row.name not in heads
    ]


def _last(unit: str) -> str:
    where = {"unit": unit, "is_head": 1}
    return str(frappe.db.get_value("HBS Staff Member", where, "full_name", order_by="from_date desc") or "")


def check(doc: Any) -> None:
    """``validate`` of a staff entry: one head of a unit on any day."""
    if not doc.get("is_head"):
        return
    from hocbaso_app.hocbaso_app.doctype.hbs_staff_member.hbs_staff_member import overlaps

    others = frappe.get_all(
        "HBS Staff Member",
        {"unit": doc.unit, "is_head": 1, "name": ("!=", doc.name or "")},
        ["full_name", "from_date", "to_date"],
        order_by="name",
    )
    for other in others:
        if overlaps(doc, other):
            frappe.throw(_("{0} is the head of this unit at that time. End that entry first.").format(other.full_name))

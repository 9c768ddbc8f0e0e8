"""How many records could not be verified any more in some months if nothing were renewed, and why."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows, a sentence."""
    from hocbaso_app.services.long_term import showing

    months = cint((filters or {}).get("months")) or showing.MONTHS
    rows = showing.forecast(frappe.session.user, months)
    sums = showing.counted(frappe.session.user)
    failing = sum(row["files"] for row in rows)
    message = _(
        "{0} of {1} released files could not be verified any more in {2} months if nothing were done."
        " {3} have evidence beside them; it is renewed by itself a year before it ends."
    ).format(failing, sums["files"], months, sums["with_evidence"])
    return _columns(), rows, message


def _columns() -> list[dict[str, Any]]:
    unit = {"fieldname": "unit", "label": _("Code"), "fieldtype": "Link", "options": "HBS Unit", "width": 110}
    return [
        {"fieldname": "unit_name", "label": _("Unit"), "fieldtype": "Data", "width": 240},
        {"fieldname": "files", "label": _("Files"), "fieldtype": "Int", "width": 90},
        {"fieldname": "ends", "label": _("From this day on"), "fieldtype": "Date", "width": 130},
        {"fieldname": "reason", "label": _("Why"), "fieldtype": "Data", "width": 520},
        unit,
    ]

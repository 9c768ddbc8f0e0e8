"""Should, sent, received: by class for a school, by school for those above; a number leads to its records."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows with their outcome."""
    from hocbaso_app.services.reconciliation import figures

    rows = figures.by_class(frappe.session.user, filters)
    several = len({row["unit"] for row in rows}) > 1
    return _columns(several), [{**row, "outcome": figures.status(row)} for row in rows]


def _columns(several: bool) -> list[dict[str, Any]]:
    count = {"fieldtype": "Int", "width": 120}
    school = {"fieldname": "school", "label": _("School"), "fieldtype": "Data", "width": 260}
    group = {"fieldname": "student_group", "label": _("Class"), "fieldtype": "Data", "width": 90}
    return [
        school if several else group,
        {"fieldname": "school_year", "label": _("School year"), "fieldtype": "Data", "width": 110},
        {**count, "fieldname": "should", "label": _("Should be there")},
        {**count, "fieldname": "released", "label": _("Released")},
        {**count, "fieldname": "sent", "label": _("Sent")},
        {**count, "fieldname": "acknowledged", "label": _("With receipt")},
        {**count, "fieldname": "received", "label": _("Received there")},
        {**count, "fieldname": "recalled", "label": _("Recalled there")},
        {"fieldname": "outcome", "label": _("Outcome"), "fieldtype": "Data", "width": 150},
        {"fieldname": "as_of", "label": _("Known as of"), "fieldtype": "Datetime", "width": 160},
    ]

"""Schools with records signed and not at the city database, and what is stopped there: by whom, why, since when."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows, one per school in the user's scope."""
    from hocbaso_app.services import alarm

    return _columns(), alarm.by_school(frappe.session.user)


def _columns() -> list[dict[str, Any]]:
    unit = {"fieldname": "unit", "label": _("School"), "fieldtype": "Link", "options": "HBS Unit"}
    count = {"fieldtype": "Int", "width": 120}
    return [
        {**unit, "width": 110},
        {"fieldname": "school", "label": _("Unit name"), "fieldtype": "Data", "width": 220},
        {"fieldname": "stopped", "label": _("What is stopped"), "fieldtype": "Data", "width": 420},
        {**count, "fieldname": "unsealed", "label": _("Wait for the seal")},
        {**count, "fieldname": "waiting", "label": _("Wait in the queue")},
        {**count, "fieldname": "overdue", "label": _("Overdue")},
        {**count, "fieldname": "attention", "label": _("Need a person"), "width": 150},
        {"fieldname": "oldest", "label": _("Oldest since"), "fieldtype": "Datetime", "width": 160},
    ]

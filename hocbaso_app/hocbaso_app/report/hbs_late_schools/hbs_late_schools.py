"""Schools that lag behind, stage by stage, the worst first (QĐ Điều 12.k3.1); chosen ones are reminded."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows, a sentence."""
    from hocbaso_app.services.overview import choices, lagging
    from hocbaso_app.services.overview.figures import Asked

    user, filters = frappe.session.user, filters or {}
    rows = lagging.rows(Asked(user, choices.year_of(filters, user), filters.get("unit")))
    message = None if rows else _("No school of your area is past a last day.")
    return _columns(), rows, message


def _columns() -> list[dict[str, Any]]:
    unit = {"fieldname": "unit", "label": _("Code"), "fieldtype": "Link", "options": "HBS Unit"}
    return [
        {"fieldname": "school", "label": _("School"), "fieldtype": "Data", "width": 260},
        {"fieldname": "above", "label": _("Belongs to"), "fieldtype": "Data", "width": 200},
        {"fieldname": "stage_label", "label": _("Stage"), "fieldtype": "Data", "width": 170},
        {"fieldname": "due", "label": _("Last day"), "fieldtype": "Date", "width": 125},
        {"fieldname": "days", "label": _("Days late"), "fieldtype": "Int", "width": 125},
        {"fieldname": "records", "label": _("Late records"), "fieldtype": "Int", "width": 110},
        {"fieldname": "total", "label": _("Of records"), "fieldtype": "Int", "width": 120},
        {"fieldname": "percent", "label": _("% late"), "fieldtype": "Float", "precision": 1, "width": 90},
        {"fieldname": "received_late", "label": _("Received late"), "fieldtype": "Int", "width": 115},
        {"fieldname": "reminded", "label": _("Last reminder"), "fieldtype": "Datetime", "width": 150},
        {**unit, "width": 110},
    ]

"""Units in being that nobody answers for (QĐ Điều 3, Điều 14); empty when all is well."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows, and one sentence."""
    from hocbaso_app.services.units import heads

    frappe.has_permission("HBS Unit", "read", throw=True)
    rows = heads.missing(frappe.session.user)
    message = _("Enter the head at the staff of the unit: mark “Head of the unit”.") if rows else None
    return _columns(), rows, message or _("Each unit has a head.")


def _columns() -> list[dict[str, Any]]:
    unit = {"fieldname": "unit", "label": _("Code"), "fieldtype": "Link", "options": "HBS Unit"}
    return [
        {"fieldname": "unit_name", "label": _("Unit name"), "fieldtype": "Data", "width": 320},
        {"fieldname": "kind", "label": _("Kind"), "fieldtype": "Data", "width": 110},
        {"fieldname": "above", "label": _("Belongs to"), "fieldtype": "Data", "width": 260},
        {"fieldname": "last_head", "label": _("Last head"), "fieldtype": "Data", "width": 190},
        {**unit, "width": 130},
    ]

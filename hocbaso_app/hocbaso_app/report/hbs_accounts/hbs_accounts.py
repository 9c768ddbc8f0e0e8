"""Accounts of a unit: who, role, last log-in, certificate; what is not in the staff list is marked."""

from __future__ import annotations

from typing import Any

from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows, the marked ones first."""
    from hocbaso_app.services import accounts

    wanted = (filters or {}).get("unit")
    units = [unit for unit in accounts.units_of() if not wanted or unit == wanted]
    return _columns(), [row for unit in units for row in accounts.of(unit)]


def _columns() -> list[dict[str, Any]]:
    return [
        {"fieldname": "mark", "label": _("Marked"), "fieldtype": "Data", "width": 230},
        {"fieldname": "full_name", "label": _("Full name"), "fieldtype": "Data", "width": 190},
        {"fieldname": "roles", "label": _("Roles"), "fieldtype": "Data", "width": 250},
        {"fieldname": "last_login", "label": _("Last log-in"), "fieldtype": "Datetime", "width": 170},
        {"fieldname": "certificate", "label": _("Certificate"), "fieldtype": "Data", "width": 140},
        {"fieldname": "user", "label": _("User account"), "fieldtype": "Data", "width": 270},
        {"fieldname": "unit", "label": _("Unit"), "fieldtype": "Link", "options": "HBS Unit", "width": 120},
    ]

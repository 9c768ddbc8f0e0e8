"""How well accounts are kept: leavers with open accounts, no second factor, old passwords, signs of shared use."""

from __future__ import annotations

from typing import Any

from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows, the most urgent first."""
    from hocbaso_app.services import accounts

    wanted = (filters or {}).get("unit")
    units = [unit for unit in accounts.units_of() if not wanted or unit == wanted]
    return _columns(), [row for unit in units for row in accounts.security(unit)]


def _columns() -> list[dict[str, Any]]:
    return [
        {"fieldname": "kind", "label": _("What was noticed"), "fieldtype": "Data", "width": 210},
        {"fieldname": "full_name", "label": _("Full name"), "fieldtype": "Data", "width": 190},
        {"fieldname": "user", "label": _("User account"), "fieldtype": "Data", "width": 240},
        {"fieldname": "text", "label": _("What to do"), "fieldtype": "Data", "width": 460},
        {"fieldname": "unit", "label": _("Unit"), "fieldtype": "Link", "options": "HBS Unit", "width": 120},
    ]

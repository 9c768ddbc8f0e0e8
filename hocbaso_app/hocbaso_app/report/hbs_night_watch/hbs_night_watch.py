"""How the night watch stands: files of each unit, how many were verified within the days set, what was found."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows, a sentence."""
    from hocbaso_app.services.night_watch import queue, state

    rows = state.by_unit(frappe.session.user)
    message = _("Every file is verified again in full within {0} days: {2} a night; {1} in the last hours.").format(
        queue.days(), queue.seen_tonight(), queue.share()
    )
    return _columns(), rows, message


def _columns() -> list[dict[str, Any]]:
    unit = {"fieldname": "unit", "label": _("Code"), "fieldtype": "Link", "options": "HBS Unit", "width": 110}
    return [
        {"fieldname": "unit_name", "label": _("Unit"), "fieldtype": "Data", "width": 260},
        {"fieldname": "files", "label": _("Files"), "fieldtype": "Int", "width": 90},
        {"fieldname": "recent", "label": _("Verified in time"), "fieldtype": "Int", "width": 130},
        {"fieldname": "unseen", "label": _("Not yet"), "fieldtype": "Int", "width": 100},
        {"fieldname": "oldest", "label": _("Oldest look"), "fieldtype": "Datetime", "width": 160},
        {"fieldname": "broken", "label": _("Broken"), "fieldtype": "Int", "width": 90},
        {"fieldname": "trust_missing", "label": _("Trust data missing"), "fieldtype": "Int", "width": 170},
        unit,
    ]

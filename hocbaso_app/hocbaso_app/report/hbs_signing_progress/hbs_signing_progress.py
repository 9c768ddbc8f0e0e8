"""Classes and stages: how many records stand where; a number leads to their list."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows, no message, chart."""
    from hocbaso_app.services import progress

    rows = progress.by_class(frappe.session.user, filters)
    stages = progress.labels()
    chart = {
        "type": "bar",
        "barOptions": {"stacked": 1},
        "colors": list(progress.COLOURS),
        "data": {
            "labels": [row["student_group"] for row in rows],
            "datasets": [{"name": label, "values": [row[name] for row in rows]} for name, label in stages.items()],
        },
    }
    return _columns(stages), rows, None, chart if rows else None


def _columns(stages: dict[str, str]) -> list[dict[str, Any]]:
    group = {"fieldname": "student_group", "label": _("Class"), "fieldtype": "Data"}
    numbers = {"pupils": _("Pupils"), "complete": _("Complete")} | stages
    return [
        {**group, "width": 110},
        *({"fieldname": name, "label": label, "fieldtype": "Int", "width": 120} for name, label in numbers.items()),
    ]

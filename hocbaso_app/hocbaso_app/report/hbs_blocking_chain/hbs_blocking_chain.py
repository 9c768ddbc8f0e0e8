"""Who holds up whom, since when, and how many people wait behind."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows, the late and the longest waits first."""
    from hocbaso_app.services import progress

    rows = progress.blocking(frappe.session.user, filters)
    for row in rows:
        row["subjects"] = ", ".join(row["subjects"]) or "–"
        row["stage"] = _(row["stage"])
    return _columns(), rows


def _columns() -> list[dict[str, Any]]:
    group = {"fieldname": "student_group", "label": _("Class"), "fieldtype": "Data"}
    return [
        {"fieldname": "person", "label": _("Waiting for"), "fieldtype": "Data", "width": 170},
        {**group, "width": 80},
        {"fieldname": "stage", "label": _("Stage"), "fieldtype": "Data", "width": 190},
        {"fieldname": "subjects", "label": _("Subjects"), "fieldtype": "Data", "width": 190},
        {"fieldname": "pupils", "label": _("Pupils"), "fieldtype": "Int", "width": 105},
        {"fieldname": "days", "label": _("Days waiting"), "fieldtype": "Int", "width": 110},
        {"fieldname": "since", "label": _("Since"), "fieldtype": "Date", "width": 110},
        {"fieldname": "due", "label": _("Until"), "fieldtype": "Date", "width": 110},
        {"fieldname": "late", "label": _("Late"), "fieldtype": "Check", "width": 95},
        {"fieldname": "behind", "label": _("People waiting behind"), "fieldtype": "Int", "width": 150},
        {"fieldname": "behind_names", "label": _("Who waits behind"), "fieldtype": "Data", "width": 260},
    ]

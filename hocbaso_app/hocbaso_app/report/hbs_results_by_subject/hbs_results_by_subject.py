"""Classes and subjects: how far the results are entered, and how the levels are spread (QĐ Điều 8.k1)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows, one per class and subject."""
    from hocbaso_app.services import progress

    return _columns(), progress.by_subject(frappe.session.user, filters)


def _columns() -> list[dict[str, Any]]:
    group = {"fieldname": "student_group", "label": _("Class"), "fieldtype": "Data"}
    levels = {"T": _("Completed well"), "H": _("Completed"), "C": _("Not completed"), "M": _("Exempt")}
    return [
        {**group, "width": 90},
        {"fieldname": "subject_name", "label": _("Subject"), "fieldtype": "Data", "width": 190},
        {"fieldname": "teacher", "label": _("Teacher"), "fieldtype": "Data", "width": 180},
        {"fieldname": "pupils", "label": _("Pupils"), "fieldtype": "Int", "width": 90},
        {"fieldname": "entered", "label": _("Entered"), "fieldtype": "Int", "width": 90},
        {"fieldname": "missing", "label": _("Missing"), "fieldtype": "Int", "width": 90},
        *(
            {"fieldname": f"level_{k}", "label": f"{k} – {v}", "fieldtype": "Int", "width": 140}
            for k, v in levels.items()
        ),
        {"fieldname": "marks", "label": _("Marks"), "fieldtype": "Int", "width": 90},
        {"fieldname": "average", "label": _("Average mark"), "fieldtype": "Float", "precision": 1, "width": 120},
    ]

"""How complete and right the schools' data are; for one school the list of faults (QĐ Điều 7 b)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Schools with their scores, or one school's faults with the sentence about its score."""
    from hocbaso_app.services.overview import choices
    from hocbaso_app.services.quality import score

    user, filters = frappe.session.user, filters or {}
    year = choices.year_of(filters, user)
    rows = score.schools(user, year)
    unit = filters.get("unit") or (rows[0]["unit"] if len(rows) == 1 else None)
    if not unit or unit not in {row["unit"] for row in rows}:
        return _columns_of_schools(), rows, _("Click a school's score to see its faults.")
    sheet = score.of_school(unit, year, user)
    return _columns_of_faults(), [_fault(fault) for fault in sheet.faults], score.explain(sheet)


def _fault(fault: Any) -> dict[str, Any]:
    from hocbaso_app.services.quality.faults import labels

    return {
        "area": labels()[fault.area],
        "about": fault.about,
        "fault": fault.text,
        "document_type": fault.doctype,
        "document": fault.name,
        "code": fault.code,
    }


def _columns_of_schools() -> list[dict[str, Any]]:
    from hocbaso_app.services.quality.faults import labels

    return [
        {"fieldname": "school", "label": _("School"), "fieldtype": "Data", "width": 280},
        {"fieldname": "above", "label": _("Belongs to"), "fieldtype": "Data", "width": 220},
        {"fieldname": "score", "label": _("Score"), "fieldtype": "Float", "precision": 1, "width": 90},
        {"fieldname": "faults", "label": _("Faults"), "fieldtype": "Int", "width": 120},
        *(
            {"fieldname": f"in_{area.lower()}", "label": label, "fieldtype": "Int", "width": 120}
            for area, label in labels().items()
        ),
        {"fieldname": "checks", "label": _("Checks"), "fieldtype": "Int", "width": 100},
        {"fieldname": "as_of", "label": _("As of"), "fieldtype": "Datetime", "width": 150},
    ]


def _columns_of_faults() -> list[dict[str, Any]]:
    document = {"fieldname": "document", "label": _("Where it is mended"), "fieldtype": "Dynamic Link"}
    return [
        {"fieldname": "area", "label": _("Area"), "fieldtype": "Data", "width": 130},
        {"fieldname": "about", "label": _("About"), "fieldtype": "Data", "width": 240},
        {"fieldname": "fault", "label": _("Fault"), "fieldtype": "Data", "width": 520},
        {**document, "options": "document_type", "width": 170},
        {"fieldname": "code", "label": _("Kind of fault"), "fieldtype": "Data", "width": 170},
    ]

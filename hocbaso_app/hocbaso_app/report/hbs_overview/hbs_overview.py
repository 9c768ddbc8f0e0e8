"""From city to office to school to class: records in each stage, received, late; a number opens the names behind it."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows of the tree, a sentence, no chart, summary."""
    from hocbaso_app.services.overview import choices, table
    from hocbaso_app.services.overview.figures import Asked
    from hocbaso_app.services.overview.labels import labels

    user, filters = frappe.session.user, filters or {}
    asked = Asked(user, choices.year_of(filters, user), filters.get("unit"))
    depth = filters.get("depth")
    rows = table.rows(asked, depth if depth in table.DEPTHS else "School")
    names = labels()
    return _columns(names), rows, _message(rows), None, _summary(table.total(rows), names)


FIRST = ("records", "percent", "released", "late", "received", "received_late", "waiting_recalls")
"""Columns that are read without scrolling."""


def _columns(names: dict[str, str]) -> list[dict[str, Any]]:
    place = {"fieldname": "label", "label": _("Unit or class"), "fieldtype": "Data", "width": 330}
    percent = {"fieldname": "percent", "label": _("% released"), "fieldtype": "Float", "precision": 1, "width": 120}
    known = {n: {"fieldname": n, "label": label, "fieldtype": "Int"} for n, label in names.items()}
    numbers = [{**column, "width": max(100, 40 + 8 * len(column["label"]))} for column in known.values()]
    by_name = {column["fieldname"]: column for column in [percent, *numbers]}
    return [place, *(by_name.pop(name) for name in FIRST), *by_name.values()]


def _message(rows: list[dict[str, Any]]) -> str | None:
    if any(row["from_elsewhere"] for row in rows):
        return _("Schools with their own site: as they last reported; their records are opened there.")
    return None


def _summary(total: dict[str, int], names: dict[str, str]) -> list[dict[str, Any]]:
    colours = {"records": "Blue", "released": "Green", "received": "Green", "late": "Red", "waiting_recalls": "Orange"}
    return [
        {"value": total[name], "label": names[name], "datatype": "Int", "indicator": colour if total[name] else "Grey"}
        for name, colour in colours.items()
    ]

"""From city to office to school to class: records in each stage, received, late; a number opens the names behind it."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows of the tree, a sentence, chart, summary."""
    from hocbaso_app.services.overview import choices, table
    from hocbaso_app.services.overview.figures import Asked
    from hocbaso_app.services.overview.labels import labels

    user, filters = frappe.session.user, filters or {}
    asked = Asked(user, choices.year_of(filters, user), filters.get("unit"))
    depth = filters.get("depth")
    rows = table.rows(asked, depth if depth in table.DEPTHS else "School")
    names = labels()
    return _columns(names), rows, _message(rows), _chart(rows, names), _summary(table.total(rows), names)


def _columns(names: dict[str, str]) -> list[dict[str, Any]]:
    place = {"fieldname": "label", "label": _("Unit or class"), "fieldtype": "Data", "width": 320}
    percent = {"fieldname": "percent", "label": _("% released"), "fieldtype": "Float", "precision": 1, "width": 100}
    numbers = [{"fieldname": n, "label": label, "fieldtype": "Int", "width": 105} for n, label in names.items()]
    return [place, numbers[0], percent, numbers[-1], *numbers[1:-1]]


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


def _chart(rows: list[dict[str, Any]], names: dict[str, str]) -> dict[str, Any] | None:
    """The schools (at most 20, the lagging ones first), released and open."""
    schools = [row for row in rows if row["kind"] == "School" and row["records"]][:20]
    if not schools:
        return None
    still_open = [row["records"] - row["released"] for row in schools]
    return {
        "type": "bar",
        "barOptions": {"stacked": 1},
        "colors": ["#22c55e", "#d1d5db"],
        "data": {
            "labels": [row["label"] for row in schools],
            "datasets": [
                {"name": names["released"], "values": [row["released"] for row in schools]},
                {"name": _("Open"), "values": still_open},
            ],
        },
    }

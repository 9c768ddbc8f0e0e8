"""What an office received and reports to the department, built from the receipts it gave (QĐ Điều 12.k2.2 b)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows with their sum, a sentence."""
    from hocbaso_app.services.overview import choices, reception
    from hocbaso_app.services.overview.figures import Asked

    user, filters = frappe.session.user, filters or {}
    asked = Asked(user, choices.year_of(filters, user), filters.get("unit"))
    rows = reception.rows(asked, filters.get("from_date"), filters.get("to_date"))
    total = reception.total(rows)
    message = _("Each record counted here has a receipt; a number opens the records with their receipt numbers.")
    return _columns(), [*rows, total] if rows else [], message, None, _summary(total)


def _columns() -> list[dict[str, Any]]:
    from hocbaso_app.services.overview import reception

    numbers = reception.labels()
    return [
        {"fieldname": "office", "label": _("Office"), "fieldtype": "Data", "width": 220},
        {"fieldname": "school", "label": _("School"), "fieldtype": "Data", "width": 250},
        *({"fieldname": n, "label": label, "fieldtype": "Int", "width": 140} for n, label in numbers.items()),
        {"fieldname": "first_receipt", "label": _("First receipt"), "fieldtype": "Data", "width": 170},
        {"fieldname": "last_receipt", "label": _("Last receipt"), "fieldtype": "Data", "width": 170},
        {"fieldname": "last_received_at", "label": _("Last received"), "fieldtype": "Datetime", "width": 160},
    ]


def _summary(total: dict[str, Any]) -> list[dict[str, Any]]:
    from hocbaso_app.services.overview import reception

    return [{"value": total[n], "label": label, "datatype": "Int"} for n, label in reception.labels().items()]

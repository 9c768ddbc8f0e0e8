"""Endpoints of class entry: my sheets, one sheet, save cells; the same as a spreadsheet."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import entry, entry_sheets


@frappe.whitelist()
def my_sheets() -> list[dict[str, Any]]:
    """Classes and sheets that are the user's today, with how far each is filled in."""
    return entry_sheets.sheets_of(frappe.session.user)


@frappe.whitelist()
def open_sheet(student_group: str, sheet: str) -> dict[str, Any]:
    """One sheet with all pupils."""
    return entry.open_sheet(student_group, sheet)


@frappe.whitelist(methods=["POST"])
def save_cells(student_group: str, sheet: str, changes: list[dict[str, Any]] | str) -> dict[str, Any]:
    """Cells ``{record, column, old, new}``; what became of each record."""
    return entry.save_cells(student_group, sheet, frappe.parse_json(changes))

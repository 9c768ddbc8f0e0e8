"""Endpoints of class entry: my sheets, one sheet, save cells; the same as a spreadsheet."""

from __future__ import annotations

import base64
from typing import Any

import frappe

from hocbaso_app.services import entry, entry_sheets, entry_xlsx


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


@frappe.whitelist(methods=["POST"])
def download_sheet(student_group: str, sheet: str) -> dict[str, str]:
    """The sheet as XLSX, base64; a POST because the audit trail notes it."""
    name, content = entry_xlsx.export(student_group, sheet)
    return {"file_name": name, "content": base64.b64encode(content).decode()}


@frappe.whitelist(methods=["POST"])
def plan_import(student_group: str, sheet: str, content: str) -> dict[str, Any]:
    """Dry run of a filled-in XLSX file (base64): what would change, what is wrong where."""
    planned = entry_xlsx.plan(student_group, sheet, _bytes(content))
    rows = [{"full_name": p.full_name, "changes": p.changes, "wrong": p.wrong} for p in planned]
    return {
        "rows": rows,
        "good": sum(bool(p.changes) for p in planned),
        "same": sum(not p.changes and not p.wrong for p in planned),
        "faulty": sum(bool(p.wrong) for p in planned),
    }


@frappe.whitelist(methods=["POST"])
def apply_import(student_group: str, sheet: str, content: str) -> dict[str, Any]:
    """Write the good cells of the dry run."""
    return entry_xlsx.apply(student_group, sheet, _bytes(content))


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return b""

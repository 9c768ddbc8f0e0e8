"""A report on the desk: its table, each number with where the records behind it are found."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe import _

from hocbaso_app.services import progress
from hocbaso_app.services.frozen import figures, making, sending


def shown(name: str) -> dict[str, Any]:
    """Headings, rows, total; whether hash and seal are right now."""
    doc = frappe.get_doc(making.DOCTYPE, name)
    doc.check_permission("read")
    kept = json.loads(doc.figures)
    titles = labels()
    used = [column for column in kept["columns"] if kept["total"].get(column)] or kept["columns"]
    return {
        "unit_name": kept["unit_name"],
        "columns": [{"name": column, "title": titles.get(column, column)} for column in used],
        "rows": [_row(doc, kept, row, used) for row in kept["rows"]],
        "total": {column: kept["total"].get(column, 0) for column in used},
        "whole": sending.is_whole(doc),
        "sealed": sending.sealer(doc, doc.seal) if doc.seal else None,
        "has_seal": bool(doc.seal),
    }


def labels() -> dict[str, str]:
    """Column → heading."""
    return progress.labels() | {
        "given_out": _("Given out"),
        "receipted": _("With a receipt"),
        "received": _("Received"),
        "late": _("Received late"),
        "recalled": _("Recalled"),
        "in_force": _("In force"),
    }


def _row(doc: Any, kept: dict[str, Any], row: dict[str, Any], used: list[str]) -> dict[str, Any]:
    here = doc.source == making.HERE
    values = {column: row["values"].get(column, 0) for column in used}
    links = {column: here and _has_place(kept, row) for column in used if values[column]}
    return {"label": row["label"], "values": values, "linked": links, "reported_at": row.get("reported_at")}


def _has_place(kept: dict[str, Any], row: dict[str, Any]) -> bool:
    return bool(row.get("records") or kept["kind"] == figures.RECEPTION or row.get("reported_at") == "")


def behind(name: str, row: int, column: str) -> dict[str, Any]:
    """The list of the desk that shows the records of one number: its document type and filters."""
    doc = frappe.get_doc(making.DOCTYPE, name)
    doc.check_permission("read")
    kept = json.loads(doc.figures)
    found = kept["rows"][int(row)]
    if found.get("records"):
        return {"doctype": found["doctype"], "filters": {"name": ["in", found["records"].get(column, [])]}}
    where: dict[str, Any] = {"unit": found["unit"]}
    if kept["kind"] == figures.PROGRESS:
        return {"doctype": "HBS Record", "filters": where | {"state": ["in", list(progress.COLUMNS[column])]}}
    where |= {"school_year": kept["academic_year"], "received_at": ["<=", kept["as_of"]]}
    if column == "late":
        where["late"] = 1
    elif column == "recalled":
        where["recalled_at"] = ["<=", kept["as_of"]]
    return {"doctype": found["doctype"], "filters": where}

"""What transferred records say of a pupil's earlier years and schools, for his record at this school."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import frappe

from hocbaso_app.services.transfer_in.keep import DOCTYPE
from hocbaso_app.services.transfer_in.standing import RECALLED

if TYPE_CHECKING:
    from hocbaso_app.record import model

MID_YEAR = "GIUA_NAM"


def with_earlier(record: model.Record, student: str) -> model.Record:
    """``record`` with the years at other schools in front of its own entries, oldest first."""
    own_code = record.general.school_code
    found: dict[tuple[str, str, str], model.HistoryEntry] = {}
    for row in _rows(student, own_code, record.general.school_year):
        for entry in entries_of(row):
            if entry.school_code != own_code:
                found[entry.school_year, entry.school_code or "", entry.class_name] = entry
    if not found:
        return record
    entries = sorted((*found.values(), *record.history), key=lambda entry: entry.arrived_at)
    return replace(record, history=tuple(entries))


def entries_of(row: Any) -> tuple[model.HistoryEntry, ...]:
    """The history in one transferred record; its own year cites it when it is a page of part of a year."""
    from hocbaso_app.record import model
    from hocbaso_app.record.document import Document

    record = Document.parse(base64.b64decode(row.content)).record
    if record.general.page_kind != MID_YEAR or not record.history:
        return record.history
    citation = model.MidYearCitation(record_code=row.record_code, sha256=row.sha256)
    return (*record.history[:-1], replace(record.history[-1], mid_year_page=citation))


def _rows(student: str, unit: str, school_year: str) -> list[Any]:
    """Of this year and earlier ones, the newest issue of each last; what is recalled tells nothing."""
    where = {"student": student, "unit": unit, "force": ("!=", RECALLED), "school_year": ("<=", school_year)}
    columns = ["record_code", "sha256", "content"]
    return frappe.get_all(DOCTYPE, where, columns, order_by="school_year, issue_number, name")

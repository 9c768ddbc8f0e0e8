"""What the three kinds of report count, as plain data: a table whose rows name the records they were made from.

``Progress`` is the state now and is counted when a window closes. The other two count only what has a date and never
changes again (a file given out, a receipt, a recall), so a report for a past day gives the same figures whenever it is
made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import frappe

from hocbaso_app.exchange.sampling import name_of
from hocbaso_app.services import progress, unit_progress
from hocbaso_app.services.channel import authority

PROGRESS, RELEASED, RECEPTION = "Progress", "Released records", "Reception"
COLUMNS = {
    PROGRESS: (*progress.COLUMNS,),
    RELEASED: ("given_out", "receipted"),
    RECEPTION: ("received", "late", "recalled", "in_force"),
}
COLUMN_OF = {state: column for column, held in progress.COLUMNS.items() for state in held}
MOST_NAMED = 5000
"""Records named one by one in a report; above that the rows say how to find them and the hash of their codes."""

VERSION, SUBMISSION, RECEIVED = "HBS Record Version", "HBS Submission", "HBS Received Record"


@dataclass(frozen=True)
class Asked:
    """Whose figures, of which school year, as of when; ``grade`` for a window of one grade."""

    unit: str
    academic_year: str
    as_of: datetime
    grade: str = ""


Cells = dict[str, list[tuple[str, str]]]
"""Column → (name, code) of the records in it."""


def of(kind: str, asked: Asked) -> dict[str, Any]:
    """The whole report but for its number: what is hashed."""
    unit = frappe.db.get_value("HBS Unit", asked.unit, ["unit_name", "kind"], as_dict=True)
    rows = list(COUNTED[kind](asked, unit.kind == "School"))
    columns = COLUMNS[kind]
    return {
        "kind": kind,
        "unit": asked.unit,
        "unit_name": unit.unit_name,
        "academic_year": asked.academic_year,
        "grade": asked.grade,
        "as_of": asked.as_of.isoformat(sep=" ", timespec="seconds"),
        "columns": list(columns),
        "rows": rows,
        "total": {column: sum(row["values"].get(column, 0) for row in rows) for column in columns},
    }


def _row(label: str, unit: str, doctype: str, cells: Cells, named: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"label": label, "unit": unit, "doctype": doctype}
    row["values"] = {column: len(found) for column, found in sorted(cells.items()) if found}
    codes = {column: name_of({code for _name, code in found}) for column, found in sorted(cells.items()) if found}
    row["codes_sha256"] = codes
    if named:
        row["records"] = {column: sorted(name for name, _code in found) for column, found in sorted(cells.items())}
    return row


def _progress(asked: Asked, of_school: bool) -> Iterable[dict[str, Any]]:
    """A school by class with its records; a unit above by school, from what is known of each."""
    if not of_school:
        yield from _progress_below(asked)
        return
    columns = ["name", "student_group", "state"]
    where = {"unit": asked.unit, "school_year": asked.academic_year} | ({"grade": asked.grade} if asked.grade else {})
    found = frappe.get_all("HBS Record", where, columns, order_by="student_group, name")
    yield from _rows(
        "HBS Record", ((r.student_group, asked.unit, COLUMN_OF[r.state], r.name, r.name) for r in found), asked
    )


def _progress_below(asked: Asked) -> Iterable[dict[str, Any]]:
    unit_progress.count_here()
    names = _below(asked.unit)
    where = {"unit": ("in", list(names) or [""]), "academic_year": asked.academic_year}
    where |= {"grade": asked.grade} if asked.grade else {}
    columns = ["unit", "state", "count", "as_of", "source"]
    rows: dict[str, dict[str, Any]] = {}
    for found in frappe.get_all(unit_progress.DOCTYPE, where, columns, order_by="unit, state"):
        label = names[found.unit]
        row = rows.setdefault(found.unit, {"label": label, "unit": found.unit, "doctype": "HBS Record", "values": {}})
        column = COLUMN_OF.get(found.state)
        if column:
            row["values"][column] = row["values"].get(column, 0) + found["count"]
        row["reported_at"] = str(found.as_of) if found.source == unit_progress.REPORTED else ""
    yield from sorted(rows.values(), key=lambda row: (row["label"], row["unit"]))


def _released(asked: Asked, of_school: bool) -> Iterable[dict[str, Any]]:
    """Files given out up to the day, and those of them the authority had receipted by then."""
    version, record = frappe.qb.DocType(VERSION), frappe.qb.DocType("HBS Record")
    sent = frappe.qb.DocType(SUBMISSION)
    query = frappe.qb.from_(version).join(record).on(record.name == version.record)
    query = query.left_join(sent).on((sent.version == version.name) & (sent.received_at <= asked.as_of))
    query = query.where((record.school_year == asked.academic_year) & (version.released_on <= asked.as_of))
    query = query.where(version.unit.isin(_units(asked, of_school)))
    if asked.grade:
        query = query.where(record.grade == asked.grade)
    columns = (version.name, version.unit, version.student_group, version.record_code, sent.receipt_number)
    names = _below(asked.unit)
    cells = []
    for name, unit, group, code, receipt in query.select(*columns).orderby(version.name).run():
        label = group if of_school else names[unit]
        cells.append((label, unit, "given_out", name, code))
        if receipt:
            cells.append((label, unit, "receipted", name, code))
    yield from _rows(VERSION, cells, asked)


def _reception(asked: Asked, of_school: bool) -> Iterable[dict[str, Any]]:
    """From receipts: what this site received, or, where it receives nothing, the receipts its schools hold."""
    if authority.unit() is None:
        yield from _receipts_of_schools(asked, of_school)
        return
    columns = ["name", "unit", "class_name", "late", "recalled_at"]
    where: dict[str, Any] = {"school_year": asked.academic_year, "received_at": ("<=", asked.as_of)}
    where["unit"] = ("in", _units(asked, of_school))
    where |= {"grade": asked.grade} if asked.grade else {}
    names, cells = _below(asked.unit), []
    for row in frappe.get_all(RECEIVED, where, columns, order_by="name"):
        label = row.class_name or "" if of_school else names[row.unit]
        gone = bool(row.recalled_at and row.recalled_at <= asked.as_of)
        held = ["received", "recalled" if gone else "in_force", *(["late"] if row.late else [])]
        cells += [(label, row.unit, column, row.name, row.name) for column in held]
    yield from _rows(RECEIVED, cells, asked)


def _receipts_of_schools(asked: Asked, of_school: bool) -> Iterable[dict[str, Any]]:
    sent, record = frappe.qb.DocType(SUBMISSION), frappe.qb.DocType("HBS Record")
    query = frappe.qb.from_(sent).join(record).on(record.name == sent.record)
    query = query.where((sent.school_year == asked.academic_year) & (sent.received_at <= asked.as_of))
    query = query.where(sent.receipt_number.isnotnull() & sent.unit.isin(_units(asked, of_school)))
    if asked.grade:
        query = query.where(record.grade == asked.grade)
    columns = (sent.name, sent.unit, sent.student_group, sent.record_code)
    names = _below(asked.unit)
    found = query.select(*columns).orderby(sent.name).run()
    cells = ((group if of_school else names[unit], unit, "received", name, code) for name, unit, group, code in found)
    yield from _rows(SUBMISSION, cells, asked)


def _rows(doctype: str, cells: Iterable[tuple[str, str, str, str, str]], asked: Asked) -> Iterable[dict[str, Any]]:
    """(Label, school, column, name, code) as rows, sorted, so that the same facts have one spelling."""
    by_row: dict[tuple[str, str], Cells] = defaultdict(lambda: defaultdict(list))
    count = 0
    for label, unit, column, name, code in cells:
        by_row[label or "", unit][column].append((name, code))
        count += 1
    for (label, unit), found in sorted(by_row.items()):
        yield _row(label, unit, doctype, found, count <= MOST_NAMED)


def _units(asked: Asked, of_school: bool) -> list[str]:
    return [asked.unit] if of_school else list(_below(asked.unit)) or [""]


def _below(unit: str) -> dict[str, str]:
    """Schools below a unit, ended ones too: code → name."""
    place = frappe.db.get_value("HBS Unit", unit, ["lft", "rgt"], as_dict=True)
    where = {"lft": (">=", place.lft), "rgt": ("<=", place.rgt), "kind": "School"}
    rows = frappe.get_all("HBS Unit", where, ["name", "unit_name"], order_by="name")
    return {row.name: row.unit_name for row in rows}


COUNTED: dict[str, Callable[[Asked, bool], Iterable[dict[str, Any]]]] = {
    PROGRESS: _progress,
    RELEASED: _released,
    RECEPTION: _reception,
}

"""Class entry: a sheet with its faults and hints, and cells saved through the record's own checks.

Every cell goes the way of a form: ``doc.save`` as the user, with the duties, states and rules of :mod:`drafts`. A bad
pupil never spoils the class: one savepoint each. A cell that somebody else changed meanwhile is not overwritten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import convert, drafts, entry_sheets, states
from hocbaso_app.services.entry_sheets import MARK, PROMOTION, QUALITIES, SUBJECT, TEXT, YEAR_END, Sheet
from hocbaso_app.services.locks import desk as locks_desk
from hocbaso_app.services.locks import gate, parts

MOST_CELLS = 2000
MID_YEAR_EMPTY = frozenset(
    {"promoted", "promotion_decision", "completion_text", "grade_completed", "primary_completed"}
)
"""A mid-year page has none of these."""


def open_sheet(student_group: str, key: str) -> dict[str, Any]:
    """The sheet with all pupils in roll order: values, what is fixed and why, faults, hints, remarks to begin with."""
    return opened(student_group, key)[1]


def opened(student_group: str, key: str) -> tuple[Sheet, dict[str, Any]]:
    """The same with the sheet itself."""
    docs = _load(student_group)
    sheet = _own_sheet(student_group, key, docs)
    marked = _marks_of_education(sheet, student_group, docs)
    hints = _hints(sheet, docs)
    rows = [_row(sheet, doc, hints[doc.name], marked) for doc in docs]
    return sheet, {
        **sheet.described(),
        "student_group": student_group,
        "school_year": docs[0].school_year,
        "lock": locks_desk.of_class(student_group),
        "rows": rows,
        "suggestions": _suggestions(sheet, docs[0].grade),
    }


def save_cells(student_group: str, key: str, changes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Save cells ``{record, column, old, new}``; per record what became of it, and the class's hints afterwards.

    ``old`` is what the person saw. When the cell holds another value by now, nothing is written and both are shown.
    """
    if len(changes) > MOST_CELLS:
        frappe.throw(_("Save at most {0} cells at once.").format(MOST_CELLS), HbsError)
    listed = _load(student_group)
    sheet = _own_sheet(student_group, key, listed)
    marked = _marks_of_education(sheet, student_group, listed)
    by_name = {doc.name: doc for doc in listed}
    wanted: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in changes:
        wanted[str(change.get("record"))].append(change)
    outcomes = []
    for name, cells in wanted.items():
        doc, outcome = _save_record(sheet, name, cells, by_name, marked)
        if doc is not None:
            by_name[name] = doc
        outcomes.append(outcome)
    docs = [by_name[doc.name] for doc in listed]
    hints = _hints(sheet, docs)
    rows = {doc.name: _row(sheet, doc, hints[doc.name], marked) for doc in docs if doc.name in wanted}
    return {
        "outcomes": [{**outcome, "row": rows.get(outcome["record"])} for outcome in outcomes],
        "hints": {name: found for name, found in hints.items() if found},
    }


def _save_record(
    sheet: Sheet, name: str, cells: Sequence[dict[str, Any]], by_name: dict[str, Any], marked: set[str]
) -> tuple[Any, dict[str, Any]]:
    if name not in by_name:
        return None, _refused(name, _("This pupil is not in the class."))
    frappe.db.savepoint("hbs_entry")
    said = len(frappe.local.message_log)
    try:
        doc = frappe.get_doc("HBS Record", name, for_update=True)
        doc.check_permission("write")
        before = dict(doc.as_dict())
        conflicts, wrong, set_any = _set_cells(sheet, doc, cells, marked)
        if set_any:
            doc.save()
    except (frappe.ValidationError, frappe.PermissionError) as error:
        frappe.db.rollback(save_point="hbs_entry")
        del frappe.local.message_log[said:]
        return None, _refused(name, _sentence(error))
    frappe.db.release_savepoint("hbs_entry")
    who = _who(before) if conflicts else {}
    return doc, {"record": name, "saved": not wrong and not conflicts, "conflicts": conflicts, "wrong": wrong, **who}


def _set_cells(
    sheet: Sheet, doc: Any, cells: Sequence[dict[str, Any]], marked: set[str]
) -> tuple[dict[str, dict[str, str]], dict[str, str], bool]:
    """Cells in conflict, cells with a wrong value, and whether any other was set."""
    conflicts: dict[str, dict[str, str]] = {}
    wrong: dict[str, str] = {}
    set_any = False
    holder = sheet.holder(doc)
    for cell in cells:
        column = sheet.column(str(cell.get("column")))
        current = entry_sheets.value_of(holder, column)
        locked = _cell_lock(sheet, doc, column, marked)
        try:
            new = entry_sheets.read_cell(column, cell.get("new"))
            if new == current:
                continue
            if locked:
                frappe.throw(locked, HbsError)
        except HbsError as error:
            wrong[column.name] = _sentence(error)
            frappe.local.message_log.pop()
            continue
        seen = cell.get("old")
        if seen is not None and str(seen) != current:
            conflicts[column.name] = {"mine": new, "theirs": current}
            continue
        holder.set(column.name, new or None)
        set_any = True
    return conflicts, wrong, set_any


def _refused(name: str, message: str) -> dict[str, Any]:
    return {"record": name, "saved": False, "conflicts": {}, "wrong": {}, "message": message}


def _sentence(error: Exception) -> str:
    return frappe.utils.strip_html(str(error)) or _("You may not change this record.")


def _who(before: dict[str, Any]) -> dict[str, str]:
    full_name = frappe.db.get_value("User", before["modified_by"], "full_name")
    return {"by": full_name or before["modified_by"], "at": str(before["modified"])}


def _load(student_group: str) -> list[Any]:
    """All records of a class that the user may read, in roll order, in few queries; for reading only."""
    parents = frappe.get_list(
        "HBS Record", {"student_group": student_group}, ["*"], order_by="name", limit_page_length=0
    )
    if not parents:
        frappe.throw(
            _("There are no records of {0} that you may see. The clerk reads the class in first.").format(
                student_group
            ),
            NotYoursError,
        )
    names = [row.name for row in parents]
    children: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for table in ("results", "history"):
        doctype = frappe.get_meta("HBS Record").get_field(table).options
        for row in frappe.get_all(doctype, {"parent": ("in", names)}, ["*"], order_by="parent, idx"):
            children[row.parent, table].append(row)
    docs = [
        frappe.get_doc(
            {
                "doctype": "HBS Record",
                **row,
                "results": children[row.name, "results"],
                "history": children[row.name, "history"],
            }
        )
        for row in parents
    ]
    return entry_sheets.in_roll_order(student_group, docs)


def _own_sheet(student_group: str, key: str, docs: Sequence[Any]) -> Sheet:
    entry_sheets.require_own(student_group, key, docs[0].unit)
    return entry_sheets.sheet(key, docs[0].grade, docs[0].rule_pack)


def _marks_of_education(sheet: Sheet, student_group: str, docs: Sequence[Any]) -> set[str]:
    """Pupils whose mark of the sheet's subject is Education's and so not entered here."""
    if not any(column.kind == MARK for column in sheet.columns):
        return set()
    from hocbaso_app.education.reader import scores_of

    scores = scores_of([doc.student for doc in docs], student_group)
    return {student for student, marks in scores.items() if sheet.subject in marks}


def _row(sheet: Sheet, doc: Any, hints: list[dict[str, str]], marked: set[str]) -> dict[str, Any]:
    holder = sheet.holder(doc)
    locked = _row_lock(sheet, doc, holder)
    cells = {column.name: _cell_lock(sheet, doc, column, marked) for column in sheet.columns}
    return {
        "record": doc.name,
        "pupil_code": doc.pupil_code or "",
        "full_name": doc.full_name or "",
        "note": _note(doc),
        "values": {column.name: entry_sheets.value_of(holder, column) for column in sheet.columns},
        "locked": locked,
        "locked_cells": {name: reason for name, reason in cells.items() if reason},
        "faults": [] if locked else _faults(sheet, doc),
        "hints": hints,
        "returned_remark": doc.returned_remark or "",
    }


def _note(doc: Any) -> str:
    if doc.disability_not_assessed:
        return _("Disability, not assessed")
    return _("Mid-year page") if doc.page_kind == "GIUA_NAM" else ""


def _row_lock(sheet: Sheet, doc: Any, holder: Any) -> str:
    if doc.state != states.DRAFT:
        return _("“{0}”: the content is fixed. It can be changed after the record was returned.").format(_(doc.state))
    reasons = [_window_lock(sheet, doc, column) for column in sheet.entered]
    if all(reasons):
        return reasons[0]
    return "" if holder is not None else _("This record has no row for {0}.").format(sheet.title)


def _cell_lock(sheet: Sheet, doc: Any, column: Any, marked: set[str]) -> str:
    if not column.entered:
        return _("Shown for information; it is not entered on this sheet.")
    if column.kind == MARK and doc.student in marked:
        return _("The mark comes from Education. It is corrected there and read in again.")
    if doc.page_kind == "GIUA_NAM" and column.name in MID_YEAR_EMPTY:
        return _("A mid-year page has no result and no promotion.")
    return _window_lock(sheet, doc, column)


def _window_lock(sheet: Sheet, doc: Any, column: Any) -> str:
    """Who has closed this cell until when; a ticket may open one part only."""
    if doc.state != states.DRAFT:
        return ""
    name = parts.of_subject(sheet.subject, column.name) if sheet.subject else parts.of_field(column.name)
    return gate.sentence(doc, field=name)


def _faults(sheet: Sheet, doc: Any) -> list[dict[str, str]]:
    from hocbaso_app.record.rules import sheet_faults

    record = drafts.as_if_initialised(convert.to_record(doc))
    found = sheet_faults(record, sheet.elements, subject=sheet.subject)
    column_of = {column.element: column.name for column in sheet.columns}
    return [
        {"code": f.code, "column": column_of.get(f.field, ""), "message": f"{f.message_vi} ({f.clause})"} for f in found
    ]


def _hints(sheet: Sheet, docs: Sequence[Any]) -> dict[str, list[dict[str, str]]]:
    """Hints on the remarks of the sheet, pupil by pupil, with those that need the whole class; none on fixed ones."""
    from hocbaso_app.record.remarks import Remark, check_remark, copied_remarks, load_words

    found: dict[str, list[dict[str, str]]] = {doc.name: [] for doc in docs}
    names = {doc.name: doc.full_name or "" for doc in docs}
    words = load_words(docs[0].rule_pack or "")
    for column in _remark_columns(sheet):
        texts = {doc.name: entry_sheets.value_of(sheet.holder(doc), column) for doc in docs}
        copied = copied_remarks(texts, names, column.name, words)
        for doc in docs:
            scale, levels = _judged_by(sheet, doc, column)
            remark = Remark(
                text=texts[doc.name],
                field=column.name,
                pupil=names[doc.name],
                classmates=tuple(names.values()),
                scale=scale,
                levels=levels,
                limit=column.limit,
            )
            hints = check_remark(remark, words) + ([copied[doc.name]] if doc.name in copied else [])
            if doc.state == states.DRAFT:
                found[doc.name] += [{"code": h.code, "column": h.field, "message": h.message_vi} for h in hints]
    return found


def _remark_columns(sheet: Sheet) -> list[Any]:
    return [column for column in sheet.entered if column.kind == TEXT and column.name.endswith("remark")]


def _judged_by(sheet: Sheet, doc: Any, column: Any) -> tuple[str, list[str]]:
    """Scale and levels that a remark speaks of."""
    if sheet.kind == SUBJECT:
        level = entry_sheets.value_of(sheet.holder(doc), sheet.columns[0])
        return "subjects", [level] if level else []
    if sheet.kind == QUALITIES:
        members = [c for c in sheet.columns if c.group == column.group and c.name != column.name]
        levels = [entry_sheets.value_of(doc, c) for c in members]
        return "qualities", levels if all(levels) else []
    return "results", [doc.overall_result] if doc.overall_result else []


def _suggestions(sheet: Sheet, grade: str) -> dict[str, dict[str, list[str]]]:
    """Text column → level, result or answer beside it → texts to begin with."""
    from hocbaso_app.record.remarks import completion_texts, suggestions

    if sheet.kind == PROMOTION:
        return {}
    if sheet.kind == YEAR_END:
        results = next(column.options for column in sheet.columns if column.name == "overall_result")
        remarks = {result: suggestions("results", result) for result in results}
        return {"homeroom_remark": remarks, "completion_text": completion_texts(int(grade or 0))}
    scale = "subjects" if sheet.kind == SUBJECT else "qualities"
    found = {}
    for column in _remark_columns(sheet):
        levels = next(c.options for c in sheet.columns if c.kind == entry_sheets.LEVEL)
        shelf = sheet.subject or column.name
        found[column.name] = {level: texts for level in levels if (texts := suggestions(scale, level, shelf))}
    return found

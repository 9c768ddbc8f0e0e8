"""One sheet of a class as a spreadsheet and back.

The file carries what it was made for (class, sheet, year) and the values of that moment on a hidden sheet. Reading it
in is a comparison of three: a cell counts as changed only when it differs from what was exported, and is refused when
somebody else changed it meanwhile. Writing goes through :func:`entry.save_cells`, so duties and states are the grid's.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import audit, entry
from hocbaso_app.services.entry_sheets import ANSWER, MARK, TEXT, Column, Sheet, read_cell

LAYOUT = "hbs-entry-1"
HIDDEN = "_hbs"
HEADER_ROW, FIRST_ROW, FIRST_COLUMN = 3, 4, 4
MOST_BYTES, MOST_UNPACKED, MOST_ROWS = 2_000_000, 20_000_000, 500
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass
class PlannedPupil:
    """What a file would change for one pupil: cells for the service, the same for people, and what is wrong."""

    record: str
    full_name: str
    cells: list[dict[str, str]]
    changes: list[dict[str, str]]
    wrong: list[dict[str, str]]


def export(student_group: str, key: str) -> tuple[str, bytes]:
    """File name and bytes of a sheet that is the user's; noted in the audit trail."""
    sheet, opened = entry.opened(student_group, key)
    unit = frappe.db.get_value("HBS Record", opened["rows"][0]["record"], "unit")
    audit.write("export sheet", "Student Group", student_group, unit, {"sheet": key, "pupils": len(opened["rows"])})
    return f"{student_group} {sheet.title} {opened['school_year']}.xlsx", _write(sheet, opened)


def plan(student_group: str, key: str, content: bytes) -> list[PlannedPupil]:
    """The dry run: row by row what would change and what is wrong, with the cell's address. Writes nothing."""
    sheet, opened = entry.opened(student_group, key)
    return _compared(sheet, opened, _read(content, sheet, opened))


def apply(student_group: str, key: str, content: bytes) -> dict[str, Any]:
    """Write the good cells of the dry run; how many pupils were saved, and who was refused why."""
    planned = plan(student_group, key, content)
    cells = [cell for pupil in planned for cell in pupil.cells]
    names = {pupil.record: pupil.full_name for pupil in planned}
    outcomes = entry.save_cells(student_group, key, cells)["outcomes"] if cells else []
    refused = [
        {"full_name": names.get(o["record"], ""), "message": o.get("message") or " ".join(o["wrong"].values())}
        for o in outcomes
        if not o["saved"]
    ]
    return {"saved": len(outcomes) - len(refused), "refused": refused}


def _write(sheet: Sheet, opened: dict[str, Any]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill, Protection

    book = Workbook()
    page = book.active
    page.title = "Nhập"
    page["A1"] = f"{sheet.title} · {opened['student_group']} · {opened['school_year']}"
    page["A1"].font = Font(bold=True, size=14)
    page["A2"] = _("Fill in the white cells only. Do not change codes, names or the header.")
    for place, title in enumerate(_header(sheet), 1):
        cell = page.cell(HEADER_ROW, place, title)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    grey = PatternFill("solid", fgColor="EEEEEE")
    for number, row in enumerate(opened["rows"]):
        line = FIRST_ROW + number
        page.cell(line, 1, number + 1)
        for place, text in ((2, row["pupil_code"]), (3, row["full_name"])):
            _put_text(page.cell(line, place), text)
        for place, column in enumerate(sheet.columns, FIRST_COLUMN):
            cell = page.cell(line, place)
            _put(cell, column, row["values"][column.name])
            cell.alignment = Alignment(wrap_text=column.kind == TEXT, vertical="top")
            if row["locked"] or column.name in row["locked_cells"]:
                cell.fill = grey
            else:
                cell.protection = Protection(locked=False)
        _put_text(page.cell(line, FIRST_COLUMN + len(sheet.columns)), row["locked"])
    _validate(page, sheet, len(opened["rows"]))
    _size(page, sheet)
    page.freeze_panes = page.cell(FIRST_ROW, FIRST_COLUMN)
    page.protection.sheet = True
    page.protection.formatColumns = page.protection.formatRows = False
    _keep(book.create_sheet(HIDDEN), sheet, opened)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _header(sheet: Sheet) -> list[str]:
    return ["#", _("Pupil code"), _("Full name"), *(column.label for column in sheet.columns), _("Why it is fixed")]


def _put(cell: Any, column: Column, value: str) -> None:
    if column.kind == MARK and value.isdigit():
        cell.value = int(value)
    else:
        _put_text(cell, _(value) if column.kind == ANSWER and value else value)


def _put_text(cell: Any, text: str) -> None:
    """Text stays text: a remark that begins with “=” is no formula."""
    if text:
        cell.value = _CONTROL.sub("", text)
        cell.data_type = "s"
        cell.quotePrefix = text[0] in "=+-@"


def _validate(page: Any, sheet: Sheet, pupils: int) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for place, column in enumerate(sheet.columns, FIRST_COLUMN):
        if not column.entered:
            continue
        if column.kind == TEXT:
            rule = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(column.limit))
            rule.error = _("At most {0} characters.").format(column.limit)
        else:
            shown = [_(option) if column.kind == ANSWER else option for option in column.options]
            rule = DataValidation(type="list", formula1=f'"{",".join(shown)}"', allow_blank=True)
            rule.error = _("Choose one of: {0}.").format(", ".join(shown))
        rule.showErrorMessage = True
        letter = get_column_letter(place)
        rule.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + pupils - 1}")
        page.add_data_validation(rule)


def _size(page: Any, sheet: Sheet) -> None:
    from openpyxl.utils import get_column_letter

    widths = [5, 14, 26, *(50 if column.kind == TEXT else 11 for column in sheet.columns), 30]
    for place, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(place)].width = width


def _keep(page: Any, sheet: Sheet, opened: dict[str, Any]) -> None:
    """What the file is for, and the values of this moment."""
    page.sheet_state = "veryHidden"
    page.append([LAYOUT, opened["student_group"], sheet.key, opened["school_year"]])
    page.append(["", *(column.name for column in sheet.columns)])
    for row in opened["rows"]:
        page.append([""] * (len(sheet.columns) + 1))
        for place, text in enumerate((row["pupil_code"], *(row["values"][c.name] for c in sheet.columns)), 1):
            _put_text(page.cell(page.max_row, place), text)


@dataclass
class _File:
    """What was read: per pupil code the line's cells, its row, and the values exported."""

    lines: list[tuple[int, dict[str, Any]]]
    exported: dict[str, dict[str, str]]


def _read(content: bytes, sheet: Sheet, opened: dict[str, Any]) -> _File:
    book = _open(content)
    if HIDDEN not in book.sheetnames or len(book.sheetnames) < 2:
        frappe.throw(
            _("This file was not made by “Download as Excel”. Download the sheet and fill in that file."), HbsError
        )
    kept = [[_text(cell.value) for cell in row] for row in book[HIDDEN].iter_rows()]
    head = (kept[0] if kept else []) + [""] * 4
    _require_same(head, sheet, opened)
    page = book[book.sheetnames[0]]
    for place, title in enumerate(_header(sheet)[:-1], 1):
        cell = page.cell(HEADER_ROW, place)
        if _text(cell.value) != title:
            frappe.throw(
                _("Cell {0} must be “{1}” but is “{2}”. The header was changed: download the sheet again.").format(
                    cell.coordinate, title, _text(cell.value)
                ),
                HbsError,
            )
    names = [column.name for column in sheet.columns]
    exported = {line[0]: dict(zip(names, line[1:] + [""] * len(names), strict=False)) for line in kept[2:] if line[0]}
    lines = []
    for number in range(FIRST_ROW, min(page.max_row, FIRST_ROW + MOST_ROWS) + 1):
        cells = {name: page.cell(number, place) for place, name in enumerate(("#", "code", "name", *names), 1)}
        if any(_text(cell.value) for name, cell in cells.items() if name != "#"):
            lines.append((number, cells))
    return _File(lines, exported)


def _open(content: bytes) -> Any:
    from openpyxl import load_workbook

    sentence = _("This is no Excel file that can be read (.xlsx). Download the sheet and fill in that file.")
    if len(content) > MOST_BYTES:
        frappe.throw(sentence, HbsError)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            size = sum(item.file_size for item in archive.infolist())
        return load_workbook(BytesIO(content)) if size <= MOST_UNPACKED else frappe.throw(sentence, HbsError)
    except HbsError:
        raise
    except Exception:  # openpyxl lets many kinds of errors through for a damaged file
        frappe.throw(sentence, HbsError)


def _require_same(head: list[str], sheet: Sheet, opened: dict[str, Any]) -> None:
    layout, student_group, key, year = head[:4]
    if layout != LAYOUT:
        frappe.throw(_("The file is of another version. Download the sheet again."), HbsError)
    if student_group != opened["student_group"] or year != opened["school_year"]:
        frappe.throw(
            _("The file is for class {0}, school year {1}; open here is {2}, {3}.").format(
                student_group, year, opened["student_group"], opened["school_year"]
            ),
            HbsError,
        )
    if key != sheet.key:
        frappe.throw(_("The file is for another sheet ({0}); open here is “{1}”.").format(key, sheet.title), HbsError)


def _compared(sheet: Sheet, opened: dict[str, Any], file: _File) -> list[PlannedPupil]:
    rows = {row["pupil_code"]: row for row in opened["rows"]}
    planned: list[PlannedPupil] = []
    done: set[str] = set()
    for _number, cells in file.lines:
        code, name = _text(cells["code"].value), _text(cells["name"].value)
        row = rows.get(code)
        pupil = PlannedPupil(row["record"] if row else "", row["full_name"] if row else name or code, [], [], [])
        planned.append(pupil)
        problem = _row_problem(row, code, name, done)
        done.add(code)
        if problem or row is None:
            pupil.wrong.append({"cell": cells["code"].coordinate, "message": problem})
            continue
        for column in sheet.columns:
            _compare(pupil, column, cells[column.name], row, file.exported.get(code, {}).get(column.name, ""))
    return planned


def _row_problem(row: Any, code: str, name: str, done: set[str]) -> str:
    if row is None:
        return _("No pupil of the class has the code “{0}”.").format(code)
    if code in done:
        return _("The code “{0}” stands twice.").format(code)
    if name and name != row["full_name"]:
        return _("The code belongs to {0}, but the name is “{1}”.").format(row["full_name"], name)
    return ""


def _compare(pupil: PlannedPupil, column: Column, cell: Any, row: dict[str, Any], exported: str) -> None:
    current = row["values"][column.name]
    try:
        if cell.data_type == "f":
            frappe.throw(_("A formula; paste its value instead."), HbsError)
        new = read_cell(column, _text(cell.value))
        if new in (exported, current):
            return
        locked = row["locked"] or row["locked_cells"].get(column.name)
        if locked:
            frappe.throw(locked, HbsError)
        if current != exported:
            frappe.throw(_("Changed meanwhile by somebody else: it is now “{0}”.").format(current), HbsError)
    except HbsError as error:
        frappe.local.message_log.pop()
        pupil.wrong.append({"cell": cell.coordinate, "message": frappe.utils.strip_html(str(error))})
        return
    pupil.cells.append({"record": row["record"], "column": column.name, "old": exported, "new": new})
    shown = {
        f"{name}_shown": _(v) if column.kind == ANSWER and v else v for name, v in (("old", exported), ("new", new))
    }
    pupil.changes.append({"label": column.label, "cell": cell.coordinate, "old": exported, "new": new, **shown})


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value if value is not None else "").strip()

"""Sheets of a class: which columns each has, and which sheets are a person's today.

A sheet is one person's work on one class: a subject, competencies and qualities, the year-end, promotion. Names, kinds
and choices of the columns are read off the DocTypes, lengths off the XSD, tested subjects off the rule pack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import duty, texts

SUBJECT, QUALITIES, YEAR_END, PROMOTION = "subject", "qualities", "year-end", "promotion"
LEVEL, MARK, TEXT, ANSWER = "level", "mark", "text", "answer"
YEAR_END_FIELDS = (
    "homeroom_remark",
    "grade_completed",
    "primary_completed",
    "completion_text",
    "rewards",
    "extraordinary_rewards",
)
PROMOTION_FIELDS = ("promoted", "promotion_decision")
SHOWN = {YEAR_END: ("overall_result",), PROMOTION: ("overall_result", "grade_completed", "completion_text")}
"""Columns that help to decide and are not entered here."""

QUALITY_GROUPS = (
    ("general_remark", ("self_study", "communication", "problem_solving")),
    (
        "specific_remark",
        ("language", "calculation", "science", "technology", "informatics", "aesthetics", "physical"),
    ),
    ("qualities_remark", ("patriotism", "kindness", "diligence", "honesty", "responsibility")),
)
"""Remark → the levels that it speaks of, in the order of the form."""


@dataclass(frozen=True)
class Column:
    """One column. ``kind``: level, mark, text or answer; ``element`` its name in the file; ``group`` a heading."""

    name: str
    label: str
    kind: str
    options: tuple[str, ...] = ()
    limit: int | None = None
    element: str = ""
    group: str = ""
    entered: bool = True

    def read(self, typed: Any) -> str:
        """The value of what was typed, pasted or imported; :class:`HbsError` when it is none."""
        from hocbaso_app.record.lengths import tidy

        text = tidy(str(typed if typed is not None else ""))
        if self.kind == TEXT or not text:
            return text
        if self.kind == MARK and text.endswith(".0"):
            text = text[:-2]
        known = {option.casefold(): option for option in self.options}
        known |= {_(option).casefold(): option for option in self.options}
        if "đ" in known:
            known.setdefault("d", known["đ"])
        if text.casefold() not in known:
            allowed = ", ".join(_(option) for option in self.options)
            sentence = _("{0}: “{1}” is not possible. Choose one of: {2}.")
            frappe.throw(sentence.format(self.label, text, allowed), HbsError)
        return known[text.casefold()]


@dataclass(frozen=True)
class Sheet:
    """``subject`` is the subject's code on a subject sheet."""

    key: str
    kind: str
    title: str
    columns: tuple[Column, ...]
    subject: str | None = None

    @property
    def entered(self) -> tuple[Column, ...]:
        """Columns that are entered here."""
        return tuple(column for column in self.columns if column.entered)

    @cached_property
    def elements(self) -> frozenset[str]:
        """Elements of the file that the sheet fills."""
        return frozenset(column.element for column in self.entered)

    def column(self, name: str) -> Column:
        """An entered column by name; :class:`NotYoursError` for any other field."""
        found = next((column for column in self.entered if column.name == name), None)
        if found is None:
            raise NotYoursError(_("{0} is not entered on the sheet “{1}”.").format(name, self.title))
        return found

    def holder(self, doc: Any) -> Any:
        """Where the sheet's values stand: the record or its row of the subject; None when it has no such row."""
        if self.kind != SUBJECT:
            return doc
        return next((row for row in doc.results if row.subject_code == self.subject), None)

    def described(self) -> dict[str, Any]:
        """For the page."""
        columns = [{**asdict(column), "options": list(column.options)} for column in self.columns]
        return {"key": self.key, "kind": self.kind, "title": self.title, "columns": columns}


def sheet(key: str, grade: str, rule_pack: str = "") -> Sheet:
    """The sheet of this key for a grade (``01`` to ``05``)."""
    from hocbaso_app.record import model
    from hocbaso_app.record.rules import load_pack

    kind, _dash, code = key.partition("-") if key.startswith("subject-") else (key, "", "")
    pack = load_pack(rule_pack or frappe.db.get_single_value("HBS Settings", "rule_pack"))
    number = int(grade or 0)
    if kind == SUBJECT:
        tested = pack is None or code in pack.tested_subjects.get(str(number), ())
        names = ("level", "score", "remark") if tested else ("level", "remark")
        title = frappe.db.get_value("HBS Subject", code, "subject_name") or code
        columns = tuple(_column("HBS Record Result", model.SubjectResult, name) for name in names)
        return Sheet(key, SUBJECT, title, columns, code)
    if kind == QUALITIES:
        first = pack.qualities_from_grade if pack else {}
        columns = tuple(
            _column("HBS Record", model.Qualities, name, group=group)
            for group, members in QUALITY_GROUPS
            for name in (*members, group)
        )
        fitting = tuple(column for column in columns if number >= first.get(column.element, 1))
        return Sheet(key, QUALITIES, _("Competencies and qualities"), fitting)
    if kind in (YEAR_END, PROMOTION):
        entered = YEAR_END_FIELDS if kind == YEAR_END else PROMOTION_FIELDS
        names = tuple(n for n in (*SHOWN[kind], *entered) if n != "primary_completed" or number == 5)
        columns = tuple(
            _column("HBS Record", model.Remarks if name == "homeroom_remark" else model.Summary, name, name in entered)
            for name in names
        )
        return Sheet(key, kind, _("Year-end") if kind == YEAR_END else _("Promotion"), columns)
    frappe.throw(_("There is no sheet “{0}”.").format(key), HbsError)
    raise AssertionError


def _column(doctype: str, kind: type[Any], name: str, entered: bool = True, group: str = "") -> Column:
    from hocbaso_app.record.lengths import limits
    from hocbaso_app.record.model import elements_of

    field = frappe.get_meta(doctype).get_field(name)
    options = tuple(option for option in (field.options or "").split("\n") if option)
    if field.fieldtype != "Select":
        column_kind, options = TEXT, ()
    elif name == "score":
        column_kind = MARK
    else:
        column_kind = ANSWER if options == ("Yes", "No") or name == "overall_result" else LEVEL
    element = next(tag for attribute, tag, _item in elements_of(kind) if attribute == name)
    return Column(name, _(field.label), column_kind, options, limits(kind).get(name), element, group, entered)


def require_own(student_group: str, key: str, unit: str) -> None:
    """:class:`NotYoursError` unless the sheet is the user's today."""
    staff = duty.staff_of(frappe.session.user, unit)
    if key.startswith(f"{SUBJECT}-"):
        code = key.removeprefix(f"{SUBJECT}-")
        mine = code in duty.subjects_of(staff.name, student_group)
        name = frappe.db.get_value("HBS Subject", code, "subject_name") or code
        sentence = _("You do not teach {0} in {1} today.").format(name, student_group)
    elif key == PROMOTION:
        mine, sentence = bool(staff.is_principal), _("Promotion is the principal's decision.")
    else:
        mine = duty.leads(staff.name, student_group)
        sentence = _("Only the homeroom teacher of {0} enters this.").format(student_group)
    if not mine:
        frappe.throw(sentence, NotYoursError)


def sheets_of(user: str) -> list[dict[str, Any]]:
    """Class by class, the sheets that are the user's today, with how many pupils have a first value on each."""
    found: list[dict[str, Any]] = []
    for staff in frappe.get_all("HBS Staff Member", {"user": user}, ["*"], order_by="name"):
        if not duty.in_force(staff):
            continue
        classes = _classes(staff.unit)
        for key, student_group in _keys(staff, classes):
            found.append(_summed(key, classes[student_group], staff.unit))
    order = {SUBJECT: 0, QUALITIES: 1, YEAR_END: 2, PROMOTION: 3}
    found.sort(key=lambda row: (row["student_group"], order[row["kind"]], row["order"]))
    return found


def _classes(unit: str) -> dict[str, Any]:
    """Classes of a school that have records and that the user may read."""
    rows = frappe.get_list(
        "HBS Record",
        {"unit": unit},
        ["student_group", "grade", "school_year"],
        distinct=True,
        order_by="student_group",
        limit_page_length=0,
    )
    return {row.student_group: row for row in rows}


def _keys(staff: Any, classes: dict[str, Any]) -> list[tuple[str, str]]:
    rows = frappe.get_all(
        "HBS Teaching Assignment",
        {"staff": staff.name, "student_group": ("in", [*classes, ""])},
        ["kind", "subject", "student_group", "from_date", "to_date"],
        order_by="name",
    )
    keys: list[tuple[str, str]] = []
    for row in rows:
        if not duty.in_force(row):
            continue
        if row.kind == "Subject":
            keys.append((f"{SUBJECT}-{row.subject}", row.student_group))
        else:
            keys += [(QUALITIES, row.student_group), (YEAR_END, row.student_group)]
    if staff.is_principal:
        keys += [(PROMOTION, student_group) for student_group in classes]
    return list(dict.fromkeys(keys))


def _summed(key: str, school_class: Any, unit: str) -> dict[str, Any]:
    this = sheet(key, school_class.grade)
    first = this.entered[0].name
    where = {"student_group": school_class.student_group, "unit": unit}
    names = frappe.get_all("HBS Record", where, pluck="name", order_by="name")
    if this.kind == SUBJECT:
        rows = {"parent": ("in", names or [""]), "subject_code": this.subject, first: ("is", "set")}
        filled = frappe.db.count("HBS Record Result", rows)
    else:
        filled = frappe.db.count("HBS Record", {**where, first: ("is", "set")})
    order = frappe.db.get_value("HBS Subject", this.subject, "display_order") if this.subject else 0
    return {
        "student_group": school_class.student_group,
        "school_year": school_class.school_year,
        "sheet": key,
        "kind": this.kind,
        "title": this.title,
        "order": order or 0,
        "pupils": len(names),
        "filled": filled,
    }


def value_of(holder: Any, column: Column) -> str:
    """A cell's value as text; empty for none."""
    return str(holder.get(column.name) or "") if holder is not None else ""


def read_cell(column: Column, typed: Any) -> str:
    """The value of what was typed, within the length of its field; :class:`HbsError` otherwise."""
    value = column.read(typed)
    texts.require_length(column.label, value, column.limit)
    return value


def in_roll_order(student_group: str, rows: Sequence[Any]) -> list[Any]:
    """By the class list of Education; pupils who left it come last."""
    listed = frappe.get_all("Student Group Student", {"parent": student_group}, ["student", "idx"], order_by="idx")
    place = {row.student: row.idx for row in listed}
    return sorted(rows, key=lambda row: (place.get(row.student, len(place) + 1), row.name))

"""The statistic as a table, with names for codes; small groups hidden where pupils could be recognised."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services.overview import behind as overview_behind
from hocbaso_app.services.overview.figures import Asked
from hocbaso_app.services.statistics import kept, kinds, sources
from hocbaso_app.services.statistics.kinds import MISSING, Question

SMALLEST = 5
"""Fewer pupils than this are not shown to who may not see the pupils themselves."""

HIDDEN = "<5"


def sees_pupils(user: str) -> bool:
    """Whether the person may open every record of his units; a teacher may open those of his classes only."""
    return scope_of(user).classes is None


def default_source(user: str, academic_year: str) -> str:
    """What was received, where something was; else the records of this site."""
    asked = Asked(user, academic_year)
    units = asked.units()
    where: dict[str, Any] = {"school_year": academic_year}
    if units is not None:
        where["unit"] = ("in", sorted(units) or [""])
    of_office = not sees_pupils(user) or not frappe.has_permission("HBS Received Record", "read", user=user)
    if of_office or not frappe.db.exists("HBS Received Record", where):
        return kinds.RECORDS
    return kinds.RECEIVED


def rows(user: str, question: Question, hide_small: bool = False) -> list[dict[str, Any]]:
    """One row per group and subject (competency, or nothing), with pupils per value and the average mark."""
    _require(user, question)
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for fact in sources.facts(question, _asked(user, question)):
        row = totals.setdefault((fact.group, fact.item), _empty(question, fact.group, fact.item))
        row["pupils"] += fact.pupils
        row[kinds.column(question.kind, fact.value)] += fact.pupils
        if fact.mark is not None:
            row["marks"] += fact.pupils
            row["sum"] += fact.pupils * fact.mark
    found = sorted(totals.values(), key=lambda row: (row["order"], row["group_label"], row["item_order"]))
    for row in found:
        marks, points = row.pop("marks"), row.pop("sum")
        row["average"] = round(points / marks, 2) if marks else None
    if hide_small or not sees_pupils(user):
        return [_hidden(row, question.kind) for row in found]
    return found


def _asked(user: str, question: Question) -> Asked:
    return Asked(user, question.academic_year, question.unit)


def _require(user: str, question: Question) -> None:
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    if question.kind not in kinds.KINDS or question.by not in kinds.GROUPS or question.source not in kinds.SOURCES:
        frappe.throw(_("Choose what is counted, and by what."), HbsError)
    if question.source == kinds.RECEIVED:
        frappe.has_permission("HBS Received Record", "read", user=user, throw=True)


def _empty(question: Question, group: str, item: str) -> dict[str, Any]:
    values = [kinds.column(question.kind, value) for value in (*kinds.VALUES[question.kind], MISSING)]
    return {
        "group": group,
        "group_label": _group_label(question.by, group),
        "order": group if question.by in (kinds.GRADE, kinds.ETHNIC, kinds.GENDER) else "",
        "item": item,
        "item_label": _item_label(question.kind, item),
        "item_order": _item_order(question.kind, item),
        "pupils": 0,
        "marks": 0,
        "sum": 0,
        **dict.fromkeys(values, 0),
    }


def _group_label(by: str, group: str) -> str:
    from hocbaso_app.record.code_tables import table

    if not group:
        return _("Not given")
    if by in (kinds.OFFICE, kinds.SCHOOL):
        return str(frappe.get_cached_value("HBS Unit", group, "unit_name") or group)
    if by == kinds.GRADE:
        return _("Grade {0}").format(int(group))
    if by == kinds.CLASS:
        return _("Class {0}").format(group)
    return table("genders" if by == kinds.GENDER else "ethnic_groups").label(group)


def _item_label(kind: str, item: str) -> str:
    from hocbaso_app.record import model
    from hocbaso_app.record.code_tables import table

    if kind == kinds.SUBJECTS:
        return table("subjects").label(item)
    if kind == kinds.QUALITIES:
        tags = {name: tag for name, tag, _item in model.elements_of(model.Qualities)}
        return table("qualities").label(tags[item])
    return ""


def _item_order(kind: str, item: str) -> int:
    from hocbaso_app.record.code_tables import table

    order = list(table("subjects").values) if kind == kinds.SUBJECTS else list(kept.quality_names())
    return order.index(item) if item in order else len(order)


def _hidden(row: dict[str, Any], kind: str) -> dict[str, Any]:
    """Small numbers replaced; with one alone hidden, the next smallest too, since the sum would tell it."""
    columns = [kinds.column(kind, value) for value in (*kinds.VALUES[kind], MISSING)]
    if row["pupils"] < SMALLEST:
        return {**row, **dict.fromkeys(columns, HIDDEN), "pupils": HIDDEN, "average": None, "hidden": 1}
    small = [name for name in columns if 0 < row[name] < SMALLEST]
    if len(small) == 1:
        others = [name for name in columns if row[name] >= SMALLEST]
        small += sorted(others, key=lambda name: row[name])[:1]
    return {**row, **dict.fromkeys(small, HIDDEN), "hidden": int(bool(small))}


def names(user: str, question: Question, group: str, item: str, value: str, start: int = 0) -> dict[str, Any]:
    """The records behind a number, for who may see them."""
    _require(user, question)
    if not sees_pupils(user):
        frappe.throw(_("You see the figures of the school, but the records of your own classes only."), NotYoursError)
    query, table = sources.records_behind(question, _asked(user, question), group, item, value)
    return overview_behind.page_of(query, table, start)

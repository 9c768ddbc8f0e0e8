"""Levels by subject, qualities, results, promotion, rewards; by school, class, grade, gender or ethnic group."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows, where the figures come from, chart."""
    from hocbaso_app.services.overview import choices
    from hocbaso_app.services.statistics import kinds, table

    user, filters = frappe.session.user, filters or {}
    year = choices.year_of(filters, user)
    question = kinds.Question(
        filters.get("kind") or kinds.SUBJECTS,
        filters.get("by") or kinds.SCHOOL,
        year,
        filters.get("source") or table.default_source(user, year),
        filters.get("unit") or None,
        filters.get("grade") or None,
    )
    rows = table.rows(user, question, bool(frappe.utils.cint(filters.get("hide_small"))))
    for row in rows:
        row.update({"source": question.source, "kind": question.kind, "by": question.by, "academic_year": year})
    return _columns(question), rows, _message(question, rows), _chart(question, rows)


def _columns(question: Any) -> list[dict[str, Any]]:
    from hocbaso_app.services.statistics import kinds

    item = {kinds.SUBJECTS: _("Subject"), kinds.QUALITIES: _("Competency or quality")}.get(question.kind)
    columns = [{"fieldname": "group_label", "label": _(question.by), "fieldtype": "Data", "width": 250}]
    if item:
        columns.append({"fieldname": "item_label", "label": item, "fieldtype": "Data", "width": 230})
    columns.append({"fieldname": "pupils", "label": _("Pupils"), "fieldtype": "Data", "width": 110, "align": "right"})
    headings = {**kinds.headings(question.kind), "missing": _("Not entered")}
    for name, label in headings.items():
        columns.append({"fieldname": name, "label": label, "fieldtype": "Data", "width": 150, "align": "right"})
    if question.kind == kinds.SUBJECTS:
        columns.append({"fieldname": "average", "label": _("Average mark"), "fieldtype": "Float", "width": 130})
    return columns


def _message(question: Any, rows: list[dict[str, Any]]) -> str:
    from hocbaso_app.services.statistics import kinds

    said = {
        kinds.RECORDS: _("Counted from the schools' records on this site, whatever their state."),
        kinds.RECEIVED: _("Counted from the values of received and verified files in force."),
    }[question.source]
    if any(row.get("hidden") for row in rows):
        said += " " + _("Groups of fewer than 5 pupils are hidden.")
    return said


def _chart(question: Any, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Shares of a whole-record value, for at most 15 groups; tables of many subjects speak for themselves."""
    from hocbaso_app.services.overview.labels import short
    from hocbaso_app.services.statistics import kinds

    shown = rows[:15]
    if question.kind in (kinds.SUBJECTS, kinds.QUALITIES) or not shown or any(row.get("hidden") for row in shown):
        return None
    headings = kinds.headings(question.kind)
    sets = [
        {"name": label, "values": [round(100 * row[name] / row["pupils"], 1) for row in shown]}
        for name, label in headings.items()
    ]
    colours = ["#15803d", "#3b82f6", "#fcd34d", "#dc2626"] if len(headings) == 4 else ["#15803d", "#d1d5db"]
    data = {"labels": [short(row["group_label"]) for row in shown], "datasets": sets}
    return {"type": "bar", "barOptions": {"stacked": 1}, "colors": colours, "data": data}

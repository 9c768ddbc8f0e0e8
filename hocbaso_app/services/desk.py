"""What the workspace shows to one person: his work, the classes he may see, who is being waited for."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import duty, progress, tasks

SHOWN_CHAIN = 6
"""People named in the block; the report has all."""

SHOWN_CLASSES = 40


def my_work(user: str) -> dict[str, Any]:
    """Tasks, progress of the classes (of the schools for an office) and the longest waits."""
    if not frappe.has_permission("HBS Record", "read", user=user):
        return {"tasks": [], "classes": [], "blocking": [], "more": {}}
    schools = schools_of(user)
    classes = progress.by_class(user)
    chain = [] if len(schools) > 1 else progress.by_stage(_chain(user))
    if len(schools) > 1:
        classes = _by_school(classes, schools)
    return {
        "tasks": tasks.for_user(user),
        "classes": classes[:SHOWN_CLASSES],
        "labels": progress.labels(),
        "colours": dict(zip(progress.COLUMNS, progress.COLOURS, strict=True)),
        "blocking": [_said(row) for row in chain[:SHOWN_CHAIN]],
        "more": {"classes": max(0, len(classes) - SHOWN_CLASSES), "blocking": max(0, len(chain) - SHOWN_CHAIN)},
    }


def _chain(user: str) -> list[dict[str, Any]]:
    """Who holds up whom: a school's leading people see all classes, a teacher only the class he leads."""
    rows = progress.blocking(user)
    if scope_of(user).classes is None:
        return rows
    led = me(user)["homeroom"]
    return [row for row in rows if row["student_group"] in led]


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("sentence", "person", "student_group", "days", "late", "behind_names")}


def schools_of(user: str) -> dict[str, str]:
    """Schools in the user's scope, code → name."""
    scope = scope_of(user)
    where: dict[str, Any] = {"kind": "School"}
    if not scope.everything:
        where["name"] = ("in", sorted(scope.units) or [""])
    rows = frappe.get_all("HBS Unit", where, ["name", "unit_name"], order_by="unit_name")
    return {row.name: row.unit_name for row in rows}


def _by_school(classes: list[dict[str, Any]], schools: dict[str, str]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for row in classes:
        total = rows.setdefault(row["unit"], {"unit": row["unit"], "school": schools.get(row["unit"], row["unit"])})
        for name in (*progress.COLUMNS, "pupils", "complete"):
            total[name] = total.get(name, 0) + row[name]
    return sorted(rows.values(), key=lambda row: row["school"])


def card(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A number card's answer: how many parts of pupils, and the workspace as its place."""
    return {"value": sum(row["parts"] for row in rows), "fieldtype": "Int", "route": ["Workspaces", "Digital record"]}


def me(user: str) -> dict[str, list[str]]:
    """The user's names in staff entries and the classes he leads today, for filters of the list."""
    columns = ["name", "full_name", "from_date", "to_date"]
    entries = frappe.get_all("HBS Staff Member", {"user": user}, columns, order_by="name")
    staff = [row for row in entries if duty.in_force(row)]
    given = frappe.get_all(
        "HBS Teaching Assignment",
        {"staff": ("in", [row.name for row in staff] or [""]), "kind": "Homeroom"},
        ["student_group", "from_date", "to_date"],
        order_by="student_group",
    )
    return {
        "names": list(dict.fromkeys(row.full_name for row in staff)),
        "homeroom": [row.student_group for row in given if duty.in_force(row)],
    }


def choices(user: str) -> dict[str, list[Any]]:
    """Classes, school years and schools that have records the user may see; a teacher reads no Student Group."""
    from hocbaso_app.services.open_work import Scoped

    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    scoped = Scoped(user, {})
    record = scoped.record
    query = frappe.qb.from_(record).select(record.student_group, record.academic_year, record.unit).distinct()
    rows = scoped.limit(query).run(as_dict=True)
    names = schools_of(user)
    units = sorted({row.unit for row in rows}, key=lambda unit: names.get(unit, unit))
    return {
        "student_group": sorted({row.student_group for row in rows}),
        "academic_year": sorted({row.academic_year for row in rows}, reverse=True),
        "unit": [{"value": unit, "label": names.get(unit, unit)} for unit in units],
    }


def records_by_state(user: str) -> dict[str, Any]:
    """The user's records, column by column of the progress table, for a chart."""
    rows = progress.by_class(user)
    names = progress.labels()
    values = [sum(row[name] for row in rows) for name in names]
    return {"labels": list(names.values()), "datasets": [{"name": _("Records"), "values": values}]}


def released_by_class(user: str) -> dict[str, Any]:
    """Released and open records of each class (of each school for an office), for a chart."""
    rows = progress.by_class(user)
    schools = schools_of(user)
    if len(schools) > 1:
        rows = _by_school(rows, schools)
    released = [sum(row[name] for name in ("released", "submitted", "accepted")) for row in rows]
    still_open = [row["pupils"] - done for row, done in zip(rows, released, strict=True)]
    return {
        "labels": [row.get("school") or row["student_group"] for row in rows],
        "datasets": [{"name": _("Released"), "values": released}, {"name": _("Open"), "values": still_open}],
    }


def signatures_per_day(user: str, days: int = 14) -> dict[str, Any]:
    """Signatures of the user's classes or schools on each of the last days, for a chart."""
    from frappe.query_builder.functions import Count, Date
    from frappe.utils import add_days, formatdate, getdate

    from hocbaso_app.services.open_work import Scoped

    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    scoped = Scoped(user, {})
    slot, first = frappe.qb.DocType("HBS Record Slot"), add_days(getdate(), 1 - days)
    query = frappe.qb.from_(scoped.record).join(slot).on(slot.parent == scoped.record.name)
    query = query.select(Date(slot.signed_at).as_("day"), Count(slot.name).as_("signatures"))
    query = query.where(slot.signed_at >= first).groupby(Date(slot.signed_at))
    found = {getdate(row.day): row.signatures for row in scoped.limit(query).run(as_dict=True)}
    axis = [getdate(add_days(first, number)) for number in range(days)]
    return {
        "labels": [formatdate(day, "d/M") for day in axis],
        "datasets": [{"name": _("Signatures"), "values": [found.get(day, 0) for day in axis]}],
    }

"""Where the classes stand: records by class and stage, complete pupils, and who holds up whom."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count
from frappe.utils import getdate

from hocbaso_app.services import open_work, schedule, states
from hocbaso_app.services.open_work import OF_CLASS, Scoped, Team, Work

COLUMNS: dict[str, tuple[str, ...]] = {
    "entry": (states.DRAFT,),
    "check": (states.INITIALISED,),
    "subjects": (states.CHECKED, states.SUBJECT),
    "homeroom": (states.HOMEROOM,),
    "manager": (states.MANAGER,),
    "sealing": (states.RELEASE,),
    "released": (states.RELEASED,),
    "submitted": (states.SUBMITTED, states.REJECTED),
    "accepted": (states.ACCEPTED,),
    "recall": (states.RECALL_REQUESTED, states.RECALLED),
}
"""Columns of the table of progress → the states they count."""

COLOURS = (
    "#d1d5db",
    "#fcd34d",
    "#93c5fd",
    "#3b82f6",
    "#4338ca",
    "#a78bfa",
    "#86efac",
    "#22c55e",
    "#15803d",
    "#f97316",
)
"""Of the columns, in their order; the same wherever progress is drawn."""

LEVELS = ("T", "H", "C", "M")
"""Levels of a subject; M: exempt."""


def by_class(user: str | None = None, filters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """One row per class: pupils, how many are complete (every rule kept), how many stand in each column."""
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    scoped = Scoped(user, filters or {})
    record = scoped.record
    groups = [record[name] for name in OF_CLASS]
    counted = scoped.limit(frappe.qb.from_(record).select(*groups, record.state, Count(record.name).as_("pupils")))
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for found in counted.groupby(*groups, record.state).run(as_dict=True):
        key = tuple(found[name] for name in OF_CLASS)
        row = rows.setdefault(key, _empty(key))
        row[next(name for name, held in COLUMNS.items() if found.state in held)] += found.pupils
        row["pupils"] += found.pupils
    whole = record.fault_details.isnull() & (record.returned_remark.isnull() | (record.returned_mended == 1))
    counted = scoped.limit(frappe.qb.from_(record).select(*groups, Count(record.name).as_("pupils")).where(whole))
    for found in counted.groupby(*groups).run(as_dict=True):
        rows[tuple(found[name] for name in OF_CLASS)]["complete"] = found.pupils
    return [rows[key] for key in sorted(rows)]


def labels() -> dict[str, str]:
    """Column → its heading."""
    return {
        "entry": _("Being entered"),
        "check": _("Being checked"),
        "subjects": _("Subject teachers sign"),
        "homeroom": _("Homeroom signs"),
        "manager": _("Manager signs"),
        "sealing": _("Waits for the seal"),
        "released": _("Released"),
        "submitted": _("Submitted"),
        "accepted": _("Accepted"),
        "recall": _("Recall"),
    }


def _empty(key: tuple[str, ...]) -> dict[str, Any]:
    return dict(zip(OF_CLASS, key, strict=True)) | dict.fromkeys((*COLUMNS, "pupils", "complete"), 0)


def by_subject(user: str | None = None, filters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """One row per class and subject: pupils, entered, missing, spread of levels, average mark."""
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    scoped = Scoped(user, filters or {})
    record, result = scoped.record, frappe.qb.DocType("HBS Record Result")
    groups = (record.student_group, result.subject_code, result.subject_name, result.teacher_name)
    query = frappe.qb.from_(record).join(result).on(result.parent == record.name)
    query = query.select(*groups, result.level, result.score, Count(record.name).as_("pupils"))
    query = (
        query.groupby(*groups, result.level, result.score).orderby(record.student_group).orderby(result.subject_code)
    )
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for found in scoped.limit(query).run(as_dict=True):
        key = (found.student_group, found.subject_code)
        row = rows.setdefault(key, _empty_subject(found))
        row["pupils"] += found.pupils
        row["entered" if found.level else "missing"] += found.pupils
        if found.level:
            row[f"level_{found.level}"] += found.pupils
        if found.score and found.score.isdecimal():
            row["marks"] += found.pupils
            row["total"] += found.pupils * int(found.score)
    for row in rows.values():
        total = row.pop("total")
        row["average"] = round(total / row["marks"], 1) if row["marks"] else None
    return list(rows.values())


def _empty_subject(found: Any) -> dict[str, Any]:
    numbers = ("pupils", "entered", "missing", "marks", "total", *(f"level_{level}" for level in LEVELS))
    return {
        "student_group": found.student_group,
        "subject": found.subject_code,
        "subject_name": found.subject_name,
        "teacher": found.teacher_name,
        **dict.fromkeys(numbers, 0),
    }


def blocking(user: str | None = None, filters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Who holds up whom, late ones first: person, class, stage, pupils, since when, how many wait behind."""
    scoped = Scoped(user, filters or {})
    works = open_work.open_work(user, filters)
    teams = _people_of_classes(scoped)
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for work in works:
        key = (work.student_group, work.stage, work.names)
        row = rows.setdefault(key, _chain_row(work))
        row["subjects"] += [work.subject_name] if work.subject else []
        row["pupils"] = max(row["pupils"], work.pupils)
        row["since"] = min((s for s in (row["since"], work.since) if s), default=None)
    for row in rows.values():
        behind = _behind(row, teams.get(row["student_group"], {}))
        row["behind"] = len(behind)
        row["behind_names"] = ", ".join(behind)
        row["days"] = (getdate() - row["since"].date()).days if row["since"] else 0
    return sorted(rows.values(), key=_longest_first)


def _longest_first(row: dict[str, Any]) -> tuple[Any, ...]:
    weight = row["pupils"] * (1 + row["behind"])
    return not row["late"], -row["days"], -weight, row["student_group"], row["stage"], row["person"]


def by_stage(chain: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of :func:`blocking` that wait at the same stage of a class, as one with all their names and a sentence."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in chain:
        groups.setdefault((row["student_group"], row["stage"]), []).append(row)
    merged = []
    for rows in groups.values():
        names = [row["person"] for row in rows]
        behind = [name for name in rows[0]["behind_names"].split(", ") if name and name not in names]
        merged.append(
            rows[0]
            | {
                "person": states.listed(names),
                "pupils": max(row["pupils"] for row in rows),
                "days": max(row["days"] for row in rows),
                "late": any(row["late"] for row in rows),
                "behind": len(behind),
                "behind_names": ", ".join(behind),
            }
        )
    return [row | {"sentence": chain_sentence(row)} for row in sorted(merged, key=_longest_first)]


def _chain_row(work: Work) -> dict[str, Any]:
    return {
        "person": work.names,
        "student_group": work.student_group,
        "unit": work.unit,
        "stage": work.stage,
        "kind": work.kind,
        "subjects": [],
        "pupils": 0,
        "since": None,
        "due": work.due,
        "late": work.late,
    }


def _people_of_classes(scoped: Scoped) -> dict[str, dict[str, list[str]]]:
    """Class → who acts in each later stage, by what the records name."""
    record, result = scoped.record, frappe.qb.DocType("HBS Record Result")
    team = Team(scoped)
    query = frappe.qb.from_(record).join(result).on(result.parent == record.name)
    query = query.select(record.unit, record.student_group, result.teacher_name)
    query = query.select(record.homeroom_name, record.principal_name).distinct()
    people: dict[str, dict[str, list[str]]] = {}
    for row in scoped.limit(query).run(as_dict=True):
        stages = people.setdefault(row.student_group, {stage: [] for stage in schedule.STAGES})
        stages[schedule.CHECK] += [row.teacher_name, row.homeroom_name]
        stages[schedule.SUBJECT_SIGNING].append(row.teacher_name)
        stages[schedule.HOMEROOM_SIGNING].append(row.homeroom_name)
        stages[schedule.MANAGER_SIGNING].append(row.principal_name)
        clerks = [person.name for person in team.holders("is_clerk", row.unit)]
        stages[schedule.RELEASE] += clerks
        stages[schedule.SUBMISSION] += clerks
    return people


def _behind(row: dict[str, Any], stages: dict[str, list[str]]) -> list[str]:
    """People of the later stages, each once, without those who are waited for."""
    if row["stage"] not in schedule.STAGES:
        return []
    later = schedule.STAGES[schedule.STAGES.index(row["stage"]) + 1 :]
    held_up = [name for stage in later for name in stages.get(stage, []) if name]
    return [name for name in dict.fromkeys(held_up) if name not in row["person"].split(", ")]


def chain_sentence(row: dict[str, Any]) -> str:
    """“Waiting 3 days for Lan, 12 pupils; 4 people wait behind”."""
    text = _("Class {0}: waiting for {1} for {2} days, {3} pupils").format(
        row["student_group"], row["person"], row["days"], row["pupils"]
    )
    return text + (_("; {0} people wait behind").format(row["behind"]) if row["behind"] else "")

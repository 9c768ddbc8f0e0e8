"""Should, sent, received by class or by school: the school's side as of now, the authority's as far as it is known.

Where the authority lives on this site its books are counted; elsewhere the last
comparison says what it held, and when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import frappe
from frappe import _

from hocbaso_app.services import connector, desk, open_work, states, unit_progress
from hocbaso_app.services.receiving import settings as receiving
from hocbaso_app.services.reconciliation import run

COUNTS = ("should", "released", "sent", "acknowledged", "received", "recalled")
SENT = ("Claimed", "Sent", "Uncertain", "Acknowledged", "Rejected")
GIVEN_OUT = sorted(states.AFTER_RELEASE)


def by_class(user: str, filters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """One row per school, year and class in the user's scope; per school where he sees several and asks for no one."""
    scoped = open_work.Scoped(user, filters or {})
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in (*_own(scoped), *_reported(scoped)):
        _at(rows, row.unit, row.year, row.label).update({n: int(row[n] or 0) for n in COUNTS[:4]})
    keys = sorted({(unit, year) for unit, year, _label in rows})
    for unit, year in keys:
        for label, found in _there(unit, year).items():
            _at(rows, unit, year, label).update(found)
    names = desk.schools_of(user)
    named = [{**row, "school": names.get(row["unit"], row["unit"])} for _key, row in sorted(rows.items())]
    several = len({row["unit"] for row in named}) > 1
    return _by_school(named) if several else named


def _at(rows: dict[tuple[str, str, str], dict[str, Any]], unit: str, year: str, label: str) -> dict[str, Any]:
    known = {"unit": unit, "school_year": year, "student_group": label, "as_of": None}
    known |= {"reconciliation": None, "comparison": None}
    return rows.setdefault(
        (unit, year, label), {**known, **dict.fromkeys(COUNTS, 0), "received": None, "recalled": None}
    )


def _own(scoped: open_work.Scoped) -> Iterable[Any]:
    """Present records, and how far each one's file is."""
    from frappe.query_builder import Case
    from frappe.query_builder.functions import Count, Sum

    record, row = scoped.record, frappe.qb.DocType("HBS Submission")
    query = frappe.qb.from_(record).left_join(row)
    query = query.on((row.record == record.name) & (row.version == record.current_version))
    on_the_way = row.state.isin(SENT) | ((row.state == "Needs Attention") & row.message_id.isnotnull())
    given_out = record.state.isin(GIVEN_OUT)

    def counted(condition: Any) -> Any:
        return Sum(Case().when(condition, 1).else_(0))

    columns = (record.unit, record.school_year.as_("year"), record.student_group.as_("label"))
    query = query.select(
        *columns,
        Count(record.name).as_("should"),
        counted(given_out).as_("released"),
        counted(given_out & on_the_way).as_("sent"),
        counted(given_out & (row.state == "Acknowledged")).as_("acknowledged"),
    )
    query = scoped.limit(query).groupby(record.unit, record.school_year, record.student_group)
    return [found for found in query.run(as_dict=True) if found.year]


def _reported(scoped: open_work.Scoped) -> list[Any]:
    """The same of schools of other sites, as they last reported it; only an authority has such reports."""
    if not receiving.is_on():
        return []
    table = frappe.qb.DocType(unit_progress.DOCTYPE)
    query = frappe.qb.from_(table).select(
        table.unit, table.academic_year, table.student_group, table.state, table["count"].as_("records")
    )
    query = scoped.limit(query.where(table.source == unit_progress.REPORTED), table)
    found: dict[tuple[str, str, str], Any] = {}
    for row in query.run(as_dict=True):
        key = (row.unit, row.academic_year, row.student_group or "")
        total = found.setdefault(key, frappe._dict(dict.fromkeys(COUNTS[:4], 0)))
        total.unit, total.year, total.label = key
        for name, held in _REACHED.items():
            total[name] += row.records if row.state in held else 0
    return list(found.values())


_REACHED = {
    "should": frozenset(states.ALL),
    "released": states.AFTER_RELEASE,
    "sent": states.AFTER_RELEASE - {states.RELEASED},
    "acknowledged": frozenset({states.ACCEPTED, states.RECALL_REQUESTED}),
}
"""Figure → the states of a record that count for it."""


def _there(unit: str, year: str) -> dict[str, dict[str, Any]]:
    """Class → what the authority holds, and as of when."""
    last = run.newest(unit, year)
    known = {"reconciliation": last.name, "comparison": last.status} if last else {}
    if receiving.is_on():
        return {label: {**known, **found} for label, found in _books(unit, year).items()}
    if last is None or last.status == run.IMPOSSIBLE:
        return {}
    facts = {**known, "as_of": last.at}
    return {row.class_label: {**facts, "received": row.received, "recalled": row.recalled} for row in last.classes}


def _books(unit: str, year: str) -> dict[str, dict[str, Any]]:
    where = {"unit": unit, "school_year": year}
    rows = frappe.get_all("HBS Received Record", where, ["class_name", "status"], order_by="name")
    now = frappe.utils.now_datetime().replace(microsecond=0)
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"received": 0, "recalled": 0, "as_of": now})
    for row in rows:
        found[row.class_name]["recalled" if row.status == "Recalled" else "received"] += 1
    known = frappe.get_all("HBS Record", where, pluck="student_group", distinct=True, order_by="student_group")
    for label in known:
        found.setdefault(label, {"received": 0, "recalled": 0, "as_of": now})
    return dict(found)


def _by_school(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["unit"], row["school_year"])
        total = found.setdefault(key, {**row, "student_group": "", **dict.fromkeys(COUNTS, 0), "as_of": None})
        for name in COUNTS:
            total[name] += row[name] or 0
        total["as_of"] = min((at for at in (total["as_of"], row["as_of"]) if at), default=None)
        for name in ("reconciliation", "comparison"):
            total[name] = total[name] or row[name]
    return list(found.values())


def status(row: dict[str, Any]) -> str:
    """One word on a row: whether what was sent is what is there."""
    if row["received"] is None:
        return _("not compared yet")
    if row["comparison"] == run.DIFFERENT:
        return _("Different")
    if row["sent"] == row["received"] == row["should"]:
        return _("Equal")
    if row["sent"] == row["received"]:
        return _("{0} still to be sent").format(row["should"] - row["sent"])
    return _("Different")


def years(user: str) -> list[dict[str, str]]:
    """Schools and years that the user may compare with the authority, for the choice on the list."""
    from hocbaso_app.services.reconciliation import recover

    found = []
    units = [unit for unit in desk.schools_of(user) if frappe.db.exists(connector.ACCOUNT, unit)]
    for unit in units:
        if not recover.may(user, unit):
            continue
        for year in frappe.get_all(
            "HBS Record", {"unit": unit}, pluck="school_year", distinct=True, order_by="school_year desc"
        ):
            if year:
                found.append({"unit": unit, "school_year": year})
    return found

"""Signed and not at the authority for too long is an alarm (QĐ Điều 4.k6): first at the school, then above it.

Three ways to be late: in the queue and not answered, released and in no queue, ready for the seal and not released.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Min
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exchange.outbox import OPEN, State
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import audit, files, holds, officers, outages, outbox, states

DAY = timedelta(hours=24)
AT_SCHOOL, ABOVE = "unsent alarm", "unsent alarm above"
"""Actions in the trail; each is written once a day and school."""


@dataclass
class Late:
    """What is late at one school; ``oldest``: since when."""

    unsent: int = 0
    missing: int = 0
    unsealed: int = 0
    oldest: datetime | None = None

    @property
    def count(self) -> int:
        """All of it."""
        return self.unsent + self.missing + self.unsealed


def hours() -> int:
    """After so many the alarm sounds; above the school after twice as many."""
    return int(frappe.db.get_single_value("HBS Settings", "alarm_hours") or 24)


def overdue(more_than: int, units: list[str] | None = None) -> dict[str, Late]:
    """School → what is late by more than so many hours; ``units``: only those."""
    before = now_datetime() - timedelta(hours=more_than)
    found: dict[str, Late] = defaultdict(Late)
    for kind, query, table in _queries(before):
        if units is not None:
            query = query.where(table.unit.isin(units or [""]))
        for row in query.groupby(table.unit).orderby(table.unit).run(as_dict=True):
            late = found[row.unit]
            setattr(late, kind, row.records)
            oldest = get_datetime(row.oldest)
            late.oldest = min(late.oldest or oldest, oldest)
    return dict(found)


def _queries(before: datetime) -> Iterator[tuple[str, Any, Any]]:
    row, version, record = (frappe.qb.DocType(name) for name in (outbox.DOCTYPE, files.DOCTYPE, "HBS Record"))

    def counted(table: Any, moment: Any, source: Any = None) -> Any:
        query = source if source is not None else frappe.qb.from_(table)
        query = query.where(moment < before)
        return query.select(table.unit, Count(table.name).as_("records"), Min(moment).as_("oldest"))

    yield "unsent", counted(row, row.creation).where(row.state.isin(outbox.labels(OPEN))), row
    joined = frappe.qb.from_(version).left_join(row).on(row.version == version.name)
    missing = counted(version, version.released_on, joined)
    yield "missing", missing.where((version.status == "Released") & row.name.isnull()), version
    yield "unsealed", counted(record, record.waiting_since).where(record.state == states.RELEASE), record


def warn() -> int:
    """Principal and clerk, after twice the time the officers above, each once a day; gives how many records are told
    of at schools."""
    limit, told = hours(), 0
    for unit, late in overdue(limit).items():
        if not _told_today(unit, AT_SCHOOL):
            _sound(unit, late, limit, AT_SCHOOL, officers.leading(unit))
            told += late.count
    for unit, late in overdue(2 * limit).items():
        if not _told_today(unit, ABOVE):
            _sound(unit, late, 2 * limit, ABOVE, officers.above(unit))
    return told


def _told_today(unit: str, action: str) -> bool:
    where = {"action": action, "unit": unit, "at": (">", now_datetime() - DAY)}
    return bool(frappe.db.exists(audit.DOCTYPE, where))


def _sound(unit: str, late: Late, limit: int, action: str, users: list[str]) -> None:
    with states.in_vietnamese():
        said = words(late, limit)
        if action == ABOVE:
            said = [_("{0}: {1}").format(frappe.db.get_value("HBS Unit", unit, "unit_name"), said[0]), *said[1:]]
        reasons = why(unit)
    content = "".join(f"<p>{frappe.utils.escape_html(line)}</p>" for line in (*said, *reasons))
    subject = " ".join((said[0], *reasons[:1]))[:500]
    officers.tell(users, subject, "HBS Unit", unit, content, "/app/query-report/HBS%20Unsent%20Records")
    now = now_datetime()
    names = frappe.get_all(
        outbox.DOCTYPE,
        {"unit": unit, "state": ("in", outbox.labels(OPEN)), "creation": ("<", now - timedelta(hours=limit))},
        pluck="name",
        order_by="name",
    )
    if names:
        table = frappe.qb.DocType(outbox.DOCTYPE)
        frappe.qb.update(table).set(table.warned_at, now).where(table.name.isin(names)).run()
    facts = {"unsent": late.unsent, "not queued": late.missing, "not sealed": late.unsealed, "hours": limit}
    audit.write(action, "HBS Unit", unit, unit, facts)


def words(late: Late, limit: int) -> list[str]:
    """Sentences, the heaviest first."""
    said = []
    if late.unsent:
        said.append(_("{0} released records are unsent for more than {1} hours").format(late.unsent, limit) + ".")
    if late.missing:
        said.append(_("{0} released records are in no queue for more than {1} hours.").format(late.missing, limit))
    if late.unsealed:
        said.append(_("{0} records wait for the school's seal for more than {1} hours.").format(late.unsealed, limit))
    return said


def why(unit: str) -> list[str]:
    """What is known to hold up the sending of a school."""
    from hocbaso_app.services import connector, portal_guard

    reasons = []
    outage = outages.current(unit)
    if outage:
        reasons.append(outages.sentence(outage))
    columns = ["name", "unit", "kind", "reason", "started_at", "started_by"]
    where = {"unit": unit, "ended_at": ("is", "not set")}
    reasons += [holds.sentence(row) for row in frappe.get_all(holds.DOCTYPE, where, columns, order_by="name")]
    if not reasons and not connector.is_on():
        reasons.append(_("Sending is switched off in HBS Settings. Records wait safely until it is switched on."))
    if not reasons:
        found = portal_guard.why(unit, connector.address())
        reasons += [found] if found else []
    return reasons


def by_school(user: str) -> list[dict[str, Any]]:
    """One row per school in the user's scope with something unsent or stopped, for the report."""
    frappe.has_permission(outbox.DOCTYPE, "read", user=user, throw=True)
    scope = scope_of(user)
    where: dict[str, Any] = {"kind": "School"}
    if not scope.everything:
        where["name"] = ("in", sorted(scope.units) or [""])
    names = dict(frappe.get_all("HBS Unit", where, ["name", "unit_name"], order_by="unit_name", as_list=True))
    limit = hours()
    all_, late = overdue(0, list(names)), overdue(limit, list(names))
    attention = _attention(list(names))
    open_holds = _open_holds(list(names))
    rows = []
    for unit, school in names.items():
        waiting, over = all_.get(unit, Late()), late.get(unit, Late())
        if not (waiting.count or unit in open_holds):
            continue
        outage = outages.current(unit)
        stopped = [holds.sentence(row) for row in open_holds.get(unit, [])]
        stopped += [outages.sentence(outage)] if outage else []
        rows.append(
            {
                "unit": unit,
                "school": school,
                "unsealed": waiting.unsealed,
                "waiting": waiting.unsent + waiting.missing,
                "overdue": over.count,
                "attention": attention.get(unit, 0),
                "oldest": waiting.oldest,
                "stopped": "; ".join(stopped),
            }
        )
    return rows


def _attention(units: list[str]) -> dict[str, int]:
    row = frappe.qb.DocType(outbox.DOCTYPE)
    query = frappe.qb.from_(row).select(row.unit, Count(row.name)).groupby(row.unit)
    query = query.where((row.state == outbox.label(State.NEEDS_ATTENTION)) & row.unit.isin(units or [""]))
    return dict(query.run())


def _open_holds(units: list[str]) -> dict[str, list[Any]]:
    columns = ["name", "unit", "kind", "reason", "started_at", "started_by"]
    where = {"unit": ("in", units or [""]), "ended_at": ("is", "not set")}
    found: dict[str, list[Any]] = defaultdict(list)
    for row in frappe.get_all(holds.DOCTYPE, where, columns, order_by="name"):
        found[row.unit].append(row)
    return found


def card(user: str) -> dict[str, Any]:
    """Number card: signed and not at the authority for too long, in the user's scope."""
    if not frappe.has_permission(outbox.DOCTYPE, "read", user=user):
        return {"value": 0, "fieldtype": "Int"}
    scope = scope_of(user)
    units = None if scope.everything else sorted(scope.units)
    count = sum(late.count for late in overdue(hours(), units).values())
    return {"value": count, "fieldtype": "Int", "route": ["query-report", "HBS Unsent Records"]}

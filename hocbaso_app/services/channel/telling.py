"""The school's side of ``bao-cao``: how it stands, told whenever something changed and once an hour anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime

from hocbaso_app.exchange import upward
from hocbaso_app.exchange.outbox import OPEN, State
from hocbaso_app.exchange.upward import Hold, Progress, Reading, Report, Unsent
from hocbaso_app.record.times import read_instant, write_instant
from hocbaso_app.services import convert, frozen, holds, outbox, rows, unit_progress
from hocbaso_app.services.channel import book
from hocbaso_app.services.notices import writing

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient

AT_LEAST_EVERY = 60
"""Minutes: the authority sees that the school's site is alive."""

AT_ONCE = 500
"""Readings in one report; the others go with the next."""

TOTALS = ("should", "released", "sent", "received", "recalled", "differences", "contradictions")


def tell(unit: str, client: PortalClient) -> bool:
    """Report to the authority if there is something to tell; whether it was told. Commits before it speaks."""
    moment = now_datetime()
    report = of(unit)
    says = report.says()
    known = book.of(unit)
    recent = known.last_told_at and get_datetime(known.last_told_at) > add_to_date(moment, minutes=-AT_LEAST_EVERY)
    if recent and known.told_sha256 == says and not report.readings and not report.frozen:
        return False
    frappe.db.commit()  # nosemgrep: nothing is open while the network is waited for
    client.extension(upward.EXTENSION, upward.to_json(report))
    book.note(unit, last_told_at=moment, told_sha256=says)
    keys = [writing.key_of(row.uid, unit) for row in report.readings]
    for name in frappe.get_all(writing.RECEIPT, {"receipt_key": ("in", keys or [""])}, pluck="name", order_by="name"):
        rows.update(writing.RECEIPT, [name], {"delivered_at": moment})
    frozen.note_received([row.uid for row in report.frozen], moment)
    frappe.db.commit()  # nosemgrep: what was taken there is not told again
    return True


def of(unit: str) -> Report:
    """All of it as of now."""
    return Report(
        school_code=unit,
        at=convert.instant(now_datetime()),
        progress=_progress(unit),
        holds=_holds(unit),
        unsent=_unsent(unit),
        reconciliation=_reconciliation(unit),
        readings=_readings(unit),
        frozen=tuple(frozen.to_send(unit)),
    )


def _progress(unit: str) -> tuple[Progress, ...]:
    found = unit_progress.counted([unit]).get(unit, [])
    return tuple(
        Progress(
            row["academic_year"] or "",
            row["student_group"] or "",
            row["grade"] or "",
            row["state"] or "",
            row["count"],
            row["complete"],
            _text(row["waiting_since"]),
        )
        for row in found[: upward.MOST_ROWS]
    )


def _holds(unit: str) -> tuple[Hold, ...]:
    return tuple(
        Hold(row["what"], row["by"], row["reason"][: upward.LONGEST_TEXT], write_instant(read_instant(row["since"])))
        for row in holds.current(unit)
    )


def _unsent(unit: str) -> Unsent:
    where: dict[str, Any] = {"unit": unit, "state": ("in", outbox.labels(OPEN))}
    found = frappe.get_all(outbox.DOCTYPE, where, ["state", "creation"], order_by="creation")
    hours = frappe.db.get_single_value("HBS Settings", "alarm_hours") or 24
    late = add_to_date(now_datetime(), hours=-int(hours))
    return Unsent(
        waiting=len(found),
        overdue=sum(row.creation < late for row in found),
        attention=sum(row.state == outbox.label(State.NEEDS_ATTENTION) for row in found),
        oldest=_text(found[0].creation if found else None),
    )


def _reconciliation(unit: str) -> dict[str, int] | None:
    order = {"order_by": "at desc, name desc"}
    found = frappe.db.get_value("HBS Reconciliation", {"unit": unit}, list(TOTALS), as_dict=True, **order)
    return {name: int(found[name] or 0) for name in TOTALS} if found else None


def _readings(unit: str) -> tuple[Reading, ...]:
    receipt = frappe.qb.DocType(writing.RECEIPT)
    columns = ("uid", "read_by", "read_at", "done_by", "done_at", "remark")
    query = frappe.qb.from_(receipt).select(*(receipt[name] for name in columns))
    query = query.where((receipt.unit == unit) & receipt.notice.isnull() & receipt.read_at.isnotnull())
    query = query.where(receipt.delivered_at.isnull() | (receipt.modified > receipt.delivered_at))
    return tuple(
        Reading(
            row.uid,
            row.read_by or "",
            _text(row.read_at),
            row.done_by or "",
            _text(row.done_at),
            row.remark or "",
        )
        for row in query.orderby(receipt.modified, receipt.name).limit(AT_ONCE).run(as_dict=True)
    )


def _text(moment: Any) -> str:
    return convert.instant(get_datetime(moment)) if moment else ""

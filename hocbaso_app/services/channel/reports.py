"""The authority's side of ``bao-cao``: what a school tells is kept; an older or repeated telling changes nothing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exchange import codes, upward
from hocbaso_app.exchange.codes import code_set
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.exchange.upward import Reading, Report, ReportError
from hocbaso_app.record.times import read_instant
from hocbaso_app.services import convert, frozen, rows, states, unit_progress
from hocbaso_app.services.notices import reading, writing

DOCTYPE, RECEIPT = "HBS Unit Report", writing.RECEIPT


def answer(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """One report of a school about itself."""
    try:
        report = upward.read(body)
    except ReportError as error:
        raise RefusedError.of(code_set().code(codes.FIELD_WRONG), error.message_vi, error.message_en) from error
    if report.school_code != account.unit:
        raise RefusedError.of(code_set().code(codes.OTHER_UNIT))
    frappe.db.get_value("HBS Unit", account.unit, "name", for_update=True)
    newest = take(report, account.user_name)
    return {"at": report.at, "newest": newest}


def take(report: Report, user_name: str) -> bool:
    """Keep it; False when its state is older than what is known. The caller holds the school's row."""
    moment = convert.desk_time(report.moment)
    newest = _take_state(report, moment, user_name)
    if newest and not unit_progress.is_here(report.school_code):
        told = [_progress_row(row) for row in report.progress]
        unit_progress.take_report(report.school_code, told, moment)
    _take_readings(report)
    for row in report.frozen:
        frozen.take(report.school_code, row)
    return newest


def _take_state(report: Report, moment: datetime, user_name: str) -> bool:
    unit, says, heard = report.school_code, report.says(), now_datetime()
    known = frappe.db.get_value(DOCTYPE, {"unit": unit, "newest": 1}, ["name", "at", "says"], as_dict=True)
    if known and known.at > moment:
        return False
    if known and known.says == says:
        rows.update(DOCTYPE, [known.name], {"at": moment, "heard_at": heard})
        return True
    if known:
        rows.update(DOCTYPE, [known.name], {"newest": 0})
    content = upward.to_json(report)
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "unit": unit,
            "at": moment,
            "received_at": heard,
            "heard_at": heard,
            "told_by": user_name,
            "newest": 1,
            "holds": len(report.holds),
            "hold_text": "\n".join(_hold_sentence(hold) for hold in report.holds),
            "waiting": report.unsent.waiting,
            "overdue": report.unsent.overdue,
            "attention": report.unsent.attention,
            "reconciled": _reconciled(report.reconciliation),
            "content": json.dumps({n: content[n] for n in KEPT}, ensure_ascii=False, indent=1),
            "says": says,
        }
    )
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    return True


KEPT = ("school_code", "at", "progress", "holds", "unsent", "reconciliation")
"""Parts of a report that are kept as they came; readings and frozen reports have documents of their own."""


def _hold_sentence(hold: upward.Hold) -> str:
    with states.in_vietnamese():
        text = _("{0}: {1}, since {2}: {3}").format(_(hold.what), hold.by, _shown(hold.since), hold.reason)
        return text + (" " + _("(until {0})").format(_shown(hold.until)) if hold.until else "")


def _shown(instant: str) -> str:
    return frappe.utils.format_datetime(convert.desk_time(read_instant(instant)), "HH:mm d/M/yyyy") if instant else ""


def _reconciled(totals: dict[str, int] | None) -> str | None:
    if totals is None:
        return None
    with states.in_vietnamese():
        return _("should {0}, sent {1}, received {2}, different {3}").format(
            *(totals.get(name, 0) for name in ("should", "sent", "received", "differences"))
        )


def _progress_row(row: upward.Progress) -> dict[str, Any]:
    since = convert.desk_time(read_instant(row.waiting_since)) if row.waiting_since else None
    return {
        "academic_year": row.academic_year[:9],
        "student_group": row.student_group[:140],
        "grade": row.grade[:2],
        "state": row.state[:30],
        "count": row.count,
        "complete": row.complete,
        "waiting_since": since,
    }


def _take_readings(report: Report) -> None:
    told = {writing.key_of(row.uid, report.school_code): row for row in report.readings}
    where = {"receipt_key": ("in", list(told) or [""]), "unit": report.school_code, "notice": ("is", "set")}
    names = frappe.get_all(RECEIPT, where, pluck="name", order_by="name")
    changed = []
    for doc in rows.load(RECEIPT, names):
        known = _known(doc)
        merged = upward.merge(known, told[doc.receipt_key])
        if merged != known:
            _write(doc, merged)
            changed.append(doc)
    rows.write(changed)
    for notice in dict.fromkeys(doc.notice for doc in changed):
        writing.count(notice)


def _known(doc: Any) -> Reading:
    read, done = (convert.instant(get_datetime(at)) if at else "" for at in (doc.read_at, doc.done_at))
    return Reading(doc.uid, doc.read_by or "", read, doc.done_by or "", done, doc.remark or "")


def _write(doc: Any, merged: Reading) -> None:
    doc.read_by, doc.done_by, doc.remark = (
        merged.read_by[:150] or None,
        merged.done_by[:150] or None,
        merged.remark or None,
    )
    for name, value in (("read_at", merged.read_at), ("done_at", merged.done_at)):
        doc.set(name, convert.desk_time(read_instant(value)) if value else None)
    if doc.status in reading.OPEN:
        doc.status = reading.DONE if doc.done_at and doc.kind == "Task" else reading.READ


def held_below(user: str | None = None) -> list[dict[str, Any]]:
    """Schools of other sites whose sending somebody holds, as they last said (QĐ Điều 5.k1); in the user's scope."""
    columns = ["unit", "holds", "hold_text", "at", "heard_at"]
    where = {"newest": 1, "holds": (">", 0)}
    return list(frappe.get_list(DOCTYPE, where, columns, order_by="at", limit_page_length=0, user=user))

"""The authority's side of ``ban-tin``: the bulletin of one school, and the files that came with its notices."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import frappe
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange import bulletin, codes
from hocbaso_app.exchange.bulletin import Bulletin
from hocbaso_app.exchange.codes import code_set
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.receiving.accounts import Account
from hocbaso_app.record.times import write_instant
from hocbaso_app.services import convert, outages, rows
from hocbaso_app.services.channel import authority
from hocbaso_app.services.locks import windows
from hocbaso_app.services.notices import reading, writing

RECEIPT = writing.RECEIPT
NOTICE_COLUMNS = (
    "uid",
    "title",
    "kind",
    "due_on",
    "text",
    "sent_at",
    "status",
    "from_unit",
    "from_name",
    "attachment_name",
    "attachment_sha256",
    "reminders",
    "seen_by",
    "seen_at",
)
"""What a school's site is told of a notice."""

LONGEST_NONCE = 64


def answer(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """One question of a school: ``attachment`` of a notice, or the bulletin; ``have``: what it holds of notices."""
    if "attachment" in body:
        return _attachment(account.unit, body["attachment"])
    nonce, have = body.get("nonce"), body.get("have", {})
    if not isinstance(nonce, str) or not 16 <= len(nonce) <= LONGEST_NONCE or not isinstance(have, dict):
        raise _wrong("nonce, have")
    _confirm(account.unit, have)
    made = of_school(account.unit, nonce)
    return {"bulletin": base64.b64encode(bulletin.issue(made, authority.key())).decode()}


def of_school(school: str, nonce: str) -> Bulletin:
    """Everything in force for it, and the notices it does not hold as they are now."""
    own = authority.unit()
    unit = frappe.db.get_value("HBS Unit", own, ["name", "unit_name", "kind"], as_dict=True)
    return Bulletin(
        issuer={"code": unit.name, "name": unit.unit_name, "kind": unit.kind},
        school_code=school,
        issued_at=write_instant(convert.now()),
        nonce=nonce,
        windows=_plain(windows.rows_for(school)),
        outages=_plain(outages.to_send(school)),
        schedules=_schedules(school),
        notices=_notices(school),
        settings=authority.settings_for(school),
    )


def _schedules(school: str) -> list[dict[str, Any]]:
    """Dates set by units above the school (QĐ Điều 11): its own are its own."""
    place = frappe.db.get_value("HBS Unit", school, ["lft", "rgt"], as_dict=True)
    above = frappe.get_all("HBS Unit", {"lft": ("<", place.lft), "rgt": (">", place.rgt)}, pluck="name", order_by="lft")
    columns = ["name", "unit", "academic_year", "decision_number"]
    found = frappe.get_all("HBS Schedule", {"unit": ("in", above or [""])}, columns, order_by="name")
    stages: dict[str, list[dict[str, Any]]] = {row.name: [] for row in found}
    of = {"parenttype": "HBS Schedule", "parent": ("in", list(stages) or [""])}
    for row in frappe.get_all("HBS Schedule Stage", of, ["parent", "stage", "due_date"], order_by="parent, idx"):
        stages[row.parent].append({"stage": row.stage, "due_date": str(row.due_date)})
    return [{**_plain_row(row), "stages": stages[row.pop("name")]} for row in found]


def _notices(school: str) -> list[dict[str, Any]]:
    receipt = frappe.qb.DocType(RECEIPT)
    query = frappe.qb.from_(receipt).select(*(receipt[name] for name in NOTICE_COLUMNS), receipt.confirmed)
    query = query.where((receipt.unit == school) & receipt.notice.isnotnull() & receipt.staff.isnull())
    query = query.where(receipt.delivered_at.isnull() | (receipt.modified > receipt.delivered_at))
    found = []
    for row in query.orderby(receipt.sent_at, receipt.name).run(as_dict=True):
        confirmed = row.pop("confirmed")
        told = told_of(row)
        if mark_of(told) != confirmed:
            found.append(told)
    return found[: bulletin.MOST_NOTICES]


def told_of(row: Any) -> dict[str, Any]:
    """A receipt as its school is told of it: what the school itself does with it is its own to say."""
    told = _plain_row({name: row[name] for name in NOTICE_COLUMNS})
    told["status"] = told["status"] if told["status"] in (reading.TAKEN_BACK, reading.SEEN) else "Sent"
    return told


def mark_of(told: dict[str, Any]) -> str:
    """By which a school says that it holds a notice as it is now."""
    return hashlib.sha256(bulletin.canonical(told)).hexdigest()


def _confirm(school: str, have: dict[str, Any]) -> None:
    """The school holds these notices in this state."""
    asked = [uid for uid in have if isinstance(uid, str)][: bulletin.MOST_NOTICES]
    if not asked:
        return
    where = {"receipt_key": ("in", [writing.key_of(uid, school) for uid in asked])}
    moment = now_datetime()
    for row in frappe.get_all(RECEIPT, where, ["name", "confirmed", *NOTICE_COLUMNS], order_by="name"):
        mark = mark_of(told_of(row))
        if have[row.uid] == mark:
            rows.update(RECEIPT, [row.name], {"confirmed": mark, "delivered_at": moment})


def _attachment(school: str, uid: Any) -> dict[str, Any]:
    name = frappe.db.get_value(RECEIPT, {"receipt_key": writing.key_of(str(uid)[:36], school)})
    receipt = frappe.get_doc(RECEIPT, name) if name else None
    if receipt is None or not receipt.attachment:
        raise _wrong("attachment")
    try:
        content = reading.content_of(receipt)
    except HbsError as error:
        frappe.clear_last_message()
        raise _wrong(str(error)) from error
    return {"name": receipt.attachment_name, "content": base64.b64encode(content).decode()}


def _plain(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_plain_row(row) for row in found]


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """Dates as text; lists as they are."""
    kinds = (str, int, float, list, dict, type(None))
    return {name: value if isinstance(value, kinds) else str(value) for name, value in row.items()}


def _wrong(detail: str) -> RefusedError:
    return RefusedError.of(code_set().code(codes.FIELD_WRONG), detail, detail)

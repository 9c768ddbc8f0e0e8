"""How far a batch is, pupil by pupil, with the reason and the next step for each that stayed behind."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime, time_diff_in_seconds

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import duty, timestamps
from hocbaso_app.services.signing import desk
from hocbaso_app.services.signing.batches import (
    ALREADY_SIGNED,
    CONTINUED,
    DOCTYPE,
    IN_HAND,
    ITEM,
    PREPARED,
    REFUSED,
    SIGNED,
    WAITING,
    consent_of,
    open_items,
)

PATIENCE = 15
"""Seconds without news after which the page says why and what to do."""

RANK = {REFUSED: 0, WAITING: 1, CONTINUED: 2, ALREADY_SIGNED: 3, SIGNED: 4}


def status(name: str, worker_is_there: bool) -> dict[str, Any]:
    """What the signer's page shows of his batch."""
    batch = frappe.get_doc(DOCTYPE, name)
    batch.check_permission("read")
    if batch.signer != frappe.session.user:
        frappe.throw(_("This confirmation is somebody else's."), NotYoursError)
    rows = frappe.get_all(
        ITEM,
        {"parent": name},
        ["record", "slot_id", "outcome", "message", "next_step"],
        order_by="idx",
    )
    silent = _silent_seconds(batch) if batch.status in IN_HAND else 0
    parts = [row for row in rows if row.slot_id]
    open_parts = len(open_items(batch)) if batch.status in (PREPARED, *IN_HAND) else 0
    return {
        "batch": name,
        "stage": batch.stage,
        "classes": batch.classes,
        "status": batch.status,
        "consent": batch.consent,
        "consent_at": batch.consent_at,
        "total": len(parts),
        "signed": sum(row.outcome in (SIGNED, ALREADY_SIGNED) for row in parts),
        "waiting": sum(row.outcome == WAITING for row in parts),
        "silent": silent,
        "worker": worker_is_there,
        "stuck": silent >= PATIENCE,
        "sentence": _sentence(batch, silent, worker_is_there),
        "records": _by_record(rows),
        "open": open_parts,
        "continued": frappe.db.get_value(DOCTYPE, {"continues": name}, "name"),
        "continues": batch.continues,
        **(_key(batch, open_parts) if open_parts else {}),
    }


def _key(batch: Any, open_parts: int) -> dict[str, Any]:
    """How the rest is signed: the way, the question that waits, what went wrong, and the other ways there are."""
    try:
        known = desk.ways_of(batch.stage, duty.staff_of(batch.signer, batch.unit))
    except NotYoursError:  # he has left the school
        frappe.clear_last_message()
        known = []
    way = next((way for way in known if way["certificate"] == batch.certificate), None)
    return {
        "way": way,
        "ways": known,
        "asked": {"parts": batch.asked_parts, "until": batch.asked_until, "seconds": _seconds_left(batch)}
        if batch.ticket
        else None,
        "consent_again": consent_of(batch.stage, open_parts, len({item.record for item in open_items(batch)})),
        "fault": {"code": batch.fault_code, "message": batch.fault} if batch.fault_code else None,
    }


def _seconds_left(batch: Any) -> int:
    return max(0, int(time_diff_in_seconds(batch.asked_until, now_datetime())))


def unfinished(user: str) -> list[dict[str, Any]]:
    """The user's batches that still wait: for the worker, or for the values of his key."""
    rows = frappe.get_all(
        DOCTYPE,
        {"signer": user, "status": ("in", (*IN_HAND, PREPARED))},
        ["name", "stage", "classes", "status", "total", "consent_at", "expires_at"],
        order_by="name desc",
        limit_page_length=20,
    )
    return [dict(row) for row in rows]


def _silent_seconds(batch: Any) -> int:
    since = max(get_datetime(moment) for moment in (batch.ready_at, batch.progress_at) if moment)
    return max(0, int(time_diff_in_seconds(now_datetime(), since)))


def _sentence(batch: Any, silent: int, worker_is_there: bool) -> str:
    if batch.status == PREPARED and batch.ticket:
        return str(
            _("{0} parts wait for your confirmation on your phone until {1}.").format(
                batch.asked_parts, frappe.utils.format_time(batch.asked_until)
            )
        )
    if batch.status == PREPARED and batch.signed:
        return str(
            _("{0} parts are signed and stay so; the others wait for your key until {1}.").format(
                batch.signed, frappe.utils.format_datetime(batch.expires_at)
            )
        )
    if batch.status == PREPARED:
        return str(
            _("Waiting for the signatures of your key until {0}. Nothing is signed yet.").format(
                frappe.utils.format_datetime(batch.expires_at)
            )
        )
    if batch.status not in IN_HAND:
        records = list(dict.fromkeys(item.record for item in batch.items))
        return str(batch.closed_reason or timestamps.note_of_records(records) or "")
    left = len(open_items(batch))
    if silent < PATIENCE and left:
        text = _("The signatures that are made are being written into the records; {0} parts still wait for your key.")
        return str(text.format(left))
    if silent < PATIENCE:
        return str(_("The signatures are made; they are being written into the records. You may close this page."))
    if not worker_is_there:
        return str(
            _(
                "Waiting for {0} seconds: no background worker is running on this server. Nothing is lost. "
                "Press “Sign here” and keep the page open, or tell whoever looks after the server to start the worker."
            ).format(silent)
        )
    return str(
        _(
            "Waiting for {0} seconds: the worker is busy or was cut off. Nothing is lost; it goes on by itself. "
            "Press “Go on” to wake it now."
        ).format(silent)
    )


def _by_record(rows: list[Any]) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(row.record for row in rows))
    pupils = dict(
        frappe.get_all(
            "HBS Record", {"name": ("in", names or [""])}, ["name", "full_name"], as_list=True, order_by="name"
        )
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        entry = found.setdefault(
            row.record,
            {
                "record": row.record,
                "full_name": pupils.get(row.record) or row.record,
                "parts": 0,
                "signed": 0,
                "outcome": SIGNED,
                "message": "",
                "next_step": "",
            },
        )
        entry["parts"] += bool(row.slot_id)
        entry["signed"] += row.outcome in (SIGNED, ALREADY_SIGNED)
        if RANK[row.outcome] < RANK[entry["outcome"]]:
            entry.update(outcome=row.outcome, message=row.message or "", next_step=row.next_step or "")
    return sorted(found.values(), key=lambda entry: RANK[entry["outcome"]])

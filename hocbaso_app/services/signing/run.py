"""Third step: values go into the files, record by record, each whole or not at all, by any worker at any time.

What is done is told by the database alone: a part is waiting, signed or refused. A
killed worker loses the record it had in hand and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import frappe
from frappe.database.database import savepoint
from frappe.translate import get_user_lang
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError, StepOrderError
from hocbaso_app.services import files, records, trust
from hocbaso_app.services.signing.batches import (
    ALREADY_SIGNED,
    DOCTYPE,
    DONE,
    IN_HAND,
    ITEM,
    PARTLY_DONE,
    READY,
    REFUSALS,
    REFUSED,
    RUNNING,
    SIGNED,
    STATES_OF,
    WAITING,
    message_of,
    next_step,
    quietly,
    update,
)

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

LOCKED_OUT = (frappe.QueryDeadlockError, frappe.QueryTimeoutError)
"""Somebody else had the rows; the record is tried again."""

TRIES = 5


def run_batch(name: str, *, keep_each: bool = False, seconds: float | None = None) -> Any:
    """Put every waiting value into its file; one bad record does not stop the others. May run again at any time.

    ``keep_each`` commits after every record, as a job must; ``seconds`` stops early and leaves the rest for the
    next run.
    """
    batch = frappe.get_doc(DOCTYPE, name)
    if batch.status in IN_HAND:
        ends = time.monotonic() + seconds if seconds else None
        with _as_signer(batch.signer):
            if batch.status == READY:
                update(DOCTYPE, name, status=RUNNING, progress_at=now_datetime())
            for record in _waiting_records(name):
                _sign_record(batch, record, keep_each)
                if ends and time.monotonic() > ends:
                    break
            _count(name)
            if keep_each:
                frappe.db.commit()  # nosemgrep: record by record, so that a killed worker keeps what is done
        _tell(batch)
    batch.reload()
    return batch


def _sign_record(batch: Any, record: str, keep_each: bool) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            _embed_or_refuse(batch, record)
            if keep_each:
                update(DOCTYPE, batch.name, progress_at=now_datetime())
                frappe.db.commit()  # nosemgrep: record by record, so that a killed worker keeps what is done
                _tell(batch)
            return
        except LOCKED_OUT:
            if not keep_each or attempt == TRIES:
                raise
            frappe.db.rollback()
            time.sleep(0.1 * attempt)


def _embed_or_refuse(batch: Any, record: str) -> None:
    refusal: Exception | None = None
    outcomes: dict[str, str] = {}
    with savepoint(catch=REFUSALS), quietly():
        try:
            outcomes = _embed(record, batch)
        except REFUSALS as error:
            refusal = error
            raise
    if refusal is None:
        for item, outcome in outcomes.items():
            update(ITEM, item, outcome=outcome, message=None, next_step=None)
        return
    values = {"outcome": REFUSED, "message": message_of(refusal), "next_step": next_step(refusal)}
    for item in _waiting_items(batch, record):
        update(ITEM, item.name, **values)


def _embed(record: str, batch: Any) -> dict[str, str]:
    """Outcome of each of this batch's waiting parts of a record, after they stand verified in its file."""
    from hocbaso_app.signing.sign import Prepared, embed

    doc = frappe.get_doc("HBS Record", record, for_update=True)
    items = _waiting_items(batch, record)
    if not items:
        return {}
    version, document = files.load(doc.current_version, for_update=True)
    prepared = {item.name: Prepared.from_json(item.prepared) for item in items}
    outcomes = {item.name: ALREADY_SIGNED for item in items if _signed_by_same(document, prepared[item.name])}
    fresh = [item for item in items if item.name not in outcomes]
    if not fresh:
        return outcomes
    records.require_state(doc, *STATES_OF[batch.stage])
    for item in fresh:
        document = embed(document, prepared[item.name], bytes.fromhex(item.value))
    slots = {item.slot_id for item in fresh}
    _require_valid(document, batch.stage, slots)
    files.grow(version, document)
    records.show_slots(doc, document)
    for row in doc.slots:
        if row.slot_id in slots:
            row.signed_at, row.certificate, row.batch = batch.signing_time, batch.certificate, batch.name
    details = {"slots": sorted(slots), "batch": batch.name, "signer": batch.signer, "certificate": batch.certificate}
    records.save(doc, document, "release" if batch.stage == "release" else "sign", details)
    return {**outcomes, **{item.name: SIGNED for item in fresh}}


def _signed_by_same(document: Document, prepared: Any) -> bool:
    """Whether the same certificate signed this slot over the same data meanwhile: a second confirmation is no fault."""
    from hocbaso_app.signing import xades
    from hocbaso_app.signing.sign import covered_digests
    from hocbaso_app.signing.slots import expected_slots

    inner = document.slots.get(prepared.slot_id)
    filled = xades.read_slot(inner) if inner else None
    if filled is None or filled.certificate != prepared.signature.certificate:
        return False
    slot = next(s for s in expected_slots(document.record) if s.id == prepared.slot_id)
    return bool(covered_digests(document, slot) == prepared.signature.digests)


def _require_valid(document: Document, stage: str, slots: set[str]) -> None:
    """Each new signature is verified as a reader would before it is kept; the whole file when its stage is complete."""
    from datetime import datetime, timezone

    from hocbaso_app.signing.slots import Stage, expected_slots
    from hocbaso_app.signing.verify import verify
    from hocbaso_app.signing.verify_slot import SlotContext, verify_slot

    store, upto = trust.store(), Stage(stage)
    expected = [slot for slot in expected_slots(document.record) if slot.stage.order <= upto.order]
    if all(document.slot(slot.id) for slot in expected):
        result = verify(document, store, stage=upto)
        if not result.valid:
            frappe.throw(result.report.to_text("vi"), StepOrderError)
        return
    context = SlotContext(document, store, datetime.now(timezone.utc), "require")
    for slot in expected:
        if slot.id in slots:
            report, _findings = verify_slot(slot, context)
            if report.indication.value != "TOTAL-PASSED":
                frappe.throw(report.message_vi, HbsError)


def _waiting_records(batch: str) -> list[str]:
    rows = {"parent": batch, "outcome": WAITING, "value": ("is", "set")}
    return list(dict.fromkeys(frappe.get_all(ITEM, rows, pluck="record", order_by="idx")))


def _waiting_items(batch: Any, record: str) -> list[Any]:
    """Read as they are now, past the snapshot of this transaction: another worker may have been here.

    Named one by one, so that no gap of the table is locked against a new batch.
    """
    item = frappe.qb.DocType(ITEM)
    names = [row.name for row in batch.items if row.record == record]
    query = (
        frappe.qb.from_(item)
        .where(item.name.isin(names) & (item.outcome == WAITING) & item.value.isnotnull())
        .select(item.name, item.slot_id, item.prepared, item.value)
        .orderby(item.idx)
        .for_update()
    )
    return list(query.run(as_dict=True))


def _count(name: str) -> None:
    outcomes = frappe.get_all(ITEM, {"parent": name}, pluck="outcome", order_by="idx")
    signed = sum(outcome in (SIGNED, ALREADY_SIGNED) for outcome in outcomes)
    refused = outcomes.count(REFUSED)
    values: dict[str, Any] = {"signed": signed, "refused": refused}
    if WAITING not in outcomes:
        values["status"] = DONE if not refused else PARTLY_DONE
    update(DOCTYPE, name, **values)


def _tell(batch: Any) -> None:
    """The signer's open page asks for the news at once; without a socket it asks by itself."""
    frappe.publish_realtime("hbs_signing", {"batch": batch.name}, user=batch.signer)


@contextmanager
def _as_signer(user: str) -> Iterator[None]:
    """Trail and workflow see the signer, whoever woke the run; sentences are in his language."""
    before, language = frappe.session.user, frappe.local.lang
    if before != user:
        frappe.set_user(user)
    frappe.local.lang = get_user_lang(user)
    try:
        yield
    finally:
        frappe.local.lang = language
        if before != user:
            frappe.set_user(before)

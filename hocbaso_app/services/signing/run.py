"""Third step: values go into the files, each record whole or not at all, by any worker at any time.

What is done is told by the database alone: a part is waiting, signed or refused. Records are
taken a few at a time; when one is refused, those few are taken one by one. A killed worker
loses the few it had in hand and nothing else: their values are stored and wait for the next run.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import frappe
from frappe.database.database import savepoint
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError, StepOrderError
from hocbaso_app.services import files, locks, records, rows, timestamps, trust
from hocbaso_app.services.signing.batches import (
    ALREADY_SIGNED,
    DOCTYPE,
    DONE,
    IN_HAND,
    ITEM,
    PARTLY_DONE,
    PREPARED,
    READY,
    REFUSALS,
    REFUSED,
    RUNNING,
    SIGNED,
    STATES_OF,
    WAITING,
    as_signer,
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

TOGETHER = 10
"""Records written in one transaction of a job."""


def run_batch(name: str, *, keep_each: bool = False, seconds: float | None = None) -> Any:
    """Put every waiting value into its file; one bad record does not stop the others. May run again at any time.

    ``keep_each`` commits every few records, as a job must; ``seconds`` stops early and leaves the rest for the
    next run.
    """
    batch = frappe.get_doc(DOCTYPE, name)
    if batch.status in IN_HAND:
        ends = time.monotonic() + seconds if seconds else None
        with as_signer(batch.signer):
            if batch.status == READY:
                update(DOCTYPE, name, status=RUNNING, progress_at=now_datetime())
            waiting = _waiting_records(name)
            for start in range(0, len(waiting), TOGETHER):
                _sign_records(batch, waiting[start : start + TOGETHER], keep_each)
                if ends and time.monotonic() > ends:
                    break
            _count(name)
            _settle_others(batch)
            if keep_each:
                frappe.db.commit()  # nosemgrep: a few at a time, so that a killed worker keeps what is done
        _tell(batch)
    batch.reload()
    return batch


def _sign_records(batch: Any, names: list[str], keep_each: bool) -> None:
    tokens = timestamps.ask_for(batch, names)
    if tokens and keep_each:
        frappe.db.commit()  # nosemgrep: the network was waited for; what is checked next is read anew
    for attempt in range(1, TRIES + 1):
        try:
            _embed_or_refuse(batch, names, tokens)
            if keep_each:
                update(DOCTYPE, batch.name, progress_at=now_datetime())
                frappe.db.commit()  # nosemgrep: a few at a time, so that a killed worker keeps what is done
                _tell(batch)
            return
        except LOCKED_OUT:
            if not keep_each or attempt == TRIES:
                raise
            frappe.db.rollback()
            time.sleep(0.1 * attempt)


def _embed_or_refuse(batch: Any, names: list[str], tokens: timestamps.Tokens) -> None:
    refusal: Exception | None = None
    with savepoint(catch=REFUSALS), quietly():
        try:
            _embed(names, batch, tokens)
        except REFUSALS as error:
            refusal = error
            raise
    if refusal is None:
        return
    if len(names) > 1:
        for name in names:
            _embed_or_refuse(batch, [name], tokens)
        return
    values = {"outcome": REFUSED, "message": message_of(refusal), "next_step": next_step(refusal)}
    rows.update(ITEM, [item.name for item in _waiting_items(batch, names)], values)


def _embed(names: list[str], batch: Any, tokens: timestamps.Tokens) -> None:
    """Each of this batch's waiting parts of these records stands verified in its file, or none does."""
    from hocbaso_app.signing.sign import Prepared, embed

    documents = records.locked_all(names)
    items: dict[str, list[Any]] = defaultdict(list)
    for item in _waiting_items(batch, names):
        items[item.record].append(item)
    documents = [doc for doc in documents if items[doc.name]]
    versions = files.load_all([doc.current_version for doc in documents])
    outcomes: dict[str, list[str]] = {SIGNED: [], ALREADY_SIGNED: []}
    grown, moves = [], []
    for doc, (version, document) in zip(documents, versions, strict=True):
        prepared = [(item, Prepared.from_json(item.prepared)) for item in items[doc.name]]
        fresh = [(item, part) for item, part in prepared if not _signed_by_same(document, part)]
        outcomes[SIGNED] += [item.name for item, _part in fresh]
        outcomes[ALREADY_SIGNED] += [item.name for item, part in prepared if (item, part) not in fresh]
        if not fresh:
            continue
        records.require_state(doc, *STATES_OF[batch.stage])
        locks.require_open(doc)
        for item, part in fresh:
            document = embed(document, part, bytes.fromhex(item.value))
        document = timestamps.put_in(document, tokens)
        if batch.stage == "release":
            timestamps.require_before_release(doc, document)
        slots = {item.slot_id for item, _part in fresh}
        _require_valid(document, batch.stage, slots)
        records.show_slots(doc, document)
        for row in doc.slots:
            if row.slot_id in slots:
                row.signed_at, row.certificate, row.batch = batch.signing_time, batch.certificate, batch.name
        grown.append((version, document))
        moves.append(_move(doc, document, slots, batch))
    files.grow_all(grown)
    records.save_all(moves)
    for outcome, parts in outcomes.items():
        rows.update(ITEM, parts, {"outcome": outcome, "message": None, "next_step": None})


def _move(doc: Any, document: Document, slots: set[str], batch: Any) -> records.Move:
    details = {"slots": sorted(slots), "batch": batch.name, "signer": batch.signer, "certificate": batch.certificate}
    return records.Move(doc, document, "release" if batch.stage == "release" else "sign", details)


def _signed_by_same(document: Document, prepared: Any) -> bool:
    """Whether the slot was signed over the same data meanwhile: a second confirmation by the same person is no fault.

    With another of his certificates too: a slot holds only its own signer's verified signature.
    """
    from hocbaso_app.signing import xades
    from hocbaso_app.signing.sign import covered_digests
    from hocbaso_app.signing.slots import expected_slots

    inner = document.slots.get(prepared.slot_id)
    filled = xades.read_slot(inner) if inner else None
    if filled is None:
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
    waiting = {"parent": batch, "outcome": WAITING, "value": ("is", "set")}
    return list(dict.fromkeys(frappe.get_all(ITEM, waiting, pluck="record", order_by="idx")))


def _waiting_items(batch: Any, of: list[str]) -> list[Any]:
    """Read as they are now, past the snapshot of this transaction: another worker may have been here.

    Named one by one, so that no gap of the table is locked against a new batch.
    """
    item = frappe.qb.DocType(ITEM)
    names = [row.name for row in batch.items if row.record in of]
    query = (
        frappe.qb.from_(item)
        .where(item.name.isin(names) & (item.outcome == WAITING) & item.value.isnotnull())
        .select(item.name, item.record, item.slot_id, item.prepared, item.value)
        .orderby(item.idx)
        .for_update()
    )
    return list(query.run(as_dict=True))


def _count(name: str) -> None:
    """Where the batch stands now, read past the snapshot: values of other parts may have come in meanwhile."""
    batch = frappe.get_doc(DOCTYPE, name, for_update=True)
    item = frappe.qb.DocType(ITEM)
    names = [row.name for row in batch.items]
    query = frappe.qb.from_(item).where(item.name.isin(names)).select(item.outcome, item.value).for_update()
    found = query.orderby(item.name).run(as_dict=True)
    outcomes = [row.outcome for row in found]
    signed = sum(outcome in (SIGNED, ALREADY_SIGNED) for outcome in outcomes)
    refused = outcomes.count(REFUSED)
    values: dict[str, Any] = {"signed": signed, "refused": refused}
    if WAITING not in outcomes:
        values["status"] = DONE if signed == len(outcomes) else PARTLY_DONE
    elif not any(row.outcome == WAITING and row.value for row in found):
        values["status"] = PREPARED
    update(DOCTYPE, name, **values)


def _settle_others(batch: Any) -> None:
    """What another prepared batch of the same signer still waits for and is signed by now waits no longer."""
    item, other, slot = frappe.qb.DocType(ITEM), frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("HBS Record Slot")
    query = frappe.qb.from_(item).join(other).on(item.parent == other.name)
    query = query.join(slot).on((slot.parent == item.record) & (slot.slot_id == item.slot_id))
    query = query.where((other.signer == batch.signer) & (other.status == PREPARED) & other.ticket.isnull())
    query = query.where((item.outcome == WAITING) & item.value.isnull() & slot.signed_at.isnotnull())
    found = query.select(item.name, other.name.as_("batch")).orderby(item.name).run(as_dict=True)
    rows.update(ITEM, [row.name for row in found], {"outcome": ALREADY_SIGNED, "message": None, "next_step": None})
    for name in sorted({row.batch for row in found}):
        _count(name)


def _tell(batch: Any) -> None:
    """The signer's open page asks for the news at once; without a socket it asks by itself."""
    frappe.publish_realtime("hbs_signing", {"batch": batch.name}, user=batch.signer)

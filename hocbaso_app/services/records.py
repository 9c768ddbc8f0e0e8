"""What every move of a record shares: load it locked, set its state from its file, save it, write the trail."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.model.workflow import WorkflowPermissionError, get_workflow_name, is_transition_condition_satisfied
from frappe.utils import get_datetime

from hocbaso_app.exceptions import StepOrderError
from hocbaso_app.services import audit, convert, files, locks, rows, states, timestamps
from hocbaso_app.setup import workflow

DOCTYPE = "HBS Record"

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document


def locked(name: str, ptype: str = "read") -> Any:
    """The HBS Record with its row locked, after Frappe's own permission check."""
    return locked_all([name], ptype)[0]


def locked_all(names: Sequence[str], ptype: str = "read", *, drafts: bool = False) -> list[Any]:
    """Several, in their order. Drafts have no slots: not looking for them leaves the gap to others who fill theirs."""
    documents = rows.load(DOCTYPE, names, without=("slots",) if drafts else ())
    missing = set(names) - {doc.name for doc in documents}
    if missing:
        frappe.throw(_("There is no record {0}.").format(min(missing)), frappe.DoesNotExistError)
    for doc in documents:
        doc.check_permission(ptype)
    return documents


def require_state(doc: Any, *allowed: str) -> None:
    """:class:`StepOrderError` unless the record is in one of the states."""
    if doc.state not in allowed:
        names = ", ".join(_(s) for s in allowed)
        frappe.throw(
            _("{0} is “{1}”; this step needs “{2}”.").format(doc.full_name or doc.name, _(doc.state), names),
            StepOrderError,
        )


@dataclass(frozen=True)
class Move:
    """One record's step: what was done, and its file as it is now (None for a draft)."""

    doc: Any
    document: Document | None
    action: str
    details: dict[str, Any] = field(default_factory=dict)


def save(doc: Any, document: Document | None, action: str, details: dict[str, Any] | None = None) -> None:
    """Set state, slots and sentence from the file, write what changed, and write the trail."""
    save_all([Move(doc, document, action, details or {})])


def save_all(moves: Sequence[Move]) -> None:
    """The same for several records; all of them or, on an error, none. The trail comes last: it is held till the end.

    Only changed columns and rows are written, not the whole form; the history of a step is the trail's entry.
    """
    open_gates: set[tuple[str, str]] = set()
    for move in moves:
        _require_loaded(move.doc)
    _require_unlocked([move.doc for move in moves])
    for move in moves:
        _settle(move.doc, move.document, open_gates)
    rows.write([move.doc for move in moves])
    audit.write_all([_entry(move) for move in moves])


def move(doc: Any, state: str, action: str, details: dict[str, Any] | None = None) -> None:
    """A move that the file says nothing about: receipts, recall, withdrawal. A draft shows no slots."""
    _require_loaded(doc)
    _require_unlocked([doc])
    doc.state = state
    if state == states.DRAFT:
        show_slots(doc, None)
    states.describe(doc, None)
    _pass_checks(doc, set())
    rows.write([doc])
    audit.write_all([_entry(Move(doc, None, action, details or {}))])


def restore(doc: Any, document: Document, state: str, action: str, details: dict[str, Any]) -> None:
    """Where file and receipts say it is, after a backup was put back: no step of the workflow leads there."""
    _require_loaded(doc)
    doc.state = state
    show_slots(doc, document)
    states.describe(doc, document)
    doc.flags.hbs_service = True
    try:
        doc.validate()
    finally:
        doc.flags.hbs_service = False
    rows.write([doc])
    audit.write_all([_entry(Move(doc, document, action, details))])


def _require_loaded(doc: Any) -> None:
    """What the database holds is known; a document read without lock must still be the newest."""
    if rows.stored(doc) is not None:
        return
    current = rows.load(doc.doctype, [doc.name])[0]
    if get_datetime(current.modified) != get_datetime(doc.modified):
        frappe.throw(
            _("{0} was changed by somebody else. Load it again.").format(doc.name), frappe.TimestampMismatchError
        )
    doc.flags.hbs_stored = current.flags.hbs_stored


def _require_unlocked(docs: Sequence[Any]) -> None:
    """No lock stands against a step before release; what comes after it (sending, receipts, recalls) goes on."""
    locks.require_open_all([doc for doc in docs if (rows.stored(doc) or {})["state"] not in states.AFTER_RELEASE])


def _settle(doc: Any, document: Document | None, open_gates: set[tuple[str, str]]) -> None:
    if doc.state not in states.AFTER_RELEASE or document is None:
        doc.state = states.from_file(document, everybody_checked(doc))
    show_slots(doc, document)
    states.describe(doc, document)
    _pass_checks(doc, open_gates)


def _pass_checks(doc: Any, open_gates: set[tuple[str, str]]) -> None:
    doc.flags.hbs_service = True
    try:
        doc.validate()
    finally:
        doc.flags.hbs_service = False
    _pass_gate(doc, open_gates)


def _pass_gate(doc: Any, open_gates: set[tuple[str, str]]) -> None:
    """The Workflow's say on a change of state, as ``save`` would ask for it: who may cause it, on which condition.

    Our own condition holds, since a service saves, and is asked once for many records (``open_gates``);
    an administrator's other one is asked for each with what the database holds.
    """
    before = (rows.stored(doc) or {})["state"]
    gate = (before, doc.state)
    name = get_workflow_name(doc.doctype)
    if before == doc.state or gate in open_gates or not name:
        return
    held = frappe.get_roles()
    moves = [
        move
        for move in frappe.get_cached_doc("Workflow", name).transitions
        if (move.state, move.next_state) == gate and move.allowed in held
    ]
    if any(move.condition == workflow.CONDITION for move in moves):
        open_gates.add(gate)
        return
    if moves:
        stored = frappe.get_doc(doc.doctype, doc.name)
        if any(is_transition_condition_satisfied(move, stored) for move in moves):
            return
    frappe.throw(
        _("The workflow does not let you take {0} from “{1}” to “{2}”.").format(doc.name, _(before), _(doc.state)),
        WorkflowPermissionError,
    )


def _entry(move: Move) -> audit.Entry:
    doc, facts = move.doc, {"state": move.doc.state, **move.details}
    if move.document is not None and doc.current_version:
        facts = {**facts, "record": doc.name, "sha256": move.document.sha256}
        return audit.Entry(move.action, files.DOCTYPE, doc.current_version, doc.unit, facts)
    return audit.Entry(move.action, doc.doctype, doc.name, doc.unit, facts)


def everybody_checked(doc: Any) -> bool:
    """Whether each subject teacher and the homeroom teacher has looked at it."""
    return bool(doc.seen_by) and all(row.seen_by for row in doc.results)


def show_slots(doc: Any, document: Document | None) -> None:
    """The table of signatures on the form, read off the file; a row keeps its name while its slot is there."""
    from hocbaso_app.signing.slots import expected_slots

    known = {row.slot_id: row for row in doc.slots}
    shown: list[Any] = []
    unfilled: Any = None
    for slot in expected_slots(document.record) if document else ():
        row = known.get(slot.id)
        if row is None:
            unfilled = unfilled or doc._init_child({}, "slots")
            row = rows.like(unfilled, {"slot_id": slot.id, **_signed(document, slot.id)})
        row.idx, row.stage = len(shown) + 1, slot.stage.value
        row.signer_name, row.signer_citizen_id = slot.signer_name, slot.signer_citizen_id
        if document and not document.slot(slot.id):
            row.signed_at = row.timestamped_at = row.certificate = row.batch = None
        elif document:
            row.timestamped_at = timestamps.time_in(document, slot.id)
        shown.append(row)
    doc.slots = shown


def _signed(document: Document | None, slot_id: str) -> dict[str, Any]:
    """Time and certificate of a signature that came with the file: kept from an earlier issue, or brought back."""
    from hocbaso_app.signing import xades

    inner = document.slots.get(slot_id) if document else None
    filled = xades.read_slot(inner) if inner else None
    if filled is None:
        return {}
    sha256 = hashlib.sha256(filled.certificate).hexdigest()
    certificate = frappe.db.get_value("HBS Certificate", {"sha256": sha256}, "name", cache=True)
    return {"signed_at": convert.desk_time(datetime.fromisoformat(filled.signing_time)), "certificate": certificate}

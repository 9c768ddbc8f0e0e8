"""First step: every part that waits for the signer is prepared, and who confirms what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError, StepOrderError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import convert, deputies, duty, files, initialise, locks, own_hands, records, rows, trust
from hocbaso_app.services.signing import device as device_facts
from hocbaso_app.services.signing import looks, ways
from hocbaso_app.services.signing.batches import (
    DOCTYPE,
    IN_HAND,
    ITEM,
    PREPARED,
    REFUSALS,
    REFUSED,
    STATES_OF,
    WAITING,
    InHandError,
    consent_of,
    message_of,
    next_step,
    quietly,
)

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.slots import Slot

HOURS_FOR_VALUES = 24


@dataclass(frozen=True)
class Signer:
    """Who signs a batch, with what, when."""

    staff: Any
    way: ways.Way
    moment: Any
    role: str | None


def open_batch(
    stage: str,
    names: Sequence[str],
    certificate: str | None = None,
    *,
    device: str | None = None,
    continues: str | None = None,
) -> tuple[Any, list[bytes]]:
    """Prepare all parts of these records that wait for the user; the batch and the bytes its key is to sign.

    ``certificate``: the one to sign with, else the one used last. A record that can't be signed now stands in the batch
    with its reason; only when none can, it is an error.
    """
    if stage not in STATES_OF:
        frappe.throw(_("There is no such stage of signing."), HbsError)
    own_hands.require(device)
    moment = convert.now()
    signer: Signer | None = None
    items: list[dict[str, Any]] = []
    to_be_signed: list[bytes] = []
    refusals: list[tuple[str, Exception]] = []
    taken = parts_in_hand(names)
    classes: set[str] = set()
    opened: list[str] = []
    for name, doc, version in _locked(names):
        try:
            with quietly():
                doc = doc or records.locked(name)
                doc.check_permission("read")
                records.require_state(doc, *STATES_OF[stage])
                staff = duty.staff_of(frappe.session.user, doc.unit) if signer is None else signer.staff
                if doc.unit != staff.unit:
                    frappe.throw(_("One confirmation covers records of one school."), HbsError)
                locks.require_open(doc)
                document, slots = _sound_slots(doc, version, stage, staff, taken.get(name, {}))
        except REFUSALS as error:
            refusals.append((name, error))
            continue
        signer = signer or _signer(stage, staff, moment, certificate)
        try:
            ready = [_prepared(document, slot, signer) for slot in slots]
        except HocBaSoError as error:
            refusals.append((name, error))
            continue
        items += [{"record": name, "slot_id": p.slot_id, "prepared": p.to_json(), "outcome": WAITING} for p in ready]
        to_be_signed += [p.to_be_signed for p in ready]
        classes.add(doc.student_group)
        opened.append(doc.current_version)
    if signer is None or not items:
        _refuse([error for _name, error in refusals])
    items += [_refused(name, error) for name, error in refusals]
    opened = sorted(looks.opened(frappe.session.user, opened))
    facts = {**device_facts.facts(device), "continues": continues}
    return _insert(stage, signer, items, classes, len(opened), facts), to_be_signed


def _locked(names: Sequence[str]) -> Iterator[tuple[str, Any, Any]]:
    """Each name with its record and the version of its file, read a class at a time; None for what is not there."""
    for chunk in rows.chunks(sorted(dict.fromkeys(names))):
        documents = {doc.name: doc for doc in rows.load(records.DOCTYPE, chunk)}
        wanted = [doc.current_version for doc in documents.values() if doc.current_version]
        versions = {version.name: version for version in rows.load(files.DOCTYPE, wanted)}
        for name in chunk:
            doc = documents.get(name)
            yield name, doc, versions.get(doc.current_version) if doc else None


def open_slots(doc: Any, document: Document, stage: str, staff: Any) -> list[Slot]:
    """Unsigned slots of a stage that this person may sign today; a sentence instead when it is not his."""
    from hocbaso_app.signing.slots import expected_slots

    open_ones = [s for s in expected_slots(document.record) if s.stage.value == stage and not document.slot(s.id)]
    if stage == "release":
        if not staff.is_clerk:
            frappe.throw(_("Only the clerk who keeps the seal releases records."), NotYoursError)
        return open_ones
    mine = named = [s for s in open_ones if s.signer_citizen_id == staff.citizen_id]
    if stage == "gvbm":
        taught, _leads = _duties(staff, doc.student_group)
        mine = [s for s in mine if s.subject_code in taught]
    elif stage == "gvcn" and not _duties(staff, doc.student_group)[1]:
        mine = []
    elif stage == "cbql":
        if not staff.is_principal:
            mine = []
        elif document.record.general.homeroom_citizen_id == staff.citizen_id:
            frappe.throw(_("The same person can't sign as homeroom teacher and as school manager."), NotYoursError)
    deputies.require_decision(document, mine or named, staff, doc.student_group)
    if not mine:
        frappe.throw(_("No part of {0} waits for your signature.").format(doc.full_name), NotYoursError)
    return mine


def _duties(staff: Any, student_group: str) -> tuple[frozenset[str], bool]:
    """Subjects and whether he leads the class, asked once per class while ``staff`` is at hand."""
    known = staff.setdefault("duties", {})
    if student_group not in known:
        known[student_group] = (duty.subjects_of(staff.name, student_group), duty.leads(staff.name, student_group))
    return known[student_group]


def parts_in_hand(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Record → slot → batch whose values are here and on the way into the file, or asked of the signer's phone.

    What two requests at the same moment both let through is settled when the values are written.
    """
    item, batch = frappe.qb.DocType(ITEM), frappe.qb.DocType(DOCTYPE)
    query = (
        frappe.qb.from_(item)
        .join(batch)
        .on(item.parent == batch.name)
        .where(item.record.isin(list(names) or [""]) & (item.outcome == WAITING))
        .where(
            (item.value.isnotnull() & batch.status.isin(IN_HAND))
            | ((item.asked == 1) & (batch.status == PREPARED) & batch.ticket.isnotnull())
        )
        .select(item.record, item.slot_id, batch.name)
        .orderby(item.name)
    )
    found: dict[str, dict[str, str]] = {}
    for record, slot, name in query.run():
        found.setdefault(record, {})[slot] = name
    return found


def _sound_slots(doc: Any, version: Any, stage: str, staff: Any, taken: dict[str, str]) -> tuple[Document, list[Slot]]:
    document = files.parse(version)
    slots = open_slots(doc, document, stage, staff)
    free = [slot for slot in slots if slot.id not in taken]
    if not free:
        text = _("{0} is being signed already.").format(doc.full_name)
        raise InHandError(text, taken[slots[0].id])
    _require_sound(doc, document, stage)
    return document, free


def _require_sound(doc: Any, document: Document, stage: str) -> None:
    """What is there already must verify before anything is put on top; release needs every rule kept."""
    from hocbaso_app.signing.slots import Stage
    from hocbaso_app.signing.verify import verify

    faults = initialise.open_faults(document.record, upto="release" if stage == "release" else "sign")
    if faults:
        frappe.throw(f"{doc.full_name}: {faults[0]}", HbsError)
    order = Stage(stage).order
    if order == 0:
        return
    result = verify(document, trust.store(), stage=list(Stage)[order - 1])
    if not result.valid:
        frappe.throw(f"{doc.full_name}: {result.report.to_text('vi')}", StepOrderError)


def _signer(stage: str, staff: Any, moment: Any, certificate: str | None) -> Signer:
    from hocbaso_app.signing.sign import seal_role

    way = ways.choose(stage, staff, moment, certificate)
    return Signer(staff, way, moment, seal_role(staff.full_name) if stage == "release" else None)


def _prepared(document: Document, slot: Slot, signer: Signer) -> Any:
    from hocbaso_app.signing.sign import prepare

    return prepare(document, slot.id, signer.way.x509, signer.moment, signer.role)


def _refused(name: str, error: Exception) -> dict[str, Any]:
    return {"record": name, "outcome": REFUSED, "message": message_of(error), "next_step": next_step(error)}


def _refuse(errors: list[Exception]) -> NoReturn:
    if not errors:
        frappe.throw(_("Choose at least one record."), HbsError)
    first = errors[0]
    if isinstance(first, InHandError):
        raise first
    kind = StepOrderError if isinstance(first, HocBaSoError) else type(first)
    frappe.throw(message_of(first), kind)
    raise AssertionError


def _insert(
    stage: str,
    signer: Signer,
    items: list[dict[str, Any]],
    classes: set[str],
    opened: int,
    facts: dict[str, str | None],
) -> Any:
    waiting = [item for item in items if item["outcome"] == WAITING]
    pupils = len({item["record"] for item in waiting})
    hours = cint(frappe.db.get_single_value("HBS Settings", "batch_hours")) or HOURS_FOR_VALUES
    consent = consent_of(stage, len(waiting), pupils)
    batch = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "signer": frappe.session.user,
            "staff": signer.staff.name,
            "unit": signer.staff.unit,
            "stage": stage,
            "classes": ", ".join(sorted(classes))[:140],
            "status": PREPARED,
            "certificate": signer.way.certificate,
            "method": signer.way.key_source,
            **facts,
            "signing_time": convert.desk_time(signer.moment),
            "consent": f"{consent} {_('Opened before signing: {0} of {1} pupils.').format(opened, pupils)}",
            "consent_at": now_datetime(),
            "expires_at": add_to_date(now_datetime(), hours=hours),
            "total": len(waiting),
            "refused": len(items) - len(waiting),
            "items": items,
        }
    )
    batch.set_new_name()
    for item in batch.items:
        item.parent = batch.name
    rows.insert(DOCTYPE, [batch])
    rows.insert(ITEM, batch.items)
    return batch

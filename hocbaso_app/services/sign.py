"""Signing on the desk: one person, one confirmation, many parts; two steps, so that any key source fits.

``open_batch`` prepares every part and stores who confirms what, when and with
which certificate. ``add_values`` takes the values from the key source.
``run_batch`` puts them into the files; it may be run again at any time and by
any worker, since signer, consent and time are stored and no key is needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import frappe
from frappe import _
from frappe.database.database import savepoint

from hocbaso_app.exceptions import HbsError, NotYoursError, StepOrderError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import convert, duty, files, initialise, keys, records, states, trust

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.slots import Slot

STATES_OF = {
    "gvbm": (states.CHECKED, states.SUBJECT),
    "gvcn": (states.HOMEROOM,),
    "cbql": (states.MANAGER,),
    "release": (states.RELEASE,),
}
"""Stage → states in which it may be signed."""

REFUSALS = (HocBaSoError, frappe.ValidationError)
"""What makes one record of a batch stay behind; anything else stops the run, which may be started again."""


def open_slots(doc: Any, document: Document, stage: str, staff: Any) -> list[Slot]:
    """Unsigned slots of a stage that this person may sign today; a sentence instead when it is not his."""
    from hocbaso_app.signing.slots import expected_slots

    open_ones = [s for s in expected_slots(document.record) if s.stage.value == stage and not document.slot(s.id)]
    if stage == "release":
        if not staff.is_clerk:
            frappe.throw(_("Only the clerk who keeps the seal releases records."), NotYoursError)
        return open_ones
    mine = [s for s in open_ones if s.signer_citizen_id == staff.citizen_id]
    if stage == "gvbm":
        taught = duty.subjects_of(staff.name, doc.student_group)
        mine = [s for s in mine if s.subject_code in taught]
    elif stage == "gvcn" and not duty.leads(staff.name, doc.student_group):
        mine = []
    elif stage == "cbql":
        if not staff.is_principal:
            mine = []
        elif document.record.general.homeroom_citizen_id == staff.citizen_id:
            frappe.throw(_("The same person can't sign as homeroom teacher and as school manager."), NotYoursError)
    if not mine:
        frappe.throw(_("No part of {0} waits for your signature.").format(doc.full_name), NotYoursError)
    return mine


def sign(stage: str, names: Sequence[str], pin: str) -> Any:
    """All steps at once with the signer's demo key; gives the finished HBS Signing Batch."""
    batch, to_be_signed = open_batch(stage, names)
    sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
    try:
        values = keys.open_key(sha256, pin).sign(to_be_signed)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    add_values(batch, values)
    return run_batch(batch.name)


def open_batch(stage: str, names: Sequence[str]) -> tuple[Any, list[bytes]]:
    """Prepare all parts of these records that wait for the user; the batch and the bytes its key is to sign."""
    from hocbaso_app.signing.sign import prepare, seal_role

    user = frappe.session.user
    moment = convert.now()
    items: list[dict[str, Any]] = []
    to_be_signed: list[bytes] = []
    staff: Any = None
    certificate, x509 = "", cast(Any, None)
    for name in names:
        doc = records.locked(name)
        records.require_state(doc, *STATES_OF[stage])
        if staff is None:
            staff = duty.staff_of(user, doc.unit)
            certificate, x509 = _certificate_for(stage, staff, moment)
        elif doc.unit != staff.unit:
            frappe.throw(_("One confirmation covers records of one school."), HbsError)
        _version, document = files.load(doc.current_version)
        slots = open_slots(doc, document, stage, staff)
        _require_sound(doc, document, stage)
        role = seal_role(staff.full_name) if stage == "release" else None
        for slot in slots:
            try:
                ready = prepare(document, slot.id, x509, moment, role)
            except HocBaSoError as error:
                frappe.throw(f"{doc.full_name}: {error.message_vi}", StepOrderError)
            items.append({"record": name, "slot_id": slot.id, "prepared": ready.to_json(), "outcome": "Waiting"})
            to_be_signed.append(ready.to_be_signed)
    if staff is None:
        frappe.throw(_("Choose at least one record."), HbsError)
    pupils = len({item["record"] for item in items})
    batch = frappe.get_doc(
        {
            "doctype": "HBS Signing Batch",
            "signer": user,
            "staff": staff.name,
            "unit": staff.unit,
            "stage": stage,
            "status": "Prepared",
            "certificate": certificate,
            "signing_time": convert.desk_time(moment),
            "consent": _("Signed {0} parts of {1} pupils after seeing them.").format(len(items), pupils),
            "consent_at": frappe.utils.now_datetime(),
            "total": len(items),
            "items": items,
        }
    )
    batch.flags.hbs_service = True
    batch.insert(ignore_permissions=True)
    return batch, to_be_signed


def add_values(batch: Any, values: Sequence[bytes]) -> None:
    """The key source's answer, one value per part in order."""
    if len(values) != len(batch.items):
        frappe.throw(_("The signing service returned {0} values for {1} parts.").format(len(values), len(batch.items)))
    for item, value in zip(batch.items, values, strict=True):
        item.value = value.hex()
    batch.flags.hbs_service = True
    batch.save(ignore_permissions=True)


def run_batch(name: str) -> Any:
    """Put every waiting value into its file, record by record; one bad record does not stop the others."""
    batch = frappe.get_doc("HBS Signing Batch", name, for_update=True)
    waiting: dict[str, list[Any]] = defaultdict(list)
    for item in batch.items:
        if item.outcome == "Waiting" and item.value:
            waiting[item.record].append(item)
    for record, items in waiting.items():
        with savepoint(catch=REFUSALS):
            try:
                _embed(record, items, batch)
            except REFUSALS as error:
                message = error.message_vi if isinstance(error, HocBaSoError) else str(error)
                for item in items:
                    item.outcome, item.message = "Refused", message[:250]
                raise
    batch.signed = sum(item.outcome == "Signed" for item in batch.items)
    batch.refused = sum(item.outcome == "Refused" for item in batch.items)
    batch.status = "Done" if batch.signed == batch.total else "Partly done"
    batch.flags.hbs_service = True
    batch.save(ignore_permissions=True)
    return batch


def _embed(record: str, items: list[Any], batch: Any) -> None:
    from hocbaso_app.signing.sign import Prepared, embed

    doc = frappe.get_doc("HBS Record", record, for_update=True)
    records.require_state(doc, *STATES_OF[batch.stage])
    version, document = files.load(doc.current_version, for_update=True)
    for item in items:
        document = embed(document, Prepared.from_json(item.prepared), bytes.fromhex(item.value))
    files.grow(version, document)
    records.show_slots(doc, document)
    signed = {item.slot_id for item in items}
    for row in doc.slots:
        if row.slot_id in signed:
            row.signed_at, row.certificate, row.batch = batch.signing_time, batch.certificate, batch.name
    details = {"slots": sorted(signed), "batch": batch.name, "signer": batch.signer, "certificate": batch.certificate}
    records.save(doc, document, "release" if batch.stage == "release" else "sign", details)
    for item in items:
        item.outcome, item.message = "Signed", None


def _certificate_for(stage: str, staff: Any, moment: Any) -> tuple[str, Any]:
    """The one approved certificate of the signer (or of the school for the seal), whose path is sound now."""
    from cryptography.x509 import load_pem_x509_certificate

    holder = (
        {"holder_kind": "Unit", "unit": staff.unit}
        if stage == "release"
        else {"holder_kind": "Person", "staff": staff.name}
    )
    rows = frappe.get_all(
        "HBS Certificate", {**holder, "status": "Approved"}, ["name", "pem"], order_by="approved_at desc, name desc"
    )
    if not rows:
        frappe.throw(_("There is no approved certificate to sign with. Ask the school's administrator."), NotYoursError)
    certificate = load_pem_x509_certificate(rows[0].pem.encode())
    result = trust.store().paths.check(certificate, moment)
    if not result.ok:
        frappe.throw(result.message_vi, NotYoursError)
    return rows[0].name, certificate


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

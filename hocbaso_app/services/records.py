"""What every move of a record shares: load it locked, set its state from its file, save it, write the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import StepOrderError
from hocbaso_app.services import audit, files, states

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document


def locked(name: str, ptype: str = "read") -> Any:
    """The HBS Record with its row locked, after Frappe's own permission check."""
    doc = frappe.get_doc("HBS Record", name, for_update=True)
    doc.check_permission(ptype)
    return doc


def require_state(doc: Any, *allowed: str) -> None:
    """:class:`StepOrderError` unless the record is in one of the states."""
    if doc.state not in allowed:
        names = ", ".join(_(s) for s in allowed)
        frappe.throw(
            _("{0} is “{1}”; this step needs “{2}”.").format(doc.full_name or doc.name, _(doc.state), names),
            StepOrderError,
        )


def save(doc: Any, document: Document | None, action: str, details: dict[str, Any] | None = None) -> None:
    """Set state, slots and sentence from the file, save past the form's own guards, and write the trail."""
    if doc.state not in states.AFTER_RELEASE or document is None:
        doc.state = states.from_file(document, everybody_checked(doc))
    show_slots(doc, document)
    states.describe(doc, document)
    save_as_service(doc)
    facts = {"state": doc.state, **(details or {})}
    if document is not None and doc.current_version:
        audit.write(
            action,
            files.DOCTYPE,
            doc.current_version,
            doc.unit,
            {**facts, "record": doc.name, "sha256": document.sha256},
        )
    else:
        audit.write(action, doc.doctype, doc.name, doc.unit, facts)


def save_as_service(doc: Any) -> None:
    """Past the form's guards and through the Workflow's gate, which opens for services only."""
    doc.flags.hbs_service = True
    frappe.session.hbs_service = True
    try:
        doc.save(ignore_permissions=True)
    finally:
        frappe.session.pop("hbs_service", None)
        doc.flags.hbs_service = False


def everybody_checked(doc: Any) -> bool:
    """Whether each subject teacher and the homeroom teacher has looked at it."""
    return bool(doc.seen_by) and all(row.seen_by for row in doc.results)


def show_slots(doc: Any, document: Document | None) -> None:
    """The table of signatures on the form, read off the file."""
    known = {row.slot_id: row for row in doc.slots}
    doc.set("slots", [])
    if document is None:
        return
    from hocbaso_app.signing.slots import expected_slots

    for slot in expected_slots(document.record):
        old = known.get(slot.id)
        filled = bool(document.slot(slot.id))
        doc.append(
            "slots",
            {
                "slot_id": slot.id,
                "stage": slot.stage.value,
                "signer_name": slot.signer_name,
                "signer_citizen_id": slot.signer_citizen_id,
                "signed_at": old.signed_at if old and filled else None,
                "certificate": old.certificate if old and filled else None,
                "batch": old.batch if old and filled else None,
            },
        )

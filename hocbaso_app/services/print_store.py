"""HBS Print: the exact bytes of a released record's PDF, kept once per version, kind and state of the record."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

DOCTYPE = "HBS Print"
WAITING, MADE, REFUSED = "Waiting for confirmation", "Made", "Refused"


def key(version: str, kind: str, status: str, serial: str | None = None) -> str:
    """What may exist once only."""
    return ":".join((version, kind, status, serial or ""))


def find(version: str, kind: str, status: str, successor: str = "") -> Any:
    """The kept print without a serial number, or ``None``; ``successor``: what it says stands in its place."""
    name = frappe.db.get_value(DOCTYPE, {"print_key": key(version, kind, status + successor)})
    return frappe.get_doc(DOCTYPE, name) if name else None


def new(record: Any, version: Any, kind: str, **values: Any) -> Any:
    """An HBS Print of a file, not yet saved."""
    return frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "record": record.name,
            "full_name": record.full_name,
            "version": version.name,
            "issue_number": version.issue_number,
            "kind": kind,
            "unit": version.unit,
            "student_group": version.student_group,
            **values,
        }
    )


def keep(doc: Any, data: bytes, document: Document, status: str, successor: str = "") -> Any:
    """Put the bytes in, once. Somebody who made the same print at the same time wins: his bytes are given."""
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = len(pdf.pages)
    doc.update(
        {
            "status": MADE,
            "record_status": status,
            "print_key": key(doc.version, doc.kind, status + successor, doc.serial_number),
            "content": base64.b64encode(data).decode(),
            "pdf_sha256": hashlib.sha256(data).hexdigest(),
            "record_sha256": document.sha256,
            "size": len(data),
            "pages": pages,
            "made_by": frappe.session.user,
            "made_at": frappe.utils.now_datetime(),
        }
    )
    frappe.db.savepoint("hbs_print")
    try:
        return save(doc)
    except frappe.UniqueValidationError:
        frappe.db.rollback(save_point="hbs_print")
        frappe.clear_last_message()
        other = frappe.db.get_value(DOCTYPE, {"print_key": doc.print_key}, for_update=True)
        if not other:
            raise
        return frappe.get_doc(DOCTYPE, other)


def save(doc: Any) -> Any:
    """Past the guard of evidence."""
    doc.flags.hbs_service = True
    return doc.save(ignore_permissions=True)


def read(doc: Any) -> bytes:
    """The bytes; :class:`EvidenceError` when they are not those that were kept."""
    data = base64.b64decode(doc.content or "")
    if not data or hashlib.sha256(data).hexdigest() != doc.pdf_sha256:
        frappe.throw(_("The stored print {0} was changed outside the system.").format(doc.name), EvidenceError)
    return data


def check_change(doc: Any) -> None:
    """What the controller asks before every save: a print with bytes, or a refused one, never changes."""
    before = doc.get_doc_before_save()
    if before is not None and before.status != WAITING:
        frappe.throw(_("A print that was made never changes. Make a new one."), EvidenceError)

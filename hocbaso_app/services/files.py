"""HBS Record Version: the exact bytes of a record's file, and how they may grow.

Until release a file only gains signatures: its data and every filled slot stay
octet by octet. A return makes a new file and keeps the old one.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

DOCTYPE = "HBS Record Version"


def load(name: str, *, for_update: bool = False) -> tuple[Any, Document]:
    """The version and its parsed file; the bytes are compared with their hash first."""
    from hocbaso_app.record.document import Document

    version = frappe.get_doc(DOCTYPE, name, for_update=for_update)
    data = read(version)
    return version, Document.parse(data)


def read(version: Any) -> bytes:
    """The bytes; :class:`EvidenceError` when they are not those that were stored."""
    import hashlib

    data = base64.b64decode(version.content or "")
    if hashlib.sha256(data).hexdigest() != version.sha256:
        frappe.throw(_("The stored file of {0} was changed outside the system.").format(version.record), EvidenceError)
    return data


def create(record: Any, document: Document) -> Any:
    """A new working file of an HBS Record; an older working one is kept as superseded."""
    for name in frappe.get_all(DOCTYPE, {"record": record.name, "status": "Working"}, pluck="name", order_by="name"):
        set_status(frappe.get_doc(DOCTYPE, name, for_update=True), "Superseded")
    version = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "record": record.name,
            "status": "Working",
            "unit": record.unit,
            "student_group": record.student_group,
            "record_code": document.record.general.record_code,
            "issue_number": int(document.record.general.issue_number),
            "file_number": frappe.db.count(DOCTYPE, {"record": record.name}) + 1,
        }
    )
    _set_content(version, document)
    version.flags.hbs_service = True
    return version.insert(ignore_permissions=True)


def grow(version: Any, document: Document) -> None:
    """Store the file with one or more slots filled in."""
    _set_content(version, document)
    if document.slot("ky-phat-hanh"):
        version.status = "Released"
        version.released_on = frappe.utils.now_datetime()
    version.flags.hbs_service = True
    version.save(ignore_permissions=True)


def set_status(version: Any, status: str) -> None:
    """Superseded after a return, Recalled after a recall; the bytes stay."""
    version.status = status
    version.flags.hbs_service = True
    version.save(ignore_permissions=True)


def _set_content(version: Any, document: Document) -> None:
    data = document.data
    version.content = base64.b64encode(data).decode()
    version.sha256 = document.sha256
    version.size = len(data)
    version.signatures = sum(1 for inner in document.slots.values() if inner)


def check_change(version: Any) -> None:
    """What the controller asks before every save: only a service may, and only as said above."""
    before = version.get_doc_before_save()
    if not version.flags.hbs_service:
        frappe.throw(_("A record's file is not edited."), EvidenceError)
    if before is None:
        return
    if before.content != version.content:
        if before.status != "Working":
            frappe.throw(_("A released or replaced file never changes."), EvidenceError)
        _check_growth(base64.b64decode(before.content), base64.b64decode(version.content))
    allowed = {"Working": {"Working", "Superseded", "Released"}, "Released": {"Released", "Recalled"}}
    if version.status not in allowed.get(before.status, {before.status}):
        frappe.throw(
            _("A file that is {0} can't become {1}.").format(_(before.status), _(version.status)), EvidenceError
        )
    for name in ("record", "record_code", "issue_number", "file_number", "unit", "student_group"):
        if before.get(name) != version.get(name):
            frappe.throw(_("A record's file is not edited."), EvidenceError)


def _check_growth(old: bytes, new: bytes) -> None:
    from hocbaso_app.record.document import Document

    before, after = Document.parse(old), Document.parse(new)
    kept = all(not inner or after.slots.get(slot) == inner for slot, inner in before.slots.items())
    if before.body != after.body or not kept:
        frappe.throw(_("A file in signing may only gain signatures."), EvidenceError)


def changed_files() -> list[str]:
    """Versions whose bytes differ from their hash or from what the audit trail last said of them."""
    import hashlib
    import json

    known: dict[str, str] = {}
    entries = frappe.get_all(
        "HBS Audit Entry", {"reference_doctype": DOCTYPE}, ["reference_name", "details"], order_by="name asc"
    )
    for entry in entries:
        sha256 = json.loads(entry.details or "{}").get("sha256")
        if sha256:
            known[entry.reference_name] = sha256
    changed = [name for name in known if not frappe.db.exists(DOCTYPE, name)]
    for name in frappe.get_all(DOCTYPE, pluck="name", order_by="name"):
        content, sha256 = frappe.db.get_value(DOCTYPE, name, ["content", "sha256"])
        actual = hashlib.sha256(base64.b64decode(content or "")).hexdigest()
        if actual != sha256 or known.get(name) != actual:
            changed.append(name)
    return changed

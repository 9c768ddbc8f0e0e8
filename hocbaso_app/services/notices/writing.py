"""A notice from its draft to its recipients; what was sent is not edited, only taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.services import audit, duty, rows
from hocbaso_app.services.notices import recipients, telling
from hocbaso_app.services.notices.recipients import Recipient
from hocbaso_app.setup import roles

DOCTYPE, RECEIPT = "HBS Notice", "HBS Notice Receipt"
DRAFT, SENT, TAKEN_BACK = "Draft", "Sent", "Taken Back"
UNREAD = "Unread"
SENDERS = frozenset({roles.PRINCIPAL, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})
"""Roles that speak for their unit; a clerk may prepare."""

LARGEST = 5 * 1024 * 1024
"""Octets of an attachment: it must reach a school's own site too."""

COPIED = ("title", "kind", "due_on", "text", "uid", "sent_at")


def check(notice: Any) -> None:
    """Asked at every save by hand."""
    if notice.flags.hbs_service:
        return
    before = notice.get_doc_before_save()
    if notice.status != DRAFT or (before and before.status != DRAFT):
        frappe.throw(
            _("This notice was sent; it is not changed any more. Take it back and write a new one."), EvidenceError
        )
    for field in ("sent_at", "sent_by", "uid", "taken_back_reason"):
        notice.set(field, None)
    notice.recipients = notice.read_count = notice.done_count = 0
    if notice.kind == "Task" and not notice.due_on:
        frappe.throw(_("A task needs the day on which it is due."), HbsError)
    _require_own(notice.unit)


def _require_own(unit: str) -> None:
    if frappe.session.user != "Administrator":
        duty.staff_of(frappe.session.user, unit)


def require_sender(notice: Any) -> None:
    """The head of the unit or an officer of it."""
    notice.check_permission("write")
    _require_own(notice.unit)
    if not SENDERS & set(frappe.get_roles()):
        frappe.throw(_("The head of the unit or an officer sends notices; you may prepare them."), NotYoursError)


def send(name: str) -> int:
    """To everybody it names, in one transaction; gives how many."""
    notice = frappe.get_doc(DOCTYPE, name, for_update=True)
    require_sender(notice)
    if notice.status != DRAFT:
        frappe.throw(_("This notice was sent already."), HbsError)
    if notice.due_on and getdate(notice.due_on) < getdate():
        frappe.throw(_("The due day has passed. Choose a later one."), HbsError)
    to = recipients.of(notice)
    notice.uid, notice.status, notice.sent_at = str(uuid4()), SENT, now_datetime().replace(microsecond=0)
    notice.sent_by, notice.recipients = recipients.name_of(frappe.session.user), len(to)
    notice.flags.hbs_service = True
    notice.save()
    receipts = _receipts(notice, to)
    rows.insert(RECEIPT, receipts)
    telling.later([receipt.name for receipt in receipts], telling.ARRIVED)
    audit.write("send notice", DOCTYPE, notice.name, notice.unit, {"uid": notice.uid, "recipients": len(to)})
    return len(to)


def _receipts(notice: Any, to: Sequence[Recipient]) -> list[Any]:
    file = attachment_of(notice)
    common = {name: notice.get(name) for name in COPIED} | file
    common |= {"doctype": RECEIPT, "notice": notice.name, "status": UNREAD, "from_unit": notice.unit}
    common["from_name"] = frappe.db.get_value("HBS Unit", notice.unit, "unit_name")
    return [
        frappe._dict(
            common,
            name=frappe.generate_hash(length=12),
            unit=who.unit,
            staff=who.staff,
            for_user=who.user,
            receipt_key=key_of(notice.uid, who.unit, who.staff),
        )
        for who in to
    ]


def key_of(uid: str, unit: str, staff: str | None = None) -> str:
    """One receipt for each notice and recipient, on whatever site."""
    return ":".join(part for part in (uid, unit, staff) if part)


def attachment_of(notice: Any) -> dict[str, str]:
    """Name, address and hash of the attached file; it must be private and the notice's own."""
    if not notice.attachment:
        return {}
    own = {
        "file_url": notice.attachment,
        "attached_to_doctype": DOCTYPE,
        "attached_to_name": notice.name,
        "is_private": 1,
    }
    name = frappe.db.get_value("File", own, order_by="creation")
    if not name:
        frappe.throw(_("Attach the file to this notice as a private file."), HbsError)
    file = frappe.get_doc("File", name)
    content = octets_of(file)
    if len(content) > LARGEST:
        frappe.throw(_("The attachment is larger than 5 MB. Attach a smaller file."), HbsError)
    digest = hashlib.sha256(content).hexdigest()
    return {"attachment": notice.attachment, "attachment_name": file.file_name[:250], "attachment_sha256": digest}


def octets_of(file: Any) -> bytes:
    """As they lie on the disk; Frappe's own reading makes text of some."""
    return Path(file.get_full_path()).read_bytes()


def take_back(name: str, reason: str) -> None:
    """It no longer counts; everybody who has it sees that, what was read and done stays."""
    if not (reason or "").strip():
        frappe.throw(_("Say why, so that it can be understood later."), HbsError)
    notice = frappe.get_doc(DOCTYPE, name, for_update=True)
    require_sender(notice)
    if notice.status != SENT:
        frappe.throw(_("Only a notice that was sent can be taken back."), HbsError)
    notice.status, notice.taken_back_reason = TAKEN_BACK, reason.strip()
    notice.flags.hbs_service = True
    notice.save()
    frappe.db.set_value(RECEIPT, {"notice": name}, "status", TAKEN_BACK)
    audit.write("take back notice", DOCTYPE, name, notice.unit, {"reason": reason.strip()})


def count(notice: str | None) -> None:
    """The numbers of a notice of this site, read off its receipts anew."""
    if not notice:
        return
    read = frappe.db.count(RECEIPT, {"notice": notice, "read_at": ("is", "set")})
    done = frappe.db.count(RECEIPT, {"notice": notice, "done_at": ("is", "set")})
    frappe.db.set_value(DOCTYPE, notice, {"read_count": read, "done_count": done}, update_modified=False)

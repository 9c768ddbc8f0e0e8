"""Notices from the authority's site, as its bulletins tell of them: each once, whatever comes twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import rows
from hocbaso_app.services.notices import reading, telling, writing

RECEIPT = writing.RECEIPT
COPIED = ("title", "kind", "text", "from_unit", "from_name", "attachment_name", "attachment_sha256")


def take(unit: str, told: Sequence[dict[str, Any]]) -> int:
    """New ones are kept and their readers told; changed ones changed. Gives how many were new or changed."""
    known = {doc.uid: doc for doc in rows.load(RECEIPT, _known(unit, [row["uid"] for row in told]))}
    new = [_new(unit, row) for row in told if row["uid"] not in known]
    rows.insert(RECEIPT, new)
    telling.later([doc.name for doc in new if doc.status == reading.UNREAD], telling.ARRIVED)
    changed = [known[row["uid"]] for row in told if row["uid"] in known and _change(known[row["uid"]], row)]
    rows.write(changed)
    reminded = [doc.name for doc in changed if doc.flags.hbs_reminded]
    if reminded:
        telling.later(reminded, telling.REMINDED)
    return len(new) + len(changed)


def _known(unit: str, uids: Sequence[str]) -> list[str]:
    keys = [writing.key_of(uid, unit) for uid in uids]
    return list(frappe.get_all(RECEIPT, {"receipt_key": ("in", keys or [""])}, pluck="name", order_by="name"))


def _new(unit: str, row: dict[str, Any]) -> Any:
    values = {name: row.get(name) for name in COPIED}
    return frappe._dict(
        values,
        doctype=RECEIPT,
        name=frappe.generate_hash(length=12),
        unit=unit,
        uid=row["uid"],
        receipt_key=writing.key_of(row["uid"], unit),
        due_on=row.get("due_on") or None,
        sent_at=row.get("sent_at"),
        reminders=row.get("reminders") or 0,
        status=reading.TAKEN_BACK if row["status"] == reading.TAKEN_BACK else reading.UNREAD,
    )


def _change(doc: Any, row: dict[str, Any]) -> bool:
    """Taken back, reminded of, seen by its giver: all that can still happen to a notice that is here."""
    changed = False
    if row["status"] == reading.TAKEN_BACK and doc.status != reading.TAKEN_BACK:
        doc.status, changed = reading.TAKEN_BACK, True
    elif row["status"] == reading.SEEN and doc.status == reading.DONE:
        doc.status, doc.seen_by, doc.seen_at = reading.SEEN, row.get("seen_by"), get_datetime(row.get("seen_at"))
        changed = True
    if (row.get("reminders") or 0) > (doc.reminders or 0):
        doc.reminders, changed = row["reminders"], True
        doc.flags.hbs_reminded = doc.status in reading.OPEN
    return changed


def without_file(unit: str) -> list[str]:
    """Notices of another site whose attachment is not here yet."""
    where = {
        "unit": unit,
        "notice": ("is", "not set"),
        "attachment_sha256": ("is", "set"),
        "attachment": ("is", "not set"),
    }
    where["status"] = ("!=", reading.TAKEN_BACK)
    return list(frappe.get_all(RECEIPT, where, pluck="uid", order_by="sent_at"))


def keep_file(unit: str, uid: str, content: bytes) -> None:
    """The attachment, once it is the one that the sealed bulletin names."""
    doc = frappe.get_doc(RECEIPT, {"receipt_key": writing.key_of(uid, unit)})
    if hashlib.sha256(content).hexdigest() != doc.attachment_sha256:
        frappe.throw(_("The attached file is not the one that was sent. Ask the sender to send it again."), HbsError)
    file = frappe.get_doc(
        {
            "doctype": "File",
            "file_name": doc.attachment_name,
            "content": content,
            "is_private": 1,
            "attached_to_doctype": RECEIPT,
            "attached_to_name": doc.name,
        }
    )
    file.save(ignore_permissions=True)
    rows.update(RECEIPT, [doc.name], {"attachment": file.file_url})

"""What the recipient does with a notice, and what its sender sees of that."""

from __future__ import annotations

import hashlib
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import audit, duty, rows
from hocbaso_app.services.notices import recipients, writing

RECEIPT = writing.RECEIPT
UNREAD, READ, DONE, SEEN, TAKEN_BACK = "Unread", "Has Read", "Done", "Seen", "Taken Back"
OPEN = (UNREAD, READ)
SHOWN = 2000
"""Recipients listed on the sender's form."""


def waiting_for(user: str) -> dict[str, int]:
    """The banner: unread ones, tasks not done, those of them that are late."""
    where, values = _mine(user)
    if not where:
        return {"unread": 0, "tasks": 0, "late": 0}
    row = frappe.db.sql(
        f"""select coalesce(sum(status = 'Unread'), 0), coalesce(sum(kind = 'Task'), 0),
            coalesce(sum(kind = 'Task' and due_on < %(today)s), 0)
            from `tabHBS Notice Receipt` where status in ('Unread', 'Has Read') and ({where})""",
        {**values, "today": getdate()},
    )[0]
    return dict(zip(("unread", "tasks", "late"), map(int, row), strict=True))


def _mine(user: str) -> tuple[str, dict[str, Any]]:
    """Receipts that are this person's to answer: his own, and his unit's if he answers for it."""
    units = tuple(recipients.own_units(user))
    if not units:
        return "", {}
    if not set(recipients.MANAGERS) & set(frappe.get_roles(user)):
        return "for_user = %(user)s", {"user": user}
    text = "for_user = %(user)s or (ifnull(for_user, '') = '' and unit in %(units)s)"
    return text, {"user": user, "units": units}


def _locked(name: str) -> Any:
    found = rows.load(RECEIPT, [name])
    if not found:
        frappe.throw(_("There is no notice {0}.").format(name), frappe.DoesNotExistError)
    found[0].check_permission("read")
    return found[0]


def _is_mine(receipt: Any) -> bool:
    user = frappe.session.user
    if receipt.for_user:
        return bool(receipt.for_user == user)
    try:
        duty.staff_of(user, receipt.unit)
    except NotYoursError:
        frappe.clear_last_message()
        return False
    return bool(set(recipients.MANAGERS) & set(frappe.get_roles(user)))


def opened(name: str) -> dict[str, bool]:
    """Somebody looks at it: whether it is his to answer, and whether this was the first reading, which is kept."""
    receipt = _locked(name)
    mine = _is_mine(receipt)
    if receipt.status == TAKEN_BACK or receipt.read_at or not mine:
        return {"mine": mine, "first": False}
    _read(receipt)
    rows.write([receipt])
    writing.count(receipt.notice)
    return {"mine": True, "first": True}


def _read(receipt: Any) -> None:
    receipt.read_by, receipt.read_at = recipients.name_of(frappe.session.user), _now()
    if receipt.status == UNREAD:
        receipt.status = READ


def done(name: str, remark: str = "") -> None:
    """The recipient says that a task is done."""
    receipt = _locked(name)
    if not _is_mine(receipt):
        frappe.throw(_("Only who got the task says that it is done."), NotYoursError)
    if receipt.kind != "Task" or receipt.status not in OPEN:
        frappe.throw(_("Only an open task can be reported as done."), HbsError)
    if not receipt.read_at:
        _read(receipt)
    receipt.status, receipt.remark = DONE, (remark or "").strip()[:1000] or None
    receipt.done_by, receipt.done_at = recipients.name_of(frappe.session.user), _now()
    rows.write([receipt])
    writing.count(receipt.notice)
    audit.write("task done", RECEIPT, receipt.name, receipt.unit, {"uid": receipt.uid, "by": receipt.done_by})


def seen(names: list[str]) -> int:
    """Who gave the task has looked at what was done; gives how many."""
    changed = []
    for name in names:
        receipt = _locked(name)
        if not receipt.notice:
            frappe.throw(_("Only who gave the task says that he has seen it done."), NotYoursError)
        writing.require_sender(frappe.get_doc(writing.DOCTYPE, receipt.notice))
        if receipt.status != DONE:
            continue
        receipt.status, receipt.seen_at = SEEN, _now()
        receipt.seen_by = recipients.name_of(frappe.session.user)
        changed.append(receipt)
    rows.write(changed)
    audit.write_all(
        [audit.Entry("task seen", RECEIPT, r.name, r.unit, {"uid": r.uid, "by": r.seen_by}) for r in changed]
    )
    return len(changed)


def of_notice(name: str) -> list[dict[str, Any]]:
    """Every recipient with what became of it, those who have not read it first."""
    frappe.get_doc(writing.DOCTYPE, name).check_permission("read")
    receipt, unit = frappe.qb.DocType(RECEIPT), frappe.qb.DocType("HBS Unit")
    staff = frappe.qb.DocType("HBS Staff Member")
    query = frappe.qb.from_(receipt).left_join(unit).on(unit.name == receipt.unit)
    query = query.left_join(staff).on(staff.name == receipt.staff)
    columns = ("name", "unit", "status", "read_by", "read_at", "done_by", "done_at", "remark", "seen_by")
    more = ("seen_at", "reminders", "reminded_at", "delivered_at", "due_on")
    query = query.select(*(receipt[column] for column in (*columns, *more)), unit.unit_name, staff.full_name)
    found = query.where(receipt.notice == name).orderby(unit.unit_name, receipt.name).run(as_dict=True)
    order = (UNREAD, READ, DONE, SEEN, TAKEN_BACK)
    return sorted(found, key=lambda row: order.index(row.status))[:SHOWN]


def attachment(name: str) -> tuple[str, bytes]:
    """Name and content of the file that came with it, for whoever may read the receipt."""
    receipt = frappe.get_doc(RECEIPT, name)
    receipt.check_permission("read")
    if not receipt.attachment:
        frappe.throw(_("There is no attachment here."), frappe.DoesNotExistError)
    return str(receipt.attachment_name), content_of(receipt)


def content_of(receipt: Any) -> bytes:
    """The file's octets, as they were when the notice was sent; :class:`HbsError` when it was changed since."""
    file = frappe.db.get_value("File", {"file_url": receipt.attachment, "is_private": 1}, order_by="creation")
    content = writing.octets_of(frappe.get_doc("File", file)) if file else b""
    if hashlib.sha256(content).hexdigest() != receipt.attachment_sha256:
        frappe.throw(_("The attached file is not the one that was sent. Ask the sender to send it again."), HbsError)
    return content


def _now() -> Any:
    return now_datetime().replace(microsecond=0)

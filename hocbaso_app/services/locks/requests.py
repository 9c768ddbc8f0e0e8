"""HBS Lock Request: the principal asks, the school's administrator carries out, both linked (QĐ Điều 11.k2)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.services import audit, guarded
from hocbaso_app.services.locks import who, windows
from hocbaso_app.services.locks.order import CLOSED

DOCTYPE = "HBS Lock Request"
ASKED, DONE, TAKEN_BACK = "Requested", "Done", "Taken Back"
LOCK, OPEN = "Lock records", "Open records"


def check(doc: Any) -> None:
    """What the controller asks at every save."""
    if doc.flags.hbs_service:
        return
    if not doc.is_new():
        frappe.throw(_("A request is not changed. Take it back and enter a new one."), EvidenceError)
    power = who.require_at(doc.unit)
    if not (doc.reason or "").strip():
        frappe.throw(_("Say why, so that it can be understood later."), HbsError)
    if doc.action == OPEN:
        window = frappe.db.get_value(windows.DOCTYPE, doc.window, ["unit", "status", "academic_year"], as_dict=True)
        if not window or window.unit != doc.unit or window.status != windows.IN_FORCE:
            frappe.throw(_("Choose a window of the school that is in force."), HbsError)
        doc.academic_year = window.academic_year
    elif not doc.academic_year:
        frappe.throw(_("Choose the school year that shall be locked."), HbsError)
    else:
        doc.window = None
    if doc.from_time and doc.to_time and get_datetime(doc.to_time) <= get_datetime(doc.from_time):
        frappe.throw(_("“Until” lies before “From”."), HbsError)
    doc.update({"status": ASKED, "asked_by": power.user, "asked_by_name": power.full_name, "asked_at": now_datetime()})
    for name in ("done_by", "done_by_name", "done_at", "done_window"):
        doc.set(name, None)


def after_insert(doc: Any) -> None:
    """The trail."""
    audit.write("ask for lock", DOCTYPE, doc.name, doc.unit, {"action": doc.action, "reason": doc.reason})


def carry_out(name: str) -> str:
    """By the administrator with the duty to lock; gives the window that was made or ended."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    power = who.require_admin(doc.unit)
    if doc.status != ASKED:
        frappe.throw(_("This request is “{0}”.").format(_(doc.status)), HbsError)
    if who.power_at(doc.asked_by, doc.unit) is None:
        frappe.throw(
            _("The person who asked may not lock any more. The principal enters a new request."), NotYoursError
        )
    if doc.action == LOCK:
        values = {"academic_year": doc.academic_year, "grade": doc.grade, "kind": CLOSED, "reason": doc.reason}
        values |= {"from_time": doc.from_time or now_datetime(), "to_time": doc.to_time}
        values["notice_number"] = doc.decision_number
        window = windows.make(power, values, request=doc.name)
    else:
        window = doc.window
        windows.end_as(power, frappe.get_doc(windows.DOCTYPE, window, for_update=True), doc.reason, request=doc.name)
    doc.update({"status": DONE, "done_by": power.user, "done_by_name": power.full_name, "done_at": now_datetime()})
    doc.done_window = window
    guarded.save(doc, "carry out lock request", {"action": doc.action, "window": window})
    return str(window)


def take_back(name: str) -> None:
    """By who may ask."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    who.require_at(doc.unit)
    if doc.status != ASKED:
        frappe.throw(_("This request is “{0}”.").format(_(doc.status)), HbsError)
    doc.status = TAKEN_BACK
    guarded.save(doc, "take lock request back", {})

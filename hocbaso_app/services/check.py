"""The check before signing: everybody who is to sign looks first and says “seen” or “fault” (QĐ Điều 12.k1)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import duty, files, records, states


def seen(names: list[str]) -> list[str]:
    """The user has looked at his parts of these records; gives the names of records that are now checked by all."""
    complete = []
    for name in names:
        doc = records.locked(name)
        records.require_state(doc, states.INITIALISED)
        staff = duty.staff_of(frappe.session.user, doc.unit)
        mine = duty.subjects_of(staff.name, doc.student_group)
        leads = duty.leads(staff.name, doc.student_group)
        rows = [row for row in doc.results if row.subject_code in mine]
        if not rows and not leads:
            frappe.throw(_("No part of {0} is yours to check.").format(doc.full_name), NotYoursError)
        for row in rows:
            row.seen_by, row.seen_at = frappe.session.user, now_datetime()
        if leads:
            doc.seen_by, doc.seen_at = frappe.session.user, now_datetime()
        _version, document = files.load(doc.current_version)
        records.save(doc, document, "seen", {"subjects": sorted(row.subject_code for row in rows), "homeroom": leads})
        if doc.state == states.CHECKED:
            complete.append(name)
    return complete


def fault(name: str, remark: str) -> None:
    """A fault was found before anybody signed: back to draft, with the reason."""
    _back(name, remark, (states.INITIALISED, states.CHECKED), "fault")


def return_record(name: str, remark: str) -> None:
    """The homeroom teacher or the principal sends a record back: it is a draft again, the old file is kept.

    When it is initialised anew, parts that did not change keep their signature; touched and later ones are gone.
    """
    before_release = (states.CHECKED, states.SUBJECT, states.HOMEROOM, states.MANAGER, states.RELEASE)
    doc = frappe.get_doc("HBS Record", name)
    staff = duty.staff_of(frappe.session.user, doc.unit)
    if not (staff.is_principal or duty.leads(staff.name, doc.student_group)):
        frappe.throw(_("Only the homeroom teacher or the principal returns a record."), NotYoursError)
    _back(name, remark, before_release, "return")


def _back(name: str, remark: str, allowed: tuple[str, ...], action: str) -> None:
    if not (remark or "").strip():
        frappe.throw(_("Say what is wrong, so that the teacher can mend it."), HbsError)
    doc = records.locked(name)
    records.require_state(doc, *allowed)
    duty.staff_of(frappe.session.user, doc.unit)
    doc.returned_remark = remark
    doc.seen_by = doc.seen_at = None
    for row in doc.results:
        row.seen_by = row.seen_at = None
    records.save(doc, None, action, {"remark": remark, "file": doc.current_version})

"""The check before signing: everybody who is to sign looks first and says “seen” or “fault” (QĐ Điều 12.k1)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.services import duty, files, locks, notice, records, rows, states


def seen(names: list[str]) -> list[str]:
    """The user has looked at his parts of these records; gives the names of records that are now checked by all."""
    complete: list[str] = []
    for chunk in rows.chunks(names):
        complete += _seen(chunk)
    return complete


def _seen(names: list[str]) -> list[str]:
    documents = records.locked_all(names)
    locks.require_open_all(documents)
    user, moment = frappe.session.user, now_datetime()
    duties: dict[str, tuple[frozenset[str], bool]] = {}
    moves: list[records.Move] = []
    versions = files.load_all([doc.current_version for doc in documents if doc.state == states.INITIALISED])
    for doc in documents:
        records.require_state(doc, states.INITIALISED)
        if doc.student_group not in duties:
            staff = duty.staff_of(user, doc.unit)
            duties[doc.student_group] = (
                duty.subjects_of(staff.name, doc.student_group),
                duty.leads(staff.name, doc.student_group),
            )
        mine, leads = duties[doc.student_group]
        parts = [row for row in doc.results if row.subject_code in mine]
        if not parts and not leads:
            frappe.throw(_("No part of {0} is yours to check.").format(doc.full_name), NotYoursError)
        for row in parts:
            row.seen_by, row.seen_at = user, moment
        if leads:
            doc.seen_by, doc.seen_at = user, moment
        _version, document = versions[len(moves)]
        details = {"subjects": sorted(row.subject_code for row in parts), "homeroom": leads}
        moves.append(records.Move(doc, document, "seen", details))
    records.save_all(moves)
    return [doc.name for doc in documents if doc.state == states.CHECKED]


def fault(name: str, remark: str, subject: str | None = None) -> None:
    """A fault was found before anybody signed: back to draft, with the reason and, if known, the subject."""
    _back(name, remark, (states.INITIALISED, states.CHECKED), "fault", subject)


def return_record(name: str, remark: str, subject: str | None = None) -> None:
    """The homeroom teacher or the principal sends a record back: it is a draft again, the old file is kept.

    When it is initialised anew, parts that did not change keep their signature; touched and later ones are gone.
    """
    before_release = (states.CHECKED, states.SUBJECT, states.HOMEROOM, states.MANAGER, states.RELEASE)
    doc = frappe.get_doc("HBS Record", name)
    staff = duty.staff_of(frappe.session.user, doc.unit)
    if not (staff.is_principal or duty.leads(staff.name, doc.student_group)):
        frappe.throw(_("Only the homeroom teacher or the principal returns a record."), NotYoursError)
    _back(name, remark, before_release, "return", subject)


def _back(name: str, remark: str, allowed: tuple[str, ...], action: str, subject: str | None) -> None:
    if not (remark or "").strip():
        frappe.throw(_("Say what is wrong, so that the teacher can mend it."), HbsError)
    doc = records.locked(name)
    records.require_state(doc, *allowed)
    duty.staff_of(frappe.session.user, doc.unit)
    locks.require_open(doc)
    if subject and subject not in {row.subject_code for row in doc.results}:
        frappe.throw(_("{0} has no such subject.").format(doc.full_name), HbsError)
    doc.returned_remark, doc.returned_subject, doc.returned_mended = remark, subject, 0
    doc.seen_by = doc.seen_at = None
    for row in doc.results:
        row.seen_by = row.seen_at = None
    records.save(doc, None, action, {"remark": remark, "subject": subject, "file": doc.current_version})
    notice.returned(doc)

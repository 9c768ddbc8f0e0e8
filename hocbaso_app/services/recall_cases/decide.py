"""The decision about a case: by an officer of the tier that the settings name, never by who asked or signed."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError, StepOrderError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import duty
from hocbaso_app.services.recall_cases import book, ministry
from hocbaso_app.setup import roles

ROLE_OF = {"Office": roles.OFFICE_OFFICER, "Department": roles.DEPARTMENT_OFFICER}
"""Kind of the deciding unit → role that decides there."""

AT_ONCE = 200


def decide(name: str, *, approve: bool, note: str) -> None:
    """Approve or refuse one case; the record is recalled with an approval. Committed when it is done."""
    from hocbaso_app.services.receiving import office

    case = open_case(name)
    note = (note or "").strip()
    if not approve and not note:
        frappe.throw(_("Give the reason of the refusal; the school reads it."), HbsError)
    if approve:
        ministry.require_answer(case)
    user = frappe.session.user
    book.add_note(case, "Decision", user, f"{_decided(approve)} {note}".strip())
    book.save(case)
    action, status = ("approve recall", book.APPROVED) if approve else ("refuse recall", book.REFUSED)
    book.write_trail(case, action, {"status": status, "note": note})
    try:
        office.portal().decide_recall(case.message, case.record_code, approve=approve, by=user, note=note)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)


def decide_all(names: list[str], *, approve: bool, note: str) -> dict[str, Any]:
    """The same for several, each by itself; what could not be decided is said with its reason."""
    if len(names) > AT_ONCE:
        frappe.throw(_("Choose at most {0} at once.").format(AT_ONCE), HbsError)
    done: list[str] = []
    failed: list[dict[str, Any]] = []
    for name in names:
        try:
            decide(name, approve=approve, note=note)
            done.append(name)
        except (HbsError, NotYoursError) as error:
            frappe.db.rollback()  # of this one: a decision before it is kept already
            frappe.clear_last_message()
            pupil = frappe.db.get_value(book.DOCTYPE, name, "full_name")
            failed.append({"name": name, "pupil": pupil, "why": str(error)})
    return {"done": done, "failed": failed}


def ask_more(name: str, question: str) -> None:
    """The school is asked; the case waits for its answer, and may be decided without one."""
    case = open_case(name)
    question = (question or "").strip()
    if not question:
        frappe.throw(_("Write what you want to know."), HbsError)
    case.status, case.note = book.MORE_ASKED, question
    book.add_note(case, "Question", frappe.session.user, question)
    book.save(case, "ask more about recall", {"question": question})


def add_note(name: str, text: str) -> None:
    """A remark for the colleagues; the school does not see it."""
    case = open_case(name)
    if not (text or "").strip():
        frappe.throw(_("Write the note."), HbsError)
    book.add_note(case, "Note", frappe.session.user, text.strip())
    book.save(case, "note on recall")


def open_case(name: str) -> Any:
    """Locked and undecided, for somebody who may decide; a refusal says why."""
    case = book.locked(name)
    if case.status not in book.OPEN:
        frappe.throw(_("This request is decided already."), StepOrderError)
    why = obstacle(case)
    if why:
        frappe.throw(why, NotYoursError)
    return case


def obstacle(case: Any, user: str | None = None) -> str | None:
    """Why somebody may not decide about a case; ``None`` when he may."""
    user = user or frappe.session.user
    office = frappe.db.get_value("HBS Unit", case.office, ["name", "unit_name", "kind"], as_dict=True)
    if office is None:
        return _("No unit is named that decides. Set who decides about recalls in HBS Receiving Settings.")
    staff = _staff(user, office.name)
    if staff is None or ROLE_OF.get(office.kind) not in frappe.get_roles(user):
        return _("{0} decides about this request; you are not an officer there today.").format(office.unit_name)
    if _asked(case, user) or case.requested_by == user:
        return _("You asked for this recall yourself; somebody else decides.")
    if _staff(user, case.unit) is not None:
        return _("You are on the staff of this school; somebody else decides.")
    if staff.citizen_id in signers(case):
        return _("You signed this record; somebody else decides.")
    return None


def _staff(user: str, unit: str) -> Any:
    rows = frappe.get_all(
        "HBS Staff Member", {"user": user, "unit": unit}, ["citizen_id", "from_date", "to_date"], order_by="name"
    )
    return next((row for row in rows if duty.in_force(row)), None)


def _asked(case: Any, user: str) -> bool:
    """Whether the request was written on this very site by this person."""
    return bool(frappe.db.exists("HBS Recall Request", {"message_id": case.message, "requested_by": user}))


def signers(case: Any) -> frozenset[str]:
    """Citizen numbers of those whom the record names as signers."""
    from hocbaso_app.services.recall_cases import review
    from hocbaso_app.signing.slots import expected_slots

    slots = expected_slots(review.document_of(case.received_record).record)
    return frozenset(slot.signer_citizen_id for slot in slots if slot.signer_citizen_id)


def _decided(approve: bool) -> str:
    return _("Approved.") if approve else _("Refused.")

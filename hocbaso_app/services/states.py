"""Where a record is. The state follows from its file's signatures and the receipts, never the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import formatdate, now_datetime

from hocbaso_app.services import owners, schedule

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

DRAFT, INITIALISED, CHECKED = "Draft", "Initialised", "Checked"
SUBJECT, HOMEROOM, MANAGER, RELEASE = "Subject Signing", "Homeroom Signing", "Manager Signing", "Release"
RELEASED, SUBMITTED, ACCEPTED, REJECTED = "Released", "Submitted", "Accepted", "Rejected"
RECALL_REQUESTED, RECALLED = "Recall Requested", "Recalled"
ALL = (
    DRAFT,
    INITIALISED,
    CHECKED,
    SUBJECT,
    HOMEROOM,
    MANAGER,
    RELEASE,
    RELEASED,
    SUBMITTED,
    ACCEPTED,
    REJECTED,
    RECALL_REQUESTED,
    RECALLED,
)
UNSIGNED = (DRAFT, INITIALISED, CHECKED, SUBJECT, HOMEROOM, MANAGER)
"""Once the school manager has signed, everybody named in the file has done his part."""

AFTER_RELEASE = frozenset({RELEASED, SUBMITTED, ACCEPTED, REJECTED, RECALL_REQUESTED, RECALLED})
"""States told apart by receipts; the file is the same in all of them."""

STAGE_OF = {
    DRAFT: schedule.ENTRY,
    INITIALISED: schedule.CHECK,
    CHECKED: schedule.SUBJECT_SIGNING,
    SUBJECT: schedule.SUBJECT_SIGNING,
    HOMEROOM: schedule.HOMEROOM_SIGNING,
    MANAGER: schedule.MANAGER_SIGNING,
    RELEASE: schedule.RELEASE,
    RELEASED: schedule.SUBMISSION,
    REJECTED: schedule.SUBMISSION,
}
"""State → stage of the HBS Schedule that is under way; none where the school has nothing to do by a date."""


def from_file(document: Document | None, everybody_checked: bool) -> str:
    """The state up to release that a file's signatures say; ``Draft`` without a file."""
    if document is None:
        return DRAFT
    subjects = [bool(inner) for slot, inner in document.slots.items() if slot.startswith("ky-mon-")]
    if document.slot("ky-phat-hanh"):
        return RELEASED
    if document.slot("ky-cbql"):
        return RELEASE
    if document.slot("ky-gvcn"):
        return MANAGER
    if not everybody_checked:
        return INITIALISED
    if all(subjects):
        return HOMEROOM
    return SUBJECT if any(subjects) else CHECKED


def describe(doc: Any, document: Document | None) -> None:
    """Note on the record who must act, since when, and the sentence; lists and reports read no file for it."""
    waits_in = STAGE_OF.get(doc.state, doc.state)
    if doc.get("waiting_stage") != waits_in or not doc.get("waiting_since"):
        doc.waiting_stage, doc.waiting_since = waits_in, now_datetime()
    doc.waiting_for = "\n".join(waiting_names(doc, document)) or None
    doc.state_sentence = sentence_of(doc)


def sentence(doc: Any, document: Document | None) -> str:
    """One sentence: where the record is, who must act, until when."""
    doc.waiting_for = "\n".join(waiting_names(doc, document)) or None
    return sentence_of(doc)


def sentence_of(row: Any) -> str:
    """The same from stored values: state, ``waiting_for``, what was returned, ``fault_count``, unit and year."""
    with in_vietnamese():
        names = listed(row.waiting_for.split("\n")) if row.waiting_for else _("the school")
        text = _text(row, names)
        stage = STAGE_OF.get(row.state)
        due = schedule.due(row.unit, row.academic_year, stage)
        ending = _(", due {0}.").format(formatdate(due, "d/M/yyyy")) if due else "."
        moved = schedule.moved(row.unit, row.academic_year, stage) if due else None
        if moved:
            ending = f"{ending[:-1]} ({moved})."
    return (text if len(text) + len(ending) <= 250 else text[: 249 - len(ending)] + "…") + ending


@contextmanager
def in_vietnamese() -> Iterator[None]:
    """What is stored is read by everybody, so it does not follow the language of whoever made the step."""
    before = frappe.local.lang
    frappe.local.lang = "vi"
    try:
        yield
    finally:
        frappe.local.lang = before


def _text(row: Any, names: str) -> str:
    if row.state == DRAFT:
        if row.returned_remark and not row.get("returned_mended"):
            return _("Returned (“{1}”): {0} must mend it").format(names, row.returned_remark.strip().rstrip("."))
        if row.fault_count:
            return _("Being entered: {0} must complete or mend it").format(names)
        return _("Entered without fault: {0} must initialise it").format(names)
    if row.state == RECALL_REQUESTED and recall_place(row.get("name"))[0]:
        return _("Recall requested, more is asked: {0} must answer").format(names)
    return _texts()[row.state].format(names)


def _texts() -> dict[str, str]:
    """State → sentence in Vietnamese, translated once per request."""
    known = schedule.kept("hbs_state_texts")
    if known:
        return known
    texts = {
        INITIALISED: _("Initialised: {0} must check it"),
        CHECKED: _("Checked by everybody: {0} must sign"),
        SUBJECT: _("Subject teachers sign: still missing {0}"),
        HOMEROOM: _("All subjects are signed: the homeroom teacher {0} must sign"),
        MANAGER: _("Signed by the teachers: {0} must sign for the school"),
        RELEASE: _("Signed by the school manager: {0} must release it with the school's seal"),
        RELEASED: _("Released: it is sent to the city database by itself; {0} can send it at once"),
        SUBMITTED: _("Submitted: {0} must answer"),
        ACCEPTED: _("Accepted by the city database: nobody has to act"),
        REJECTED: _("Rejected by the city database: {0} decides on the correction"),
        RECALL_REQUESTED: _("Recall requested: {0} must decide"),
        RECALLED: _("Recalled: {0} must start the new version"),
    }
    known.update(texts)
    return known


def waiting_names(doc: Any, document: Document | None) -> list[str]:
    """Names of the people who must act now, each once, in order of the form."""
    with in_vietnamese():
        names = _waiting(doc, document)
    return list(dict.fromkeys(name for name in names if name))


def _waiting(doc: Any, document: Document | None) -> list[str]:
    if doc.state == DRAFT:
        return _owners_of_faults(doc) or people("is_clerk", doc.unit)
    if doc.state == INITIALISED:
        names = [row.teacher_name for row in doc.results if not row.seen_by]
        return names + ([] if doc.seen_by else [doc.homeroom_name])
    if doc.state in (CHECKED, SUBJECT):
        return waiting_signers(document) if document else _unsigned(doc)
    if doc.state == HOMEROOM:
        return [doc.homeroom_name]
    if doc.state == MANAGER:
        return [doc.principal_name]
    if doc.state in (RELEASE, RELEASED):
        return people("is_clerk", doc.unit)
    if doc.state == SUBMITTED:
        return [_("the city database")]
    if doc.state in (REJECTED, RECALLED):
        return people("is_principal", doc.unit)
    if doc.state == RECALL_REQUESTED:
        asked, office = recall_place(doc.name)
        return people("is_principal", doc.unit) if asked else [office or office_of(doc.unit)]
    return []


def _owners_of_faults(doc: Any) -> list[str]:
    teachers = {row.subject_code: row.teacher_name for row in doc.results}
    names: list[str] = []
    if doc.returned_remark and not doc.get("returned_mended"):
        names.append(teachers.get(doc.get("returned_subject")) or doc.homeroom_name)
    for fault in owners.unpacked(doc.get("fault_details")):
        kind = fault["owner"]
        if kind == owners.SUBJECT:
            names.append(teachers.get(fault["subject"], ""))
        elif kind == owners.HOMEROOM:
            names.append(doc.homeroom_name)
        else:
            names += people("is_principal" if kind == owners.PRINCIPAL else "is_clerk", doc.unit)
    return names


def _unsigned(doc: Any) -> list[str]:
    return [row.signer_name for row in doc.slots if row.stage == "gvbm" and not row.signed_at]


def waiting_signers(document: Document) -> list[str]:
    """Names of subject teachers who have not signed yet, each once, in order of the form."""
    names = [s.teacher_name for s in document.record.subjects if not document.slots.get(f"ky-mon-{s.subject_code}")]
    return list(dict.fromkeys(names))


def people(mark: str, unit: str) -> list[str]:
    """Names of :func:`staff_with`."""
    return [row.full_name for row in staff_with(mark, unit)]


def staff_with(mark: str, unit: str) -> list[Any]:
    """Who is clerk (``is_clerk``, with the duty to release) or principal of a unit today; asked once per request."""
    from hocbaso_app.services import deputies, duty

    known: dict[tuple[str, str], list[Any]] = schedule.kept("hbs_people")
    if (mark, unit) not in known:
        columns = ["name", "unit", "full_name", "user", "is_clerk", "from_date", "to_date", *duty.MANAGER]
        rows = frappe.get_all("HBS Staff Member", {"unit": unit, mark: 1}, columns, order_by="name")
        held = [row for row in rows if duty.in_force(row)]
        known[mark, unit] = [
            row for row in held if (duty.may(row, "release") if mark == "is_clerk" else deputies.manages(row))
        ]
    return known[mark, unit]


def recall_place(record: str | None) -> tuple[bool, str | None]:
    """Whether the officer has asked the school about a record's recall, and with whom the request is."""
    item, request = frappe.qb.DocType("HBS Recall Item"), frappe.qb.DocType("HBS Recall Request")
    query = frappe.qb.from_(item).join(request).on(request.name == item.parent)
    query = query.where((item.record == record) & item.status.isin(["Waiting", "More Asked"]))
    found = query.select(item.status, request.office_name).orderby(request.creation, order=frappe.qb.desc).run()
    return (found[0][0] == "More Asked", found[0][1]) if found else (False, None)


def office_of(unit: str) -> str:
    """Name of the office or department above a school."""
    above = frappe.db.get_value("HBS Unit", unit, "parent_hbs_unit")
    name = frappe.db.get_value("HBS Unit", above, "unit_name") if above else None
    return str(name or _("the office"))


def listed(names: list[str]) -> str:
    """At most four names; of more, three and how many others there are."""
    shown = names if len(names) <= 4 else names[:3]
    text = ", ".join(shown)
    return text if shown is names else _("{0} and {1} more").format(text, len(names) - len(shown))

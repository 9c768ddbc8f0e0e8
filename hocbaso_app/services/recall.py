"""Recall (QĐ Điều 12.k3): the principal asks with list, fault and evidence; the city decides record by record.

Until the decision nothing can be edited. An approved record's old file stays as
recalled and a draft of the next issue opens; a refused one is as it was. What is
written here is a list and what its decision does; :mod:`.recall_exchange` takes it
to the authority and back.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError, StepOrderError
from hocbaso_app.services import (
    connector,
    correct,
    duty,
    files,
    guarded,
    recall_collect,
    recall_fields,
    recall_replies,
    records,
    states,
)

DOCTYPE = "HBS Recall Request"
DRAFT, TO_SEND, SENT, ANSWERED = "Draft", "To Send", "Sent", "Answered"
NOT_TAKEN, CANCELLED = "Not Taken", "Cancelled"
WAITING, MORE_ASKED = "Waiting", "More Asked"
APPROVED, REFUSED, WITHDRAWN = "Approved", "Refused", "Withdrawn"
OPEN = (WAITING, MORE_ASKED)
"""Not decided yet."""


def start(names: list[str]) -> str:
    """A draft of a recall list with these records; the principal then says the fault of each."""
    request = frappe.new_doc(DOCTYPE)
    for name in names:
        request.append("items", {"record": name})
    request.flags.ignore_mandatory = True
    return str(request.insert().name)


def check_request(request: Any) -> None:
    """What the controller asks at every save: whose list it is, and that each record can be recalled at all."""
    if request.flags.hbs_service:
        return
    before = request.get_doc_before_save()
    if (before and before.status != DRAFT) or request.status != DRAFT:
        frappe.throw(_("This recall request was sent; it is not changed any more."), EvidenceError)
    if not request.items:
        frappe.throw(_("Choose at least one record."), HbsError)
    seen: set[str] = set()
    for item in request.items:
        if item.record in seen:
            frappe.throw(_("{0} stands twice in the list.").format(item.full_name or item.record), HbsError)
        seen.add(item.record)
        _fill(request, item)
    _require_principal(request.unit)
    _require_private(request)
    from hocbaso_app.services import recall_words

    request.state_sentence = recall_words.sentence(request)


def _fill(request: Any, item: Any) -> None:
    doc = frappe.get_doc("HBS Record", item.record)
    doc.check_permission("read")
    request.unit = request.unit or doc.unit
    if doc.unit != request.unit:
        frappe.throw(_("A recall list holds records of one school only."), NotYoursError)
    _require_accepted(doc)
    recall_fields.fill(doc, item)
    subject = {item.part} if item.part else set()
    if subject - {row.subject_code for row in doc.results}:
        frappe.throw(_("{0} has no such subject.").format(doc.full_name), HbsError)
    people = correct.must_sign(doc, subject)
    item.update(
        {
            "full_name": doc.full_name,
            "record_code": doc.record_code,
            "version": doc.current_version,
            "status": None,
            "answer": None,
            "question": None,
            "must_sign": "\n".join(f"{row['part']}: {row['person']}" for row in people),
        }
    )


def _require_accepted(doc: Any) -> None:
    if doc.state != states.ACCEPTED:
        frappe.throw(
            _("{0} is “{1}”: only a record that the city database holds can be recalled.").format(
                doc.full_name, _(doc.state)
            ),
            StepOrderError,
        )


def _require_principal(unit: str) -> None:
    if not duty.staff_of(frappe.session.user, unit).is_principal:
        frappe.throw(_("Only the principal asks for a recall."), NotYoursError)


def _require_private(request: Any) -> None:
    """Frappe attaches any file whose address somebody enters; here it must be the request's own, or just uploaded."""
    for url in {url for url in (request.evidence, *(item.evidence for item in request.items)) if url}:
        file = {"file_url": url, "is_private": 1}
        here = {"attached_to_doctype": DOCTYPE, "attached_to_name": request.name}
        mine = {"attached_to_name": ("is", "not set"), "owner": frappe.session.user}
        if not (frappe.db.exists("File", {**file, **here}) or frappe.db.exists("File", {**file, **mine})):
            frappe.throw(_("Evidence names pupils: attach it as a private file."), HbsError)


def send(name: str) -> None:
    """The principal hands the list over: from now on nothing of it is edited. The worker is woken by the caller."""
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    request.check_permission("write")
    if request.status != DRAFT:
        frappe.throw(_("This recall request was sent; it is not changed any more."), StepOrderError)
    _require_principal(request.unit)
    if not connector.is_on():
        frappe.throw(
            _("Sending is switched off in HBS Settings. Records wait safely until it is switched on."), HbsError
        )
    if not request.evidence and not all(item.evidence for item in request.items):
        frappe.throw(_("Attach the evidence: once for the list, or for each record."), HbsError)
    for item in request.items:
        if not (item.fault or "").strip():
            frappe.throw(_("Say what is wrong in the record of {0}.").format(item.full_name), HbsError)
        if item.element and not (item.value_after or "").strip():
            frappe.throw(_("Enter the right value for {0}: {1}.").format(item.full_name, item.field_label), HbsError)
    recall_replies.add_details(request)
    for item in request.items:
        doc = records.locked(item.record)
        _require_accepted(doc)
        item.version, item.record_code, item.status, item.answer = doc.current_version, doc.record_code, WAITING, None
        records.move(doc, states.RECALL_REQUESTED, "request recall", {"request": name, "fault": item.fault})
    request.update(
        {
            "status": TO_SEND,
            "requested_by": frappe.session.user,
            "requested_at": now_datetime(),
            "message_id": None,
            "content": None,
            "error": None,
        }
    )
    save(request, "send recall request")


def answer(name: str, code: str, text: str, attachment: str | None = None) -> None:
    """The principal answers the officer's question about one record."""
    request, item = _sent_one(name, code)
    if item.status != MORE_ASKED:
        frappe.throw(_("Nothing is asked about the record of {0}.").format(item.full_name), StepOrderError)
    if not (text or "").strip():
        frappe.throw(_("Write an answer."), HbsError)
    recall_replies.add(request, recall_replies.ANSWER, item, text.strip(), attachment)
    save(request, "answer recall question", {"code": code})


def cancel(name: str, reason: str, code: str | None = None) -> None:
    """The principal takes back the request for one record or for all, while it is undecided.

    The worker ends what has not left yet; what has left ends when the authority says so.
    """
    if not (reason or "").strip():
        frappe.throw(_("Say why the request is taken back."), HbsError)
    request, _item = _sent_one(name, code)
    wanted = [item for item in request.items if item.status in OPEN and code in (None, item.record_code)]
    if not wanted:
        frappe.throw(_("Every record of this request is decided already."), StepOrderError)
    waiting = {row.record_code for row in recall_replies.unsent(request) if row.kind == recall_replies.WITHDRAWAL}
    for item in wanted:
        if item.record_code not in waiting:
            recall_replies.add(request, recall_replies.WITHDRAWAL, item, reason.strip())
    save(request, "cancel recall request", {"why": reason.strip(), "codes": sorted(_codes(wanted))})


def _codes(items: list[Any]) -> set[str]:
    return {item.record_code for item in items}


def _sent_one(name: str, code: str | None) -> tuple[Any, Any]:
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    request.check_permission("write")
    _require_principal(request.unit)
    if request.status not in (TO_SEND, SENT):
        frappe.throw(_("This recall request does not wait for a decision."), StepOrderError)
    item = next((item for item in request.items if item.record_code == code), None)
    if code and item is None:
        frappe.throw(_("This record is not in the list."), HbsError)
    return request, item


def settle(request: Any) -> None:
    """Answered when each record is; cancelled when nothing of it is asked any more."""
    if any(item.status in OPEN for item in request.items):
        return
    gone = all(item.status == WITHDRAWN for item in request.items)
    request.status, request.answered_at = CANCELLED if gone else ANSWERED, now_datetime()


def approved(request: Any, item: Any, text: str) -> None:
    """The old file is recalled; a draft of the next issue opens with the fault as its remark."""
    item.status, item.answer = APPROVED, text
    doc = records.locked(item.record)
    version = frappe.get_doc(files.DOCTYPE, item.version, for_update=True)
    files.set_status(version, "Recalled")
    facts = {"request": request.name, "file": version.name, "code": version.record_code}
    records.move(doc, states.RECALLED, "recall approved", facts)
    doc.replaces_code, doc.issue_number = version.record_code, version.issue_number + 1
    doc.record_code = doc.created_at = doc.receipt_number = doc.received_at = doc.lookup_link = None
    doc.returned_remark, doc.returned_subject, doc.returned_mended = item.fault, item.part, 0
    records.move(doc, states.DRAFT, "start correction", facts)
    recall_collect.ask(doc, version)


def refused(request: Any, item: Any, text: str) -> None:
    """The record is as it was."""
    item.status, item.answer = REFUSED, text
    _as_it_was(request, item, "recall refused", text)


def withdrawn(request: Any, item: Any, text: str) -> None:
    """The same, because the school asked no longer."""
    item.status, item.answer = WITHDRAWN, text
    _as_it_was(request, item, "recall taken back", text)


def _as_it_was(request: Any, item: Any, action: str, why: str) -> None:
    doc = records.locked(item.record)
    records.move(doc, states.ACCEPTED, action, {"request": request.name, "why": why})


def asked(request: Any, item: Any, question: str) -> None:
    """The officer's question makes the record the principal's turn; without one it is the officer's again."""
    status = MORE_ASKED if question else WAITING
    if (item.status, item.question or "") == (status, question or item.question or ""):
        return
    item.status, item.question = status, question or item.question
    save(request)
    doc = records.locked(item.record)
    records.move(
        doc,
        states.RECALL_REQUESTED,
        "recall question" if question else "recall question answered",
        {"request": request.name, "question": item.question},
    )
    if question:
        _tell_principal(request, item)


def _tell_principal(request: Any, item: Any) -> None:
    """At once, not only in the morning's digest: the authority's clock runs."""
    with states.in_vietnamese():
        subject = _("Question about the recall of {0}: {1}").format(
            escape_html(item.full_name), escape_html(item.question)
        )
    for row in states.staff_with("is_principal", request.unit):
        if row.user:
            log = {"doctype": "Notification Log", "for_user": row.user, "type": "Alert", "subject": subject}
            log |= {"link": f"/app/hbs-recall-request/{request.name}"}
            frappe.get_doc(log).insert(ignore_permissions=True)


def told(request: Any) -> None:
    """With whom the request is has changed: the sentences of its waiting records say so."""
    for item in request.items:
        if item.status in OPEN:
            facts = {"request": request.name, "with": request.office_name, "until": str(request.due_on or "")}
            records.move(records.locked(item.record), states.RECALL_REQUESTED, "recall forwarded", facts)


def save(request: Any, action: str | None = None, details: dict[str, Any] | None = None) -> None:
    """Past the guard of a sent list, with its sentence; with an entry in the trail when ``action`` says what it is."""
    from hocbaso_app.services import recall_words

    request.state_sentence = recall_words.sentence(request)
    guarded.save(request, action, {"status": request.status, **(details or {})})


def keep_evidence(doc: Any, method: str | None = None) -> None:
    """``doc_events`` of File: evidence of a request that was sent, or of a case at the authority, stays."""
    if doc.flags.hbs_service:
        return
    if doc.attached_to_doctype == "HBS Recall Case":
        frappe.throw(_("This file is evidence of a recall request; it is not deleted."), EvidenceError)
    if doc.attached_to_doctype != DOCTYPE:
        return
    status = frappe.db.get_value(DOCTYPE, doc.attached_to_name, "status")
    if status and status != DRAFT:
        frappe.throw(_("This file is evidence of a recall request; it is not deleted."), EvidenceError)

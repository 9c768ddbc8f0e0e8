"""Recall (QĐ Điều 12.k3): the principal asks with list, fault and evidence; the city decides record by record.

Until the decision nothing can be edited. An approved record's old file stays as
recalled and a draft of the next issue opens; a refused one is as it was.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError, StepOrderError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, connector, convert, correct, duty, files, records, states, trust

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient

DOCTYPE = "HBS Recall Request"
DRAFT, TO_SEND, SENT, ANSWERED, NOT_TAKEN = "Draft", "To Send", "Sent", "Answered", "Not Taken"
WAITING, APPROVED, REFUSED = "Waiting", "Approved", "Refused"


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


def _fill(request: Any, item: Any) -> None:
    doc = frappe.get_doc("HBS Record", item.record)
    doc.check_permission("read")
    request.unit = request.unit or doc.unit
    if doc.unit != request.unit:
        frappe.throw(_("A recall list holds records of one school only."), NotYoursError)
    _require_accepted(doc)
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
    urls = {url for url in (request.evidence, *(item.evidence for item in request.items)) if url}
    for url in urls:
        if not frappe.db.exists("File", {"file_url": url, "is_private": 1}):
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
    _save(request, "send recall request")


def round_trip() -> int:
    """Send what waits, ask about what was sent; gives how many requests are still without an answer."""
    if not connector.is_on():
        return 0
    open_ones = frappe.get_all(DOCTYPE, {"status": ("in", (TO_SEND, SENT))}, pluck="name", order_by="name")
    for name in open_ones:
        error = None
        try:
            _advance(name)
        except (HbsError, HocBaSoError) as problem:
            error = problem.message_vi if isinstance(problem, HocBaSoError) else str(problem)
            frappe.db.rollback()
        if error:
            _note(name, error)
        frappe.db.commit()  # nosemgrep: one request's trouble is not another's
    return int(frappe.db.count(DOCTYPE, {"status": ("in", (TO_SEND, SENT))}))


def _advance(name: str) -> None:
    request = frappe.get_doc(DOCTYPE, name)
    year = frappe.db.get_value("HBS Record", request.items[0].record, "school_year")
    client = connector.client(request.unit, year)
    if request.status == TO_SEND and not _send(request, client):
        return
    _ask(name, client)


def _send(request: Any, client: PortalClient) -> bool:
    """Whether the authority has it now. The signed list and its message id are kept before it leaves, so that the very
    same message is repeated after a lost answer."""
    from hocbaso_app.exchange.errors import RefusedError

    if request.message_id and client.query_recall(request.message_id) is not None:
        return _sent(request.name)
    content = _packed(request)
    request = frappe.get_doc(DOCTYPE, request.name, for_update=True)
    request.message_id = str(uuid4())
    request.content = base64.b64encode(content.encode()).decode()
    _save(request)
    frappe.db.commit()  # nosemgrep: known before it leaves
    try:
        client.request_recall(content, request.message_id)
    except RefusedError as error:
        return _not_taken(request.name, error.message_vi)
    return _sent(request.name)


def _packed(request: Any) -> str:
    from hocbaso_app.exchange.package import pack
    from hocbaso_app.exchange.recalls import recall_entry

    entries = []
    for item in request.items:
        _version, document = files.load(item.version)
        entries.append(recall_entry(document, f"{request.reason}: {item.fault}"))
    return pack(entries, connector.key(request.unit), convert.now())


def _sent(name: str) -> bool:
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    request.status, request.error = SENT, None
    _save(request)
    frappe.db.commit()  # nosemgrep: known before it is asked about
    return True


def _not_taken(name: str, why: str) -> bool:
    """Refused as a whole (CV 2088 transaction 5): nothing is recalled, the records are as they were."""
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    for item in request.items:
        _refused(request, item, why)
    request.status, request.error = NOT_TAKEN, why
    _save(request, "recall request not taken", {"why": why})
    return False


def _ask(name: str, client: PortalClient) -> None:
    """Transaction 6; each decided record moves, the others wait on."""
    from hocbaso_app.exchange.transactions import RecallStatus

    message_id = frappe.db.get_value(DOCTYPE, name, "message_id")
    given = {answer.ma_tra_cuu_uuid: answer for answer in client.query_recall(message_id) or []}
    frappe.db.commit()  # nosemgrep: what follows sees what others did meanwhile
    decided = [a for a in given.values() if a.trang_thai != RecallStatus.PENDING]
    if not decided:
        return
    approved = {a.ma_tra_cuu_uuid for a in decided if a.trang_thai == RecallStatus.APPROVED}
    proof = _status_list(client, approved) if approved and client.endpoint.receipts else None
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    for item in request.items:
        answer = given.get(item.record_code)
        if item.status != WAITING or answer is None or answer.trang_thai == RecallStatus.PENDING:
            continue
        if item.record_code in approved:
            _approved(request, item, answer.error_description)
        else:
            _refused(request, item, answer.error_description)
    if proof:
        request.status_list = base64.b64encode(proof).decode()
    request.error = None
    if all(item.status != WAITING for item in request.items):
        request.status, request.answered_at = ANSWERED, now_datetime()
    _save(request, "recall answered", {"approved": sorted(approved)})


def _status_list(client: PortalClient, approved: set[str]) -> bytes:
    """The authority's signed list; an approval that it does not bear out does not count yet."""
    from hocbaso_app.exchange import status_list
    from hocbaso_app.exchange.recalls import STATUS_LIST_PATH

    token = client.get(STATUS_LIST_PATH)
    missing = approved - status_list.read(token, trust.store()).recalled.keys()
    if missing:
        frappe.throw(
            _("The signed status list does not name the recalled records yet; it is asked for again."), HbsError
        )
    return token


def _approved(request: Any, item: Any, text: str) -> None:
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


def _refused(request: Any, item: Any, text: str) -> None:
    item.status, item.answer = REFUSED, text
    doc = records.locked(item.record)
    records.move(doc, states.ACCEPTED, "recall refused", {"request": request.name, "why": text})


def _note(name: str, error: str) -> None:
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    request.error = error
    _save(request)


def _save(request: Any, action: str | None = None, details: dict[str, Any] | None = None) -> None:
    request.flags.hbs_service = True
    try:
        request.save(ignore_permissions=True)
    finally:
        request.flags.hbs_service = False
    if action:
        audit.write(action, DOCTYPE, request.name, request.unit, {"status": request.status, **(details or {})})


def keep_evidence(doc: Any, method: str | None = None) -> None:
    """``doc_events`` of File: evidence of a request that was sent stays."""
    if doc.attached_to_doctype != DOCTYPE or doc.flags.hbs_service:
        return
    status = frappe.db.get_value(DOCTYPE, doc.attached_to_name, "status")
    if status and status != DRAFT:
        frappe.throw(_("This file is evidence of a recall request; it is not deleted."), EvidenceError)

"""Recall requests on their way: transactions 5 and 6, what goes beside them, and what the answers mean."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import connector, convert, files, recall, recall_replies, trust
from hocbaso_app.services.recall import DOCTYPE, OPEN, SENT, TO_SEND

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient
    from hocbaso_app.exchange.supplement import CaseState
    from hocbaso_app.exchange.transactions import RecordAnswer


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
    if not _still_wanted(name):
        return
    request = frappe.get_doc(DOCTYPE, name)
    year = frappe.db.get_value("HBS Record", request.items[0].record, "school_year")
    client = connector.client(request.unit, year)
    if request.status == TO_SEND and not _send(request, client):
        return
    _send_replies(name, client)
    _ask(name, client)


def _still_wanted(name: str) -> bool:
    """What the principal took back before it left is as it was; whether anything of the list is left."""
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    taken_back = {
        row.record_code: row for row in recall_replies.unsent(request) if row.kind == recall_replies.WITHDRAWAL
    }
    if request.status != TO_SEND or request.message_id or not taken_back:
        return True
    for item in request.items:
        if item.status in OPEN and item.record_code in taken_back:
            recall.withdrawn(request, item, taken_back[item.record_code].text)
    request.set("replies", [row for row in request.replies if row.record_code not in taken_back])
    recall.settle(request)
    recall.save(request, "recall request taken back", {"codes": sorted(taken_back)})
    frappe.db.commit()  # nosemgrep: ended here, whatever becomes of the rest
    return bool(request.status == TO_SEND)


def _send(request: Any, client: PortalClient) -> bool:
    """Whether the authority has it now. The signed list and its message id are kept before it leaves, so that the very
    same message is repeated after a lost answer."""
    from hocbaso_app.exchange.errors import RefusedError

    if request.message_id and client.query_recall(request.message_id) is not None:
        return _sent(request.name)
    content = _packed(request)
    request = frappe.get_doc(DOCTYPE, request.name, for_update=True)
    if request.status != TO_SEND:
        return False
    request.message_id = str(uuid4())
    request.content = base64.b64encode(content.encode()).decode()
    recall.save(request)
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
        if item.status in OPEN:
            _version, document = files.load(item.version)
            entries.append(recall_entry(document, reason(request, item)))
    return pack(entries, connector.key(request.unit), convert.now())


def reason(request: Any, item: Any) -> str:
    """LY_DO of an entry: the list's reason, the fault, and the value before and after."""
    text = f"{request.reason}: {item.fault}"
    return f"{text} [{item.field_label}: {item.value_before} → {item.value_after}]" if item.element else text


def _sent(name: str) -> bool:
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    request.status, request.error, request.sent_at = SENT, None, now_datetime()
    recall.save(request, "recall request sent")
    frappe.db.commit()  # nosemgrep: known before it is asked about
    return True


def _not_taken(name: str, why: str) -> bool:
    """Refused as a whole (CV 2088 transaction 5): nothing is recalled, the records are as they were."""
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    for item in request.items:
        if item.status in OPEN:
            recall.refused(request, item, why)
    request.status, request.error = recall.NOT_TAKEN, why
    recall.save(request, "recall request not taken", {"why": why})
    return False


def _send_replies(name: str, client: PortalClient) -> None:
    """What waits beside the list, row by row, each kept when it was taken."""
    request = frappe.get_doc(DOCTYPE, name)
    for reference in [row.reference for row in recall_replies.unsent(request)]:
        row = next(row for row in request.replies if row.reference == reference)
        state, error = recall_replies.send_row(request, row, client)
        request = frappe.get_doc(DOCTYPE, name, for_update=True)
        row = next(row for row in request.replies if row.reference == reference)
        row.state, row.error = state, error
        row.sent_at = now_datetime() if state == recall_replies.SENT else None
        recall.save(request)
        frappe.db.commit()  # nosemgrep: a row that was taken is not sent again


def _ask(name: str, client: PortalClient) -> None:
    """Transaction 6 and our extension; each decided record moves, the others wait on."""
    from hocbaso_app.exchange.transactions import RecallStatus

    before = frappe.get_doc(DOCTYPE, name)
    known = recall_replies.ask(before, client)
    given = {answer.ma_tra_cuu_uuid: answer for answer in client.query_recall(before.message_id) or []}
    frappe.db.commit()  # nosemgrep: what follows sees what others did meanwhile
    approved = {a.ma_tra_cuu_uuid for a in given.values() if a.trang_thai == RecallStatus.APPROVED}
    proof = _status_list(client, approved) if approved and client.endpoint.receipts else None
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    decided = []
    for item in request.items:
        answer = given.get(item.record_code)
        if item.status in OPEN and answer is not None:
            if answer.trang_thai == RecallStatus.PENDING:
                recall.asked(request, item, _question(client, answer, known.get(item.record_code)))
            else:
                decided.append(item.record_code)
                _decide(request, item, answer, known.get(item.record_code))
    changed = _note_place(request, known)
    if proof:
        request.status_list = base64.b64encode(proof).decode()
    if not (decided or changed or request.error):
        return
    request.error = None
    recall.settle(request)
    recall.save(request, "recall answered" if decided else None, {"approved": sorted(approved), "codes": decided})
    if changed:
        recall.told(request)


def _decide(request: Any, item: Any, answer: RecordAnswer, state: CaseState | None) -> None:
    from hocbaso_app.exchange.supplement import Step
    from hocbaso_app.exchange.transactions import RecallStatus

    if answer.trang_thai == RecallStatus.APPROVED:
        recall.approved(request, item, answer.error_description)
    elif state and state.step is Step.WITHDRAWN:
        recall.withdrawn(request, item, answer.error_description)
    else:
        recall.refused(request, item, answer.error_description)


def _question(client: PortalClient, answer: RecordAnswer, state: CaseState | None) -> str:
    """What an officer asks: told by our extension, else what stands behind the sentence of “still being processed”."""
    if state is not None:
        return state.question
    said = client.codes.code(answer.error).message_vi
    return answer.error_description.removeprefix(said).strip()


def _note_place(request: Any, known: dict[str, CaseState]) -> bool:
    """With whom the request is and until when, as far as the authority tells; whether that is new."""
    waiting = [known[item.record_code] for item in request.items if item.status in OPEN and item.record_code in known]
    if not waiting:
        return False
    office = ", ".join(dict.fromkeys(state.office for state in waiting if state.office))[:140]
    due = min((state.due_on for state in waiting if state.due_on), default=None)
    if (request.office_name or "", str(request.due_on or "")) == (office, due or ""):
        return False
    request.office_name, request.due_on = office or None, getdate(due) if due else None
    return True


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


def _note(name: str, error: str) -> None:
    request = frappe.get_doc(DOCTYPE, name, for_update=True)
    request.error = error
    recall.save(request)

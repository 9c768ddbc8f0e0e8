"""Recalls that one side lost with an older backup: the authority's own sealed status list proves them to both."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import recall, records, states, trust

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient

ITEM = "HBS Recall Item"


def recalled_there(name: str, token: bytes) -> str:
    """A recall that this site does not know (any more); gives the request in which it stands, a new one if need be."""
    from hocbaso_app.exchange import status_list

    doc = records.locked(name)
    records.require_state(doc, states.ACCEPTED, states.RECALL_REQUESTED)
    code = doc.record_code
    if code not in status_list.read(token, trust.store()).recalled:
        frappe.throw(
            _("The signed status list does not name the recalled records yet; it is asked for again."), HbsError
        )
    with states.in_vietnamese():
        text = _("Taken from the authority's signed status list.")
    request = _waiting_request(name) or _new_request(doc, text)
    if doc.state == states.ACCEPTED:
        records.move(doc, states.RECALL_REQUESTED, "request recall", {"request": request.name, "fault": text})
    recall.approved(request, next(item for item in request.items if item.record == name), text)
    request.status_list = base64.b64encode(token).decode()
    recall.settle(request)
    recall.save(request, "recall answered", {"approved": [code], "from": "status list"})
    return str(request.name)


def _waiting_request(record: str) -> Any:
    """The request in which this record waits for an answer."""
    request, item = frappe.qb.DocType(recall.DOCTYPE), frappe.qb.DocType(ITEM)
    query = frappe.qb.from_(request).join(item).on(item.parent == request.name).select(request.name)
    query = query.where((item.record == record) & item.status.isin(recall.OPEN))
    query = query.where(request.status.isin([recall.TO_SEND, recall.SENT]))
    found = query.orderby(request.name).limit(1).run()
    return frappe.get_doc(recall.DOCTYPE, found[0][0], for_update=True) if found else None


def _new_request(doc: Any, text: str) -> Any:
    request = frappe.new_doc(recall.DOCTYPE)
    request.update({"unit": doc.unit, "reason": text, "status": recall.SENT, "requested_by": frappe.session.user})
    facts = {"full_name": doc.full_name, "record_code": doc.record_code, "version": doc.current_version}
    request.append("items", {"record": doc.name, "fault": text, "status": recall.WAITING, **facts})
    request.flags.hbs_service = True
    request.insert(ignore_permissions=True)
    return request


def proofs(codes: list[str]) -> dict[bytes, list[str]]:
    """Sealed lists kept here that name these recalled codes: list → codes, each code once."""
    request, item = frappe.qb.DocType(recall.DOCTYPE), frappe.qb.DocType(ITEM)
    query = frappe.qb.from_(request).join(item).on(item.parent == request.name)
    query = query.where(item.record_code.isin(codes or [""]) & (item.status == recall.APPROVED))
    query = query.where(request.status_list.isnotnull()).select(item.record_code, request.status_list)
    lists = dict(query.orderby(request.name).run())
    found: dict[bytes, list[str]] = {}
    for code, token in lists.items():
        found.setdefault(base64.b64decode(token), []).append(code)
    return found


def lost_there(name: str, client: PortalClient) -> bool:
    """A request that the authority does not know any more goes out again; whether it was so."""
    message_id = frappe.db.get_value(recall.DOCTYPE, name, "message_id")
    if client.query_recall(message_id) is not None:
        return False
    request = frappe.get_doc(recall.DOCTYPE, name, for_update=True)
    if request.status != recall.SENT or request.message_id != message_id:
        return False
    request.status, request.error = recall.TO_SEND, None
    recall.save(request, "recall request lost there", {"message": message_id})
    return True

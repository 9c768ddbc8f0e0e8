"""What goes to the authority beside a recall list: values before and after, evidence, answers, a withdrawal.

Each is a row that is written with the request and sent by the worker through our extension; a portal without it takes
nothing of the kind, and the row says so.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.codes import FUNCTION_WRONG
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import recall_copies, states

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient
    from hocbaso_app.exchange.supplement import CaseState, Evidence, Supplement

DETAILS, ANSWER, WITHDRAWAL = "Details", "Answer", "Withdrawal"
TO_SEND, SENT, NOT_TAKEN = "To Send", "Sent", "Not Taken"


def add_details(request: Any) -> None:
    """One row for the whole list's evidence, one for each record with a value, evidence or copies of its own."""
    if request.evidence:
        add(request, DETAILS, None, request.reason, request.evidence)
    for item in request.items:
        copies = recall_copies.of_version(item.version)
        if item.element or item.evidence or copies.outside or copies.family:
            add(request, DETAILS, item, f"{item.fault}\n{copies.sentence}", item.evidence)


def add(request: Any, kind: str, item: Any, text: str, attachment: str | None = None) -> None:
    """A row that waits for the worker; ``item`` None means all records of the list."""
    row = request.append(
        "replies",
        {
            "kind": kind,
            "record_code": item.record_code if item else None,
            "full_name": item.full_name if item else None,
            "text": text,
            "attachment": attachment,
            "written_by": frappe.session.user,
            "written_at": now_datetime(),
            "reference": str(uuid4()),
            "state": TO_SEND,
        },
    )
    try:
        supplement(request, row)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)


def evidence(request: Any, url: str) -> Evidence:
    """A private file of this very request as it is sent; a clear sentence for one that can't be."""
    from hocbaso_app.exchange.supplement import Evidence

    own = {"attached_to_doctype": request.doctype, "attached_to_name": request.name}
    name = frappe.db.get_value("File", {"file_url": url, "is_private": 1, **own}, order_by="creation")
    if not name:
        frappe.throw(_("Attach the evidence to this request, as a private file."), HbsError)
    file = frappe.get_doc("File", name)
    data = Path(file.get_full_path()).read_bytes()
    try:
        return Evidence(PurePath(file.file_name or url).name, data)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error


def unsent(request: Any) -> list[Any]:
    """Rows that wait."""
    return [row for row in request.replies if row.state == TO_SEND]


def supplement(request: Any, row: Any) -> Supplement:
    """A row as it is sent."""
    from hocbaso_app.exchange.supplement import Action, Correction, Supplement

    actions = {DETAILS: Action.DETAILS, ANSWER: Action.REPLY, WITHDRAWAL: Action.WITHDRAW}
    items = [i for i in request.items if row.kind == DETAILS and i.element and i.record_code == row.record_code]
    corrections = [
        Correction(
            item.record_code,
            item.element,
            f"mon-{item.part}" if item.part else "",
            item.field_label or "",
            item.value_before or "",
            item.value_after or "",
        )
        for item in items
    ]
    return Supplement(
        request.message_id,
        row.reference,
        actions[row.kind],
        frappe.utils.get_fullname(row.written_by),
        row.text or "",
        (row.record_code,) if row.record_code else (),
        tuple(corrections),
        (evidence(request, row.attachment),) if row.attachment else (),
    )


def send_row(request: Any, row: Any, client: PortalClient) -> tuple[str, str | None]:
    """The row's new state and what is wrong; raises when it is to be tried again."""
    from hocbaso_app.exchange.errors import RefusedError
    from hocbaso_app.exchange.supplement import NAME

    if not client.endpoint.receipts:
        return NOT_TAKEN, _not_offered()
    try:
        client.extension(NAME, supplement(request, row).to_body())
    except RefusedError as error:
        return NOT_TAKEN, _not_offered() if error.code == FUNCTION_WRONG else error.message_vi
    return SENT, None


def ask(request: Any, client: PortalClient) -> dict[str, CaseState]:
    """How far each record is and with whom, where the portal tells; record code → state."""
    from hocbaso_app.exchange.errors import RefusedError
    from hocbaso_app.exchange.supplement import NAME, Action, Supplement, read_answer

    if not client.endpoint.receipts:
        return {}
    try:
        question = Supplement(request.message_id, str(uuid4()), Action.ASK)
        return read_answer(client.extension(NAME, question.to_body()))
    except RefusedError:
        return {}


def _not_offered() -> str:
    with states.in_vietnamese():
        return _("The city database takes no evidence electronically. Hand it in on paper, with the request's number.")

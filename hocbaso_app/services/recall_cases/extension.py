"""What a school adds to its recall request through the extension ``bo-sung-thu-hoi``, and what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate

from hocbaso_app.services import states
from hocbaso_app.services.recall_cases import book

if TYPE_CHECKING:
    from hocbaso_app.exchange.receiving.accounts import Account
    from hocbaso_app.exchange.supplement import CaseState, Evidence, Supplement


def handle(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """The handler of :mod:`hocbaso_app.services.receiving`: a school's account about its own requests only."""
    from hocbaso_app.exchange.codes import FIELD_WRONG, MESSAGE_UNKNOWN
    from hocbaso_app.exchange.supplement import Action, SupplementError, answer, read

    try:
        given = read(body)
    except SupplementError as error:
        raise _refusal(FIELD_WRONG, error.message_vi) from error
    names = frappe.get_all(
        book.DOCTYPE, {"message": given.message_id, "unit": account.unit}, pluck="name", order_by="position"
    )
    if not names:
        raise _refusal(MESSAGE_UNKNOWN)
    cases = [frappe.get_doc(book.DOCTYPE, name, for_update=given.action is not Action.ASK) for name in names]
    if given.action is not Action.ASK:
        wanted = [case for case in cases if not given.record_codes or case.record_code in given.record_codes]
        if not wanted:
            raise _refusal(MESSAGE_UNKNOWN)
        for case in wanted:
            _add(case, given, account.user_name)
    return answer([_state(case) for case in cases])


def _add(case: Any, given: Supplement, account: str) -> None:
    """Once: the same reference again changes nothing; a decided case stays as it was decided."""
    from hocbaso_app.exchange.supplement import Action

    if case.status not in book.OPEN or any(note.reference == given.reference for note in case.notes):
        return
    author = given.requester or account
    if given.action is Action.WITHDRAW:
        case.status, case.note = book.WITHDRAWN, given.text
        _note(case, "Withdrawal", author, given.text, given.reference)
    else:
        kind = "Answer" if given.action is Action.REPLY else "Request"
        _note(case, kind, author, given.text, given.reference)
        _correct(case, given)
        for file in given.evidence:
            _note(case, "Evidence", author, file.name, given.reference, keep(case, file))
            case.evidence += 1
        case.requester_name = case.requester_name or given.requester[:150]
        if given.action is Action.REPLY and case.status == book.MORE_ASKED:
            case.status, case.note = book.WAITING, None
    actions = {Action.WITHDRAW: "recall withdrawn by the school", Action.REPLY: "answer about recall"}
    book.save(case, actions.get(given.action, "details of recall"), {"by": author, "reference": given.reference})


def _correct(case: Any, given: Supplement) -> None:
    for correction in given.corrections:
        if correction.record_code == case.record_code:
            case.element, case.part = correction.element[:140], correction.part[:40]
            case.change_label = correction.label[:140]
            case.value_before, case.value_after = correction.before, correction.after


def _note(case: Any, kind: str, author: str, text: str, reference: str, attachment: str | None = None) -> None:
    book.add_note(case, kind, author, text, attachment)
    case.notes[-1].reference = reference


def keep(case: Any, file: Evidence) -> str:
    """A private file of the case, with the ending that its octets have; gives its address."""
    from pypdf.errors import PyPdfError

    from hocbaso_app.exchange.codes import FIELD_WRONG

    stem = file.name.rsplit(".", 1)[0][:80] or _("Evidence")
    doc = frappe.get_doc(
        {
            "doctype": "File",
            "file_name": f"{stem}{file.ending}",
            "content": file.data,
            "is_private": 1,
            "attached_to_doctype": book.DOCTYPE,
            "attached_to_name": case.name,
        }
    )
    doc.flags.hbs_service = True
    try:
        return str(doc.insert(ignore_permissions=True).file_url)
    except (frappe.ValidationError, PyPdfError) as error:
        raise _refusal(FIELD_WRONG, f"Tệp {file.name} không nhận được: {error}") from error


def _state(case: Any) -> CaseState:
    from hocbaso_app.exchange.supplement import CaseState, Step

    steps = {
        book.WAITING: Step.WAITING,
        book.MORE_ASKED: Step.MORE_ASKED,
        book.APPROVED: Step.APPROVED,
        book.REFUSED: Step.REFUSED,
        book.WITHDRAWN: Step.WITHDRAWN,
    }
    office = frappe.db.get_value("HBS Unit", case.office, "unit_name") if case.office else ""
    question = case.note if case.status == book.MORE_ASKED else ""
    due = getdate(case.due_on).isoformat() if case.due_on else ""
    return CaseState(case.record_code, steps[case.status], office or "", due, question or "")


def _refusal(code: str, detail: str = "") -> Exception:
    from hocbaso_app.exchange.codes import code_set
    from hocbaso_app.exchange.errors import RefusedError

    with states.in_vietnamese():
        return RefusedError.of(code_set().code(code), detail, detail)

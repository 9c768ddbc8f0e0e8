"""A file that came back from the authority: verified like any other, then put where this site lost it.

Nothing is overwritten. A working file is kept as superseded, a released one of
another code stops everything: that is a person's decision.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.outbox import Proof, State, row_key
from hocbaso_app.exchange.reconciliation.inventory import Status
from hocbaso_app.services import answers, convert, drafts, files, initialise, outbox, records, states, submit, trust

if TYPE_CHECKING:
    from hocbaso_app.exchange.receipts import Receipt
    from hocbaso_app.exchange.reconciliation.messages import Fetched
    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.verify import Verification


class WaitsError(HbsError):
    """Not yet: another record of the same pupil has to be brought back first."""


@dataclass(frozen=True)
class _Proved:
    """What may be put back: a released file of this very school, with the authority's receipt for it."""

    document: Document
    verification: Verification
    receipt: Receipt
    token: bytes
    recalled: bool


def bring_back(unit: str, fetched: Fetched) -> str:
    """Put file, submission and state back; gives the HBS Record's name. Doing it twice changes nothing.

    :class:`HbsError` says what is needed when it can't be done.
    """
    proved = _proved(unit, fetched)
    known = _version_of(unit, proved.document)
    if known:
        name = str(known.record)
        doc = records.locked(name)
        _acknowledge(known, proved)
        _follow(doc, known, proved)
        return name
    doc = _record_for(unit, proved)
    if _is_past(doc, proved.document):
        _keep_past(doc, proved)
    else:
        _take_over(doc, proved)
    return str(doc.name)


def _proved(unit: str, fetched: Fetched) -> _Proved:
    from hocbaso_app.exchange import receipts
    from hocbaso_app.record.times import read_instant
    from hocbaso_app.signing.verify import verify

    receipt = receipts.read(fetched.receipt, trust.store())
    if (receipt.record_code, receipt.sha256, receipt.decision) != (fetched.code, fetched.sha256, receipts.APPROVED):
        frappe.throw(_("The receipt that came back belongs to another file; nothing was taken over."), HbsError)
    verification = verify(fetched.data, trust.store(), at=read_instant(receipt.received_at))
    document = verification.parsed
    if document is None or not verification.valid:
        frappe.throw(_("The file that came back is not valid; nothing was taken over."), HbsError)
        raise AssertionError
    general = document.record.general
    own_code = frappe.db.get_value("HBS Unit", unit, "code")
    if general.school_code != own_code or general.record_code != fetched.code:
        frappe.throw(_("The file that came back is of another school; nothing was taken over."), HbsError)
    return _Proved(document, verification, receipt, fetched.receipt, fetched.status is Status.RECALLED)


def _version_of(unit: str, document: Document) -> Any:
    """The same file where it still lies here as a released one."""
    same: dict[str, Any] = {"unit": unit, "record_code": document.record.general.record_code, "sha256": document.sha256}
    same["status"] = ("in", ("Released", "Recalled"))
    found = frappe.get_all(files.DOCTYPE, same, pluck="name", order_by="name", limit=1)
    return frappe.get_doc(files.DOCTYPE, found[0]) if found else None


def _record_for(unit: str, proved: _Proved) -> Any:
    """The pupil's HBS Record, locked; made anew from the file when only the pupil is there."""
    general = proved.document.record.general
    where = {"unit": unit, "pupil_code": general.pupil_code, "school_year": general.school_year}
    where["page_kind"] = general.page_kind
    if general.page_kind == "GIUA_NAM":
        where["to_date"] = general.to_date
    name = frappe.db.get_value(files.DOCTYPE, {"unit": unit, "record_code": general.record_code}, "record")
    name = name or frappe.db.get_value("HBS Record", where, "name")
    return records.locked(name) if name else _made_anew(unit, proved.document)


def _made_anew(unit: str, document: Document) -> Any:
    """A record whose row is gone too: pupil and class must be there, everything else stands in the file."""
    general = document.record.general
    student = frappe.db.get_value("Student", {"hbs_pupil_code": general.pupil_code}, "name")
    if not student:
        frappe.throw(
            _("{0}, pupil code {1}, class {2}, is not in Education here. Enter the pupil, then recover again.").format(
                general.full_name, general.pupil_code, general.class_name
            ),
            HbsError,
        )
    if not frappe.db.exists("Student Group", general.class_name):
        frappe.throw(
            _("Class {0} of {1} is not in Education here. Enter the class, then recover again.").format(
                general.class_name, general.full_name
            ),
            HbsError,
        )
    doc = frappe.new_doc("HBS Record")
    doc.update({"student": student, "student_group": general.class_name, "unit": unit, "state": states.DRAFT})
    doc.academic_year = frappe.db.get_value("Student Group", general.class_name, "academic_year")
    convert.fill(doc, document.record)
    doc.record_code = None
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    return records.locked(doc.name)


def _is_past(doc: Any, document: Document) -> bool:
    """Whether the record went on since: its present file is of a later issue."""
    now = frappe.db.get_value(files.DOCTYPE, doc.current_version, "issue_number") if doc.current_version else 0
    return int(now or 0) > int(document.record.general.issue_number)


def _keep_past(doc: Any, proved: _Proved) -> None:
    """An earlier issue beside the present one: recalled there, so it is here too; the record stays as it is."""
    from hocbaso_app.services import audit

    if not proved.recalled:
        frappe.throw(
            _("{0}: the authority holds an earlier issue in force. The principal asks for its recall.").format(
                doc.full_name
            ),
            HbsError,
        )
    version = files.restore(doc, proved.document, _released_on(proved), recalled=True)
    _acknowledge(version, proved)
    facts = {"record": doc.name, "sha256": version.sha256, "receipt": proved.receipt.number}
    audit.write("file brought back", files.DOCTYPE, version.name, doc.unit, facts)


def _take_over(doc: Any, proved: _Proved) -> None:
    """The record becomes what the file says. What stood on the desk otherwise is told in the trail."""
    from hocbaso_app.record.diff import diff

    _require_free(doc, proved.document)
    changes = [
        f"{c.label}: {c.old or '–'} → {c.new or '–'}" for c in diff(convert.to_record(doc), proved.document.record)
    ]
    before = {"state": doc.state, "file": doc.current_version, "code": doc.record_code}
    version = files.restore(doc, proved.document, _released_on(proved))
    convert.fill(doc, proved.document.record)
    doc.current_version = version.name
    doc.slots = []  # shown anew from the file
    doc.returned_remark = doc.returned_subject = None
    doc.returned_mended = 0
    initialise.note_faults(doc, initialise.blocking(proved.document.record, upto="release"))
    doc.record_key = drafts.key_of(doc)
    _acknowledge(version, proved)
    _show_receipt(doc, proved)
    facts = {"before": before, "changes": changes, "receipt": proved.receipt.number}
    _restore(doc, proved, states.ACCEPTED, facts)


def _require_free(doc: Any, document: Document) -> None:
    general = document.record.general
    present = None
    if doc.current_version:
        columns = ["record_code", "status", "signatures"]
        present = frappe.db.get_value(files.DOCTYPE, doc.current_version, columns, as_dict=True)
    if present is None or present.record_code == general.record_code or doc.state == states.DRAFT:
        return
    if present.status == "Released" and general.replaces_code == present.record_code:
        raise WaitsError(_("{0}: the recall of the earlier issue comes first; recover again.").format(doc.full_name))
    if present.status == "Released":
        frappe.throw(
            _("{0} has another released file here, code {1}. The principal decides which one counts.").format(
                doc.full_name, present.record_code
            ),
            HbsError,
        )
    if present.signatures:
        frappe.throw(
            _("{0} was begun anew here and is signed in part. Return it, then recover again.").format(doc.full_name),
            HbsError,
        )


def _acknowledge(version: Any, proved: _Proved) -> None:
    """The submission of the file, made when it is gone too, with the receipt that came back."""
    submit.enter_all([version])
    key = row_key(proved.document)
    row = frappe.db.get_value(
        submit.DOCTYPE, {"idempotency_key": key}, ["name", "state", "version", "receipt"], as_dict=True
    )
    if row.version != version.name:
        frappe.db.set_value(submit.DOCTYPE, row.name, "version", version.name)
    counts = row.receipt and base64.b64decode(row.receipt) == proved.token
    if not (counts and row.state == State.ACKNOWLEDGED.value):
        outbox.recover(key, State.ACKNOWLEDGED, Proof(key, proved.token))


def _follow(doc: Any, version: Any, proved: _Proved) -> None:
    """The record of a file that never was lost, once its receipt is back."""
    if doc.current_version != version.name:
        return
    waits = doc.state in (*answers.FOLLOWING, states.REJECTED)
    if waits or doc.receipt_number != proved.receipt.number:
        _show_receipt(doc, proved)
        _restore(doc, proved, states.ACCEPTED if waits else doc.state, {"receipt": proved.receipt.number})


def _show_receipt(doc: Any, proved: _Proved) -> None:
    received_at = convert.desk_time(datetime.fromisoformat(proved.receipt.received_at))
    doc.update({"receipt_number": proved.receipt.number, "received_at": received_at})
    doc.lookup_link = proved.receipt.link


def _restore(doc: Any, proved: _Proved, state: str, facts: dict[str, Any]) -> None:
    records.restore(doc, proved.document, state, "brought back", facts)


def _released_on(proved: _Proved) -> Any:
    """When the seal was set, as it says itself."""
    seal = next(s for s in proved.verification.report.signatures if s.stage == "release")
    return convert.desk_time(datetime.fromisoformat(seal.claimed_time or proved.receipt.received_at))

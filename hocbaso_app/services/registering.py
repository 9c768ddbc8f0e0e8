"""The school's side of transactions 3 and 4: its certificate is declared to the authority, which approves or refuses.

The message id is kept before it leaves, so that after a lost answer the very
same registration is asked about, not made a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.transactions import CertificateStatus
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import audit, connector, convert, duty, registry

if TYPE_CHECKING:
    from hocbaso_app.exchange.client import PortalClient

SENDING, WAITING, APPROVED, REFUSED = "Being Sent", "Waiting", "Approved", "Refused"
OPEN = (SENDING, WAITING)
FIELDS = (
    "registration",
    "registration_status",
    "registration_note",
    "registered_certificate",
    "registration_at",
)
AUGUST = 8
_ANSWERS = {
    CertificateStatus.PENDING: WAITING,
    CertificateStatus.APPROVED: APPROVED,
    CertificateStatus.REFUSED: REFUSED,
}
_PROOF = [b"<HOC_BA></HOC_BA>"]
"""A list without a record; its signature proves that the key is the school's."""


def register(unit: str) -> dict[str, str]:
    """Transaction 3 for the certificate of the school's account; what is open already is asked about instead."""
    account = connector.account(unit)
    account.check_permission("write")
    duty.require_of_admin(unit, "certificates")
    if account.registration_status in OPEN and account.registered_certificate == account.certificate:
        return ask(unit)
    message_id = str(uuid4())
    _note(
        unit,
        registration=message_id,
        registration_status=SENDING,
        registration_note=None,
        registered_certificate=account.certificate,
        registration_at=now_datetime(),
    )
    audit.write("Register certificate", connector.ACCOUNT, unit, unit, {"certificate": account.certificate})
    frappe.db.commit()  # nosemgrep: kept before it leaves
    _send(unit, message_id)
    return state(unit)


def ask(unit: str) -> dict[str, str]:
    """Transaction 4; an approval brings the authority's new registry with it."""
    account = connector.account(unit)
    if not account.registration or account.registration_status not in OPEN:
        return state(unit)
    client = connector.client(unit, school_year())
    try:
        answer = client.query_certificate(account.registration)
    except RefusedError as error:
        if account.registration_status != SENDING or error.code != _unknown(client):
            raise
        _send(unit, account.registration)
        return state(unit)
    status = _ANSWERS[CertificateStatus(answer.trang_thai_phe_duyet)]
    note = answer.error_description if status != WAITING else None
    _note(unit, registration_status=status, registration_note=note)
    if status == APPROVED:
        registry.fetch(unit, school_year())
    return state(unit)


def ask_all() -> None:
    """The background job: one school's trouble is not another's."""
    if not connector.is_on():
        return
    units = frappe.get_all(connector.ACCOUNT, {"registration_status": ("in", OPEN)}, pluck="name", order_by="name")
    for unit in units:
        try:
            ask(unit)
        except (HbsError, HocBaSoError) as error:
            frappe.db.rollback()
            text = error.message_vi if isinstance(error, HocBaSoError) else str(error)
            _note(unit, registration_note=text[:500])
        frappe.db.commit()  # nosemgrep: each school for itself


def state(unit: str) -> dict[str, str]:
    """Where the registration is."""
    row = frappe.db.get_value(connector.ACCOUNT, unit, ["registration_status", "registration_note"], as_dict=True)
    return {"status": row.registration_status or "", "note": row.registration_note or ""}


def keep(doc: Any) -> None:
    """For the account's form and REST: where the registration is comes from the authority's answers only."""
    before = doc.get_doc_before_save()
    for name in FIELDS:
        doc.set(name, before.get(name) if before else None)


def school_year() -> str:
    """The one that runs today; a registration is not about one, yet its question names one."""
    today = getdate()
    first = today.year if today.month >= AUGUST else today.year - 1
    return f"{first}-{first + 1}"


def _send(unit: str, message_id: str) -> None:
    from hocbaso_app.exchange.package import pack

    account = connector.account(unit)
    source, issuer = frappe.db.get_value("HBS Certificate", account.certificate, ["key_source", "issuer"])
    key, client = connector.key(unit), connector.client(unit, school_year())
    proof = pack(_PROOF, key, convert.now())
    try:
        client.register_certificate(key, source, issuer, proof, message_id)
    except RefusedError as error:
        _note(unit, registration_status=REFUSED, registration_note=error.message_vi)
        return
    except HocBaSoError as error:
        _note(unit, registration_note=error.message_vi)
        frappe.throw(
            _("The authority did not answer: {0} It is asked again by itself.").format(error.message_vi), HbsError
        )
    _note(unit, registration_status=WAITING, registration_note=None)


def _unknown(client: PortalClient) -> str:
    from hocbaso_app.exchange import codes

    return client.codes.code(codes.MESSAGE_UNKNOWN).code


def _note(unit: str, **values: Any) -> None:
    frappe.db.set_value(connector.ACCOUNT, unit, values, update_modified=False)

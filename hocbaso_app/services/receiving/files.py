"""The octets of a received record, and the values in it that may be shown."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError, HbsError

if TYPE_CHECKING:
    from hocbaso_app.signing.verify import Verification

DOCTYPE = "HBS Received Record"


def data(code: str) -> bytes:
    """As they came; :class:`EvidenceError` when they are not those that were stored."""
    row = frappe.db.get_value(DOCTYPE, code, ["content", "sha256"], as_dict=True)
    if row is None:
        frappe.throw(_("There is no received record {0}.").format(code), HbsError)
    octets = base64.b64decode(row.content or "")
    if hashlib.sha256(octets).hexdigest() != row.sha256:
        frappe.throw(_("The stored file of {0} was changed outside the system.").format(code), EvidenceError)
    return octets


def verified(code: str) -> Verification:
    """Verified now with the evidence beside it; without any as of its receipt: what was valid then stays so."""
    from hocbaso_app.record.errors import HocBaSoError
    from hocbaso_app.services import convert, trust
    from hocbaso_app.services.long_term import book
    from hocbaso_app.signing.verify import verify

    received = frappe.db.get_value(DOCTYPE, code, "received_at")
    octets = data(code)
    from hocbaso_app.record.times import read_instant

    try:
        evidence = book.beside(hashlib.sha256(octets).hexdigest())
        moment = read_instant(convert.instant(received)) if evidence is None else None
        return verify(octets, trust.store(), at=moment, evidence=evidence)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error

"""HBS Certificate Registration: what an officer sees of a school's certificate, and his decision (CV 2088 III.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.receiving.books import Registration
from hocbaso_app.exchange.transactions import CertificateStatus
from hocbaso_app.services import audit
from hocbaso_app.services.receiving import settings

DOCTYPE = "HBS Certificate Registration"
WAITING, APPROVED, REFUSED, WITHDRAWN = "Waiting", "Approved", "Refused", "No Longer Valid"


@dataclass(frozen=True)
class Check:
    """What is checked before an approval. ``trusted``: the chain and revocation; ``own``: the school's tax code."""

    trusted: bool
    trust_text: str
    own: bool
    tax_code: str
    expected: str

    @property
    def passed(self) -> bool:
        """An approval would be given."""
        return self.trusted and self.own


def add(row: Registration) -> None:
    """A certificate that waits, described for the list."""
    from cryptography import x509

    from hocbaso_app.services.certificates import local
    from hocbaso_app.signing import identity

    certificate = x509.load_pem_x509_certificate(row.pem.encode())
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "unit": row.unit,
            "common_name": (identity.common_name(certificate) or "")[:200],
            "subject_number": (identity.tax_code(certificate) or "")[:30],
            "serial_number": row.serial[:80],
            "sha256": row.sha256,
            "pem": row.pem,
            "kind": _clean(row.kind)[:60],
            "issuer": _clean(row.issuer)[:250],
            "status": WAITING,
            "received_at": now_datetime(),
            "valid_from": local(certificate.not_valid_before_utc),
            "valid_to": local(certificate.not_valid_after_utc),
        }
    )
    doc.name = row.message_id
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True, set_name=row.message_id)


def check(name: str) -> Check:
    """The chain and the tax code as they are now, for whoever may read the registration."""
    from cryptography import x509

    from hocbaso_app.services.receiving.office import open_office
    from hocbaso_app.signing import identity

    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    office = open_office()
    certificate = x509.load_pem_x509_certificate(doc.pem.encode())
    path = office.trust.paths.check(certificate, office.clock())
    number = identity.tax_code(certificate) or ""
    expected = office.schools.get(doc.unit, ("", ""))[1]
    return Check(path.ok, path.message_vi, bool(number) and number == expected, number, expected)


def decide(name: str, *, approve: bool, note: str) -> str:
    """An officer of the receiving unit approves or refuses; gives the status that came of it.

    The registry is signed anew and published before the lock is let go.
    """
    from frappe.utils.synchronization import filelock

    from hocbaso_app.services.receiving.office import portal

    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    require_officer(doc.unit)
    if not approve and not note.strip():
        frappe.throw(_("Say why the certificate is refused; the school reads it."), HbsError)
    try:
        with filelock("hbs_registry"):
            status = portal().decide_certificate(name, approve=approve, by=frappe.session.user, note=note.strip())
    except RefusedError as error:
        frappe.throw(error.message_vi, HbsError)
    frappe.local.hbs_trust = None
    return APPROVED if status is CertificateStatus.APPROVED else REFUSED


def withdraw(name: str, note: str) -> None:
    """An approved certificate counts no more, its key is lost for example; what it sealed before stays valid."""
    from frappe.utils.synchronization import filelock

    from hocbaso_app.services.receiving.office import open_office

    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    require_officer(doc.unit)
    if doc.status != APPROVED:
        frappe.throw(_("Only an approved certificate is withdrawn."), HbsError)
    if not note.strip():
        frappe.throw(_("Say why the certificate is withdrawn; the school reads it."), HbsError)
    facts = {"status": WITHDRAWN, "decided_by": frappe.session.user, "decided_at": now_datetime(), "note": note.strip()}
    doc.update(facts)
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)
    audit.write("Withdraw certificate", DOCTYPE, name, doc.unit, {"sha256": doc.sha256, "note": doc.note})
    with filelock("hbs_registry"):
        open_office().withdraw_from_registry(doc.unit, doc.sha256)
    frappe.local.hbs_trust = None


def may_decide(name: str) -> bool:
    """Whether the user would be let to decide now; for the form's buttons."""
    unit, status = frappe.db.get_value(DOCTYPE, name, ["unit", "status"])
    return status in (WAITING, APPROVED) and _serves(settings.get().unit) and not _serves(unit)


def require_officer(school: str) -> None:
    """On the staff of the receiving unit today, and not of the school that asks."""
    receiving = settings.get().unit
    if not _serves(receiving):
        frappe.throw(_("Only officers of the receiving unit decide."), NotYoursError)
    if _serves(school):
        frappe.throw(_("Who belongs to the school that asks does not decide about it."), NotYoursError)


def _serves(unit: str) -> bool:
    today = getdate()
    found = frappe.get_all(
        "HBS Staff Member", {"user": frappe.session.user, "unit": unit}, ["from_date", "to_date"], order_by="name"
    )
    return any(getdate(r.from_date) <= today and (not r.to_date or today <= getdate(r.to_date)) for r in found)


def _clean(text: Any) -> str:
    return str(text).encode(errors="replace").decode()

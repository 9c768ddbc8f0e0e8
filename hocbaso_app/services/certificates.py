"""Certificates of signers and schools: read, bind to the holder, approve, withdraw."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import duty


def describe(doc: Any) -> None:
    """Fill an HBS Certificate from its PEM; refuses private keys and certificates of somebody else."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    from hocbaso_app.signing import identity

    text = doc.pem or ""
    if "PRIVATE KEY" in text:
        frappe.throw(_("This text holds a private key. Enter only the public certificate."), HbsError)
    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        frappe.throw(_("This is not a certificate in PEM form."), HbsError)
    person = doc.holder_kind == "Person"
    number = identity.person_id(certificate) if person else identity.tax_code(certificate)
    if person:
        doc.unit, expected = frappe.db.get_value("HBS Staff Member", doc.staff, ["unit", "citizen_id"]) or (None, None)
    else:
        expected = frappe.db.get_value("HBS Unit", doc.unit, "tax_code")
    if not number or number != expected:
        frappe.throw(
            _("The certificate is not this holder's: it says {0}, expected {1}.").format(
                number or "-", expected or "-"
            ),
            HbsError,
        )
    doc.common_name = identity.common_name(certificate)
    doc.subject_number = number
    doc.issuer = certificate.issuer.rfc4514_string()[:250]
    doc.serial_number = f"{certificate.serial_number:x}"
    doc.sha256 = certificate.fingerprint(hashes.SHA256()).hex()
    doc.valid_from = local(certificate.not_valid_before_utc)
    doc.valid_to = local(certificate.not_valid_after_utc)
    doc.status = "Pending"


def local(moment: Any) -> Any:
    """A moment as the naive time of the site's zone, as Frappe stores times."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(frappe.utils.get_system_timezone())
    return moment.astimezone(zone).replace(tzinfo=None)


def approve(name: str) -> None:
    """A pending certificate may be used from now on."""
    _decide(name, "Pending", status="Approved", approved_by=frappe.session.user, approved_at=now_datetime())


def withdraw(name: str) -> None:
    """An approved certificate may not be used any more; signatures made before stay valid."""
    _decide(name, "Approved", status="Withdrawn", withdrawn_at=now_datetime())


def _decide(name: str, expected: str, **values: Any) -> None:
    doc = frappe.get_doc("HBS Certificate", name, for_update=True)
    doc.check_permission("write")
    duty.require_of_admin(doc.unit, "certificates")
    if doc.status != expected:
        frappe.throw(_("This certificate is {0}.").format(_(doc.status)), HbsError)
    doc.update(values)
    doc.flags.hbs_service = True
    doc.save()

"""A certificate's row → the description of its source: nothing secret is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import keys
from hocbaso_app.services.key_sources import kinds, providers

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from hocbaso_app.signing.keys import SourceDescription

COLUMNS = ["name", "key_source", "service", "credential", "subject_number", "serial_number", "sha256", "pem", "unit"]


def row_of(certificate: str) -> Any:
    """What of an HBS Certificate says where its key is."""
    row = frappe.db.get_value("HBS Certificate", certificate, COLUMNS, as_dict=True)
    if row is None:
        frappe.throw(_("There is no certificate {0}.").format(certificate), HbsError)
    return row


def x509(row: Any) -> Certificate:
    """The certificate itself."""
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(row.pem.encode())


def description_of(certificate: str) -> SourceDescription:
    """Of an HBS Certificate."""
    return describe(row_of(certificate))


def describe(row: Any) -> SourceDescription:
    """Each kind's settings, as its module in ``signing/keys`` names them."""
    from hocbaso_app.signing.keys import SourceDescription

    kind = kinds.KINDS[row.key_source]
    if row.key_source == kinds.PKCS12:
        return SourceDescription(kind, {"file": str(keys.path_of(row.sha256))})
    if row.key_source == kinds.PLUGIN:
        return SourceDescription(kind, {})
    service = service_of(row)
    if row.key_source == kinds.PKCS11:
        module = providers.path_of(service.module)
        return SourceDescription(kind, {"module": module, "token": row.credential})
    return SourceDescription(
        kind,
        {
            "address": service.address,
            "version": (service.profile or "").lstrip("vV") if row.key_source == kinds.CSC else None,
            "client_id": service.client_id,
            "account": row.credential or row.subject_number,
            "profile": service.profile if row.key_source == kinds.MYSIGN else None,
            "batch_limit": service.batch_limit,
        },
    )


def service_of(row: Any) -> Any:
    """The HBS Signing Service of a certificate; switched-off ones too, since what was asked is still collected."""
    if not row.service:
        frappe.throw(_("Choose the signing service of this certificate."), HbsError)
    return frappe.get_doc(providers.DOCTYPE, row.service)


def client_secret(row: Any) -> str | None:
    """What this site proves itself with to the provider."""
    if row.key_source not in kinds.REMOTE:
        return None
    return service_of(row).get_password("client_secret", raise_exception=False) or None

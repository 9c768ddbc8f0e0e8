"""Signing services of a site: what may be entered, and which unit may use which."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError, HbsError, NotYoursError
from hocbaso_app.permissions import scope
from hocbaso_app.services import duty
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.services.units import history

DOCTYPE = "HBS Signing Service"

THIS_MACHINE = ("http://127.0.0.1:", "http://localhost:")


def check(doc: Any) -> None:
    """An address that real keys may be asked at, a driver that the server's keeper named, a unit of the user's own."""
    duty.require_of_admin(doc.unit, "certificates")
    own = scope.scope_of(frappe.session.user)
    if not (own.everything or doc.unit in own.units):
        frappe.throw(_("Enter services of your own unit or of one below it."), NotYoursError)
    if doc.kind == kinds.PKCS11:
        doc.address = doc.client_id = None
        path_of(doc.module)
        return
    doc.module = None
    doc.address = (doc.address or "").strip().rstrip("/")
    practice = frappe.db.get_single_value("HBS Settings", "environment") == "practice"
    if not doc.address.startswith(("https://", *(THIS_MACHINE if practice else ()))):
        frappe.throw(_("Enter the service's https address. Hashes of real records never go over plain http."), HbsError)


def check_unused(doc: Any) -> None:
    """A service that a certificate names stays, since the signatures made there are explained by it."""
    if frappe.db.exists("HBS Certificate", {"service": doc.name}):
        frappe.throw(_("Certificates sign with this service. Switch it off instead of deleting it."), EvidenceError)


def check_certificate(doc: Any) -> None:
    """A certificate names a service of its kind that its unit may use, or none where the kind has none."""
    if doc.key_source not in kinds.OF_SERVICE:
        doc.service = doc.credential = None
        return
    if not doc.service:
        frappe.throw(_("Choose the signing service of this certificate."), HbsError)
    kind, unit = frappe.db.get_value(DOCTYPE, doc.service, ["kind", "unit"]) or ("", "")
    if kind != doc.key_source:
        frappe.throw(_("The service is of another kind than the certificate's key source."), HbsError)
    if doc.unit not in history.area_of(unit):
        frappe.throw(_("This service belongs to another unit."), NotYoursError)


def path_of(module: str) -> str:
    """A PKCS#11 driver by the name that site_config.json gives it; a path typed on the desk would be code run here."""
    path = (frappe.conf.get("hbs_pkcs11_modules") or {}).get(module or "")
    if not path:
        text = _("This server has no driver “{0}”. Ask whoever looks after it to enter it in site_config.json.")
        frappe.throw(text.format(module or ""), HbsError)
    return str(path)

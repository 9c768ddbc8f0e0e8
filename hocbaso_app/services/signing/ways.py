"""A signer's ways to sign: each approved certificate with its key source, and which of them is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import certificates, trust
from hocbaso_app.services.key_sources import kinds, providers

COLUMNS = ["name", "pem", "common_name", "valid_to", "key_source", "service", "tested_at"]


@dataclass(frozen=True)
class Way:
    """One certificate, where its key is, and what speaks against using it now."""

    certificate: str
    x509: Any
    common_name: str
    valid_to: Any
    key_source: str
    service: Any = None
    problem: str | None = None

    @property
    def limit(self) -> int:
        """Parts that one confirmation covers; 0: all of them."""
        return cint(self.service.batch_limit) if self.service else 0

    @property
    def asks_pin(self) -> bool:
        """Whether the signer types a PIN on the page; a plug-in and a provider's app ask for theirs themselves."""
        if self.key_source in (kinds.PKCS12, kinds.PKCS11):
            return True
        return bool(self.service and self.service.ask_pin)

    @property
    def asks_otp(self) -> bool:
        """Whether he types a one-time code."""
        return bool(self.service and self.service.ask_otp)

    def to_dict(self) -> dict[str, Any]:
        """For the page."""
        return {
            "certificate": self.certificate,
            "common_name": self.common_name,
            "valid_to": self.valid_to,
            "key_source": self.key_source,
            "service": self.service.service_name if self.service else None,
            "demo": self.key_source == kinds.PKCS12,
            "plugin": self.key_source == kinds.PLUGIN,
            "phone": self.key_source in kinds.REMOTE,
            "pin": self.asks_pin,
            "otp": self.asks_otp,
            "limit": self.limit,
            "problem": self.problem,
        }


def ways(stage: str, staff: Any, moment: Any) -> list[Way]:
    """All that are approved, the one used last first, then the newest; a sentence where the signer has none."""
    if stage == "release":
        holder, preferred = {"holder_kind": "Unit", "unit": staff.unit}, "preferred_seal"
    else:
        holder, preferred = {"holder_kind": "Person", "staff": staff.name}, "preferred_certificate"
    found = frappe.get_all(
        "HBS Certificate", {**holder, "status": "Approved"}, COLUMNS, order_by="approved_at desc, name desc"
    )
    if not found:
        frappe.throw(_("There is no approved certificate to sign with. Ask the school's administrator."), NotYoursError)
    last = frappe.db.get_value("HBS Staff Member", staff.name, preferred)
    return [_way(row, moment) for row in sorted(found, key=lambda row: row.name != last)]


def choose(stage: str, staff: Any, moment: Any, certificate: str | None = None) -> Way:
    """The one that the signer names, else the first that nothing speaks against."""
    known = ways(stage, staff, moment)
    if certificate:
        known = [way for way in known if way.certificate == certificate]
        if not known:
            frappe.throw(_("This certificate is not yours, or it is not approved. Choose another one."), NotYoursError)
    way = next((way for way in known if not way.problem), known[0])
    if way.problem:
        frappe.throw(way.problem, NotYoursError)
    return way


def of(certificate: str, moment: Any) -> Way:
    """The way of a batch that is under way."""
    return _way(frappe.db.get_value("HBS Certificate", certificate, COLUMNS, as_dict=True), moment)


def remember(stage: str, staff: str, certificate: str) -> None:
    """The page offers this one first from now on."""
    field = "preferred_seal" if stage == "release" else "preferred_certificate"
    if frappe.db.get_value("HBS Staff Member", staff, field) != certificate:
        frappe.db.set_value("HBS Staff Member", staff, field, certificate, update_modified=False)


def _way(row: Any, moment: Any) -> Way:
    from cryptography.x509 import load_pem_x509_certificate

    x509 = load_pem_x509_certificate(row.pem.encode())
    service = frappe.get_cached_doc(providers.DOCTYPE, row.service) if row.service else None
    result = trust.store().paths.check(x509, moment)
    problem = certificates.untested(row) if result.ok else result.message_vi
    if problem is None and row.key_source in kinds.OF_SERVICE and not (service and service.enabled):
        problem = str(_("The signing service of this certificate is switched off. Choose another way to sign."))
    return Way(row.name, x509, row.common_name, row.valid_to, row.key_source, service, problem)

"""Newer revocation data for everybody who signs here; whatever fails leaves what is at hand as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import audit, convert, trust

if TYPE_CHECKING:
    from cryptography import x509

    from hocbaso_app.signing.revocation import Outcome, Web

CERTIFICATE = "HBS Certificate"
LAST = "hbs_revocation_last"
"""Where the outcome of the last run is kept for the report; it is no evidence."""


def ask_for_it() -> None:
    """A person wants newer data at once."""
    from hocbaso_app.jobs import revocation

    if not frappe.has_permission("HBS Trust Change", "write"):
        frappe.throw(
            _("Only the authority's officers and administrators ask for newer revocation data."), NotYoursError
        )
    revocation.wake()


def fetch(web: Web | None = None) -> list[Outcome]:
    """Ask every address under trusted issuers once; keep what is right and newer."""
    from hocbaso_app.signing.revocation import Web, keep, remembered
    from hocbaso_app.signing.revocation import fetch as ask
    from hocbaso_app.signing.trust import TrustStore

    folder, now = trust.folder(), convert.now()
    store = TrustStore.load(folder, fresh=False)
    outcomes = ask(_certificates(), store, now, web or Web(), remembered(folder))
    new = keep(folder, outcomes, now)
    frappe.local.hbs_trust = None
    failed = [outcome for outcome in outcomes if not outcome.ok]
    frappe.cache.set_value(LAST, [_row(outcome) for outcome in failed])
    if new:
        audit.write("revocation data fetched", CERTIFICATE, "", None, {"new": new, "failed": len(failed)})
    return outcomes


def failures() -> list[dict[str, Any]]:
    """What could not be had the last time, a line for each address."""
    return frappe.cache.get_value(LAST) or []


def _row(outcome: Outcome) -> dict[str, Any]:
    return {"about": outcome.about, "address": outcome.address, "code": outcome.code, "sentence": outcome.message_vi}


def _certificates() -> list[x509.Certificate]:
    """Of everybody who may sign here, and of the services that stamp."""
    from cryptography import x509

    rows = frappe.get_all(CERTIFICATE, {"status": ("in", ("Approved", "Pending"))}, pluck="pem", order_by="name")
    return [x509.load_pem_x509_certificate(pem.encode()) for pem in rows if pem]

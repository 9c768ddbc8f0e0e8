"""HBS Receiving Settings: what must hold before a site may receive, and its values for the others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.utils import formatdate

from hocbaso_app.exceptions import HbsError

DOCTYPE = "HBS Receiving Settings"
REFUSE_LATE = "Refuse"


def get() -> Any:
    """The settings, read once per request."""
    return frappe.get_cached_doc(DOCTYPE)


def is_on() -> bool:
    """Whether this site receives."""
    return bool(get().enabled)


def check(doc: Any) -> None:
    """An office that is switched on has its own approved seal, known to the trust folder, and a public address."""
    frappe.cache.delete_value("website_404")  # paths that nobody served until now
    doc.public_address = (doc.public_address or "").strip().rstrip("/")
    if not doc.enabled:
        return
    kind = frappe.db.get_value("HBS Unit", doc.unit, "kind")
    if kind not in ("Department", "Office"):
        frappe.throw(_("Only a department or an office receives records."), HbsError)
    holder = frappe.db.get_value(
        "HBS Certificate", doc.certificate, ["holder_kind", "unit", "status", "subject_number"], as_dict=True
    )
    if not holder or (holder.holder_kind, holder.unit, holder.status) != ("Unit", doc.unit, "Approved"):
        frappe.throw(_("Choose an approved certificate of the receiving unit itself."), HbsError)
    if doc.recall_tier_from and not doc.recall_tier_before:
        frappe.throw(_("Say who decided about recalls before {0}.").format(formatdate(doc.recall_tier_from)), HbsError)
    _check_address(doc.public_address)
    _check_trust(holder.subject_number)


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        frappe.throw(_("Enter the public address with https:// in front."), HbsError)
    production = frappe.db.get_single_value("HBS Settings", "environment") == "production"
    if parts.scheme == "http" and production:
        frappe.throw(_("Real records are never sent over plain http. Enter an https address."), HbsError)


def _check_trust(tax_code: str) -> None:
    from hocbaso_app.record.errors import HocBaSoError
    from hocbaso_app.services import trust
    from hocbaso_app.signing.trust import TrustStore

    try:
        known = TrustStore.load(trust.folder()).registry.department_tax_code
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    if known != tax_code:
        frappe.throw(
            _("The trust folder names the authority {0}; this certificate is of {1}.").format(known, tax_code), HbsError
        )

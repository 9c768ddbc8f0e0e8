"""The site's trust folder: ``private/hbs-trust`` in the shape the core reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import frappe

if TYPE_CHECKING:
    from hocbaso_app.signing.trust import TrustStore


def folder() -> Path:
    """Where roots, intermediates, CRLs and the signed registry lie."""
    return Path(frappe.get_site_path("private", "hbs-trust"))


def store() -> TrustStore:
    """Read once per request or job."""
    from hocbaso_app.signing.trust import TrustStore

    known = getattr(frappe.local, "hbs_trust", None)
    if known is None:
        known = frappe.local.hbs_trust = TrustStore.load(folder())
    return known

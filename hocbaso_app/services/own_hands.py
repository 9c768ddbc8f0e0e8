"""Nobody signs for another: the session is the signer's own, and by setting the device too (QĐ Điều 9.b)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, cint, now_datetime

from hocbaso_app.exceptions import NotYoursError

BATCH = "HBS Signing Batch"
CONFIRMED = ("Ready", "Running", "Done", "Partly done")
"""Batches whose values came: their confirmation was not only tried."""


def require(device: str | None) -> None:
    """Before anything is prepared; ``device``: what the browser says of itself."""
    require_own_session()
    owner = owner_of(device)
    if owner and owner != frappe.session.user:
        frappe.throw(
            _(
                "{0} signed from this device not long ago, and here each device is one person's. Use your own"
                " device, or ask the administrator."
            ).format(frappe.utils.get_fullname(owner)),
            NotYoursError,
        )


def require_own_session() -> None:
    """Frappe lets an administrator act as somebody else (impersonate); nothing is signed, tried or approved so."""
    other = impersonator()
    if other:
        frappe.throw(
            _("This session was opened by {0} in your name. Nobody signs for another: log in yourself.").format(
                frappe.utils.get_fullname(other)
            ),
            NotYoursError,
        )


def impersonator() -> str | None:
    """Who opened the session in the user's name; None where it is his own."""
    data: Any = getattr(frappe.session, "data", None) or {}
    return data.get("impersonated_by") or None


def owner_of(device: str | None) -> str | None:
    """Whose the device is by the setting: who signed from it last within the days that are set."""
    days = cint(frappe.get_cached_doc("HBS Settings").get("device_days"))
    if not days or not device:
        return None
    since = add_days(now_datetime(), -days)
    where = {"device_id": device, "consent_at": (">", since), "status": ("in", CONFIRMED)}
    found = frappe.get_all(BATCH, where, pluck="signer", order_by="consent_at desc", limit=1)
    return found[0] if found else None

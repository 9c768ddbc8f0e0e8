"""From which session and device a signer confirmed; facts for whoever looks for one person signing for many.

The device is a random number that the browser keeps for itself: it names no person and no machine.
"""

from __future__ import annotations

import hashlib
import hmac
import re

import frappe
from frappe.utils.password import get_encryption_key

_DEVICE = re.compile("[0-9a-zA-Z-]{16,64}")


def facts(device: str | None) -> dict[str, str | None]:
    """Values for HBS Signing Batch; empty where there is no request of a person."""
    request = getattr(frappe.local, "request", None)
    return {
        "device_id": device if device and _DEVICE.fullmatch(device) else None,
        "ip_address": getattr(frappe.local, "request_ip", None) if request else None,
        "user_agent": str(request.headers.get("User-Agent") or "")[:500] if request else None,
        "session_hash": hash_of(frappe.session.sid) if request and frappe.session.sid else None,
    }


def hash_of(sid: str) -> str:
    """SHA-256 of a session's id with the site's key: two confirmations can be compared, the session can't be taken."""
    return hmac.new(get_encryption_key().encode(), sid.encode(), hashlib.sha256).hexdigest()

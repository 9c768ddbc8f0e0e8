"""The key of a unit that this site uses without a person: for statements that a job makes, never for a record.

A school's is the key of its account at the city database, which signs the lists (CV 2088 II.2.2); the authority's is
the one of its receipts. A person's key or the seal for releasing records is never used by a job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import connector
from hocbaso_app.services.channel import authority

if TYPE_CHECKING:
    from hocbaso_app.signing.keys import KeySource


def of(unit: str) -> KeySource | None:
    """None where this site has none, or it can't be opened now."""
    try:
        if authority.unit() == unit:
            return authority.key()
        return connector.key(unit) if frappe.db.exists(connector.ACCOUNT, unit) else None
    except HbsError:
        frappe.clear_last_message()
        return None

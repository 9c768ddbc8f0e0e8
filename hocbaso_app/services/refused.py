"""The log of refused reading: who tried to open what, by which path (QĐ Điều 3 khoản 5); append-only."""

from __future__ import annotations

import frappe
from frappe.utils import now_datetime

DOCTYPE = "HBS Refused Access"


def note(doctype: str, name: str, unit: str | None, actor: str, how: str) -> None:
    """One entry in the running transaction."""
    entry = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "at": now_datetime().replace(microsecond=0),
            "actor": actor,
            "how": how[:140],
            "unit": unit,
            "reference_doctype": doctype,
            "reference_name": name,
        }
    )
    entry.flags.hbs_service = True
    entry.insert(ignore_permissions=True, ignore_links=True)

"""The city database's receipt for a released file, as far as the connector keeps one on this site."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import frappe

from hocbaso_app.services import convert

SUBMISSION = "HBS Submission"
LINES = (("Số biên nhận", "receipt_number"), ("Tiếp nhận lúc", "received_at"))
"""Label on the print → field of the submission."""


def of(version: str) -> Any:
    """The newest submission of a file that has a receipt, or ``None``."""
    wanted = {"version": version, "receipt_number": ("is", "set")}
    names = frappe.get_all(SUBMISSION, wanted, pluck="name", order_by="creation desc, name desc", limit=1)
    return frappe.get_doc(SUBMISSION, names[0]) if names else None


def lines(version: str) -> dict[str, str]:
    """What a print says of the receipt; empty without one."""
    found = of(version)
    return {label: _text(found.get(field)) for label, field in LINES if found.get(field)} if found else {}


def link(version: str) -> str | None:
    """Where anybody can look the record up."""
    found = of(version)
    return (found.lookup_link or None) if found else None


def _text(value: Any) -> str:
    """Moments as the core's prints read them: ISO with the site's zone."""
    return convert.instant(value) if isinstance(value, datetime) else str(value)

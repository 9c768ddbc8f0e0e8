"""Endpoints of the trust desk: the second person's decision about an anchor, newer revocation data."""

from __future__ import annotations

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import trust_desk
from hocbaso_app.services.revocation import fetching


@frappe.whitelist(methods=["POST"])
def agree(name: str) -> int:
    """The second person agrees: the list is sealed and counts; its number."""
    return trust_desk.agree(name)


@frappe.whitelist(methods=["POST"])
def refuse(name: str, note: str) -> None:
    """The second person does not agree."""
    trust_desk.refuse(name, note)


@frappe.whitelist(methods=["POST"])
@limited(6, 60 * 60)
def fetch_revocation_data() -> None:
    """Ask the authorities for newer lists and answers now, beside the timetable."""
    fetching.ask_for_it()

"""One message of a school, as it came (CV 2088 II.2)."""

from __future__ import annotations

import frappe

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSIncomingMessage(EvidenceDocument):
    """Its name is the message's own number."""


def on_doctype_update() -> None:
    """What the worker looks for at every round."""
    frappe.db.add_index("HBS Incoming Message", ["status", "received_at"], "hbs_waiting")

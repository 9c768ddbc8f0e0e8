"""One released file on its way to the city database; the outbox, one row per record and version."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSSubmission(EvidenceDocument):
    """Written by ``services`` only; moved by the exchange, never by a person."""

    def validate(self) -> None:
        """No other hand; what is sent never changes, and a receipt stays."""
        if not self.flags.hbs_service:
            frappe.throw(_("A submission is not edited."), EvidenceError)
        before = self.get_doc_before_save()
        fixed = ("idempotency_key", "record", "version", "record_code", "unit")
        if before and any(before.get(name) != self.get(name) for name in fixed):
            frappe.throw(_("A submission is not edited."), EvidenceError)


def on_doctype_update() -> None:
    """What the worker looks for at every round."""
    frappe.db.add_index("HBS Submission", ["unit", "state", "next_attempt_at"], "hbs_due")

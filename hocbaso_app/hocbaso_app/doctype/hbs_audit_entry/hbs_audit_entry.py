"""One line of the audit trail."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSAuditEntry(EvidenceDocument):
    """Written once by ``services.audit``; never changed, never deleted."""

    def validate(self) -> None:
        """Only the service, only once."""
        if not self.flags.hbs_service or not self.is_new():
            frappe.throw(_("The audit trail is not edited."), EvidenceError)

    def on_trash(self) -> None:
        """By nobody."""
        frappe.throw(_("The audit trail is not deleted."), EvidenceError)

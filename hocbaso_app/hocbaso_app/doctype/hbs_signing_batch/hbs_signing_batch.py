"""Who confirmed what, when, with which certificate; and what became of each part."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument

FIXED = (
    *("signer", "staff", "stage", "certificate", "consent", "consent_at", "signing_time", "total", "continues"),
    *("method", "device_id", "session_hash", "ip_address", "user_agent"),
)
"""Who confirmed what, how and where."""


class HBSSigningBatch(EvidenceDocument):
    """Written by the signing service only."""

    def validate(self) -> None:
        """No other hand; signer, consent and time never change."""
        if not self.flags.hbs_service:
            frappe.throw(_("A signing batch is not edited."), EvidenceError)
        before = self.get_doc_before_save()
        for name in FIXED:
            if before and str(before.get(name)) != str(self.get(name)):
                frappe.throw(_("A signing batch is not edited."), EvidenceError)

    def on_trash(self) -> None:
        """Evidence of consent."""
        frappe.throw(_("A signing batch is not deleted."), EvidenceError)

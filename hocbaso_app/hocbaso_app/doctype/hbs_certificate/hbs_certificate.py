"""The public certificate of a person or unit; approved before it is used (CV 2088 III.1)."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import KeptDocument

CHANGED_BY_HAND = ("key_source", "service", "credential")
"""The key moved to another service or device; the certificate is the same."""


class HBSCertificate(KeptDocument):
    """What stands in the certificate is read from it, never typed."""

    def validate(self) -> None:
        """Reads the certificate and binds it to its holder."""
        from hocbaso_app.services.certificates import describe
        from hocbaso_app.services.key_sources import providers

        if self.is_new():
            describe(self)
        elif self.has_value_changed("status") and not self.flags.hbs_service:
            frappe.throw(_("Use Approve or Withdraw."), EvidenceError)
        elif not self.flags.hbs_service and any(
            self.has_value_changed(f.fieldname) for f in self.meta.get("fields") if f.fieldname not in CHANGED_BY_HAND
        ):
            frappe.throw(_("A certificate is not changed. Enter the new one and withdraw this one."), EvidenceError)
        if self.is_new() or any(self.has_value_changed(name) for name in CHANGED_BY_HAND):
            providers.check_certificate(self)

    def on_trash(self) -> None:
        """Signatures are judged by it for ever."""
        frappe.throw(_("A certificate is withdrawn, not deleted."), EvidenceError)

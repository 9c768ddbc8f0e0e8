"""One request of the connector and what came back, without secrets."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSExchangeLog(EvidenceDocument):
    """Written before the request leaves, completed once when an answer or a failure comes; then it is fixed."""

    def validate(self) -> None:
        """Only the service; only what was still open."""
        before = self.get_doc_before_save()
        done = before and (before.status_code or before.failure)
        sent = ("at", "method", "url", "message_id", "unit", "request_sha256", "request_body")
        if not self.flags.hbs_service or done or (before and any(before.get(n) != self.get(n) for n in sent)):
            frappe.throw(_("The exchange log is not edited."), EvidenceError)

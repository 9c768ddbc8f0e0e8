"""One line of the access log: who read or printed whose record, when and how."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSAccessLog(EvidenceDocument):
    """Written once by ``services.access``; never changed, never deleted."""

    def validate(self) -> None:
        """Only once."""
        if not self.is_new():
            frappe.throw(_("The access log is not edited."), EvidenceError)

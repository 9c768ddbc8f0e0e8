"""The school confirms a class's year-end summary; only then may its records be made (QĐ Điều 12.k1)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from hocbaso_app.exceptions import EvidenceError


class HBSSummaryConfirmation(Document):
    """Written once by the principal; a mistake is followed by a new confirmation, never by a change."""

    def before_insert(self) -> None:
        """Who confirmed is the person at the keyboard."""
        self.confirmed_by = frappe.session.user
        self.pupils = frappe.db.count("Student Group Student", {"parent": self.student_group, "active": 1})

    def validate(self) -> None:
        """No change after it was written."""
        if not self.is_new():
            frappe.throw(_("A confirmation is not changed. Make a new one."), EvidenceError)
        if not self.pupils:
            frappe.throw(_("This class has no pupils."))

    def on_trash(self) -> None:
        """Evidence."""
        frappe.throw(_("A confirmation is not deleted."), EvidenceError)

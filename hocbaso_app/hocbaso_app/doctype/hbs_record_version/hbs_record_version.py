"""The exact bytes of a record's file; evidence from the first signature on."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from hocbaso_app.exceptions import EvidenceError


class HBSRecordVersion(Document):
    """Written by services only; released bytes never change, no file is ever deleted."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.files.check_change`."""
        from hocbaso_app.services import files

        files.check_change(self)

    def on_trash(self) -> None:
        """By nobody."""
        frappe.throw(_("A record's file is never deleted."), EvidenceError)

    def before_rename(self, old: str, new: str, merge: bool = False) -> None:
        """Names stand in the audit trail."""
        frappe.throw(_("A record's file keeps its name."), EvidenceError)

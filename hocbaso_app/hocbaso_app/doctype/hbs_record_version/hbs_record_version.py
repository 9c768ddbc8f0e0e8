"""The exact bytes of a record's file; evidence from the first signature on."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSRecordVersion(EvidenceDocument):
    """Written by services only; released bytes never change, no file is ever deleted."""

    def validate(self) -> None:
        """See :func:`hocbaso_app.services.files.check_change`."""
        from hocbaso_app.services import files

        files.check_change(self)

    def on_trash(self) -> None:
        """By nobody."""
        frappe.throw(_("A record's file is never deleted."), EvidenceError)

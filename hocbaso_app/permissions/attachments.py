"""Files attached to our documents are private and come from people who may read the document."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.permissions.scoped import SCOPED_DOCTYPES


def private_and_own(doc: Any, method: str | None = None) -> None:
    """Hook ``validate`` of File; Frappe lets everybody attach a file to any document."""
    if doc.attached_to_doctype not in SCOPED_DOCTYPES:
        return
    if not doc.is_private:
        frappe.throw(_("Files of a digital record are private. Choose “Private” when you upload it."), HbsError)
    if doc.flags.hbs_service:
        return
    if not frappe.has_permission(doc.attached_to_doctype, "read", doc.attached_to_name):
        frappe.throw(_("You may not attach files to this document."), NotYoursError)

"""HBS Record History."""

from __future__ import annotations

from frappe.model.document import Document


class HBSRecordHistory(Document):
    """HBS Record History; Frappe's own behaviour is enough."""

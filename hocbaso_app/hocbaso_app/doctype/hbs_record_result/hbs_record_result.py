"""HBS Record Result."""

from __future__ import annotations

from frappe.model.document import Document


class HBSRecordResult(Document):
    """HBS Record Result; Frappe's own behaviour is enough."""

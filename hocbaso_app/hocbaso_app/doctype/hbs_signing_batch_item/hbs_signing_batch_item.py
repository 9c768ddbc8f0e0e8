"""HBS Signing Batch Item."""

from __future__ import annotations

from frappe.model.document import Document


class HBSSigningBatchItem(Document):
    """HBS Signing Batch Item; Frappe's own behaviour is enough."""

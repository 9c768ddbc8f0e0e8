"""HBS Record Slot."""

from __future__ import annotations

from frappe.model.document import Document


class HBSRecordSlot(Document):
    """HBS Record Slot; Frappe's own behaviour is enough."""

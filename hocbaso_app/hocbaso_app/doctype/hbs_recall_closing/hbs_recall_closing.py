"""Until when records of one school year may be asked back."""

from __future__ import annotations

from frappe.model.document import Document


class HBSRecallClosing(Document):
    """A row of HBS Receiving Settings."""

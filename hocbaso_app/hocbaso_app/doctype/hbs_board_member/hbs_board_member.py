"""HBS Board Member."""

from __future__ import annotations

from frappe.model.document import Document


class HBSBoardMember(Document):
    """HBS Board Member; Frappe's own behaviour is enough."""

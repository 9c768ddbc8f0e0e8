"""HBS Schedule Stage."""

from __future__ import annotations

from frappe.model.document import Document


class HBSScheduleStage(Document):
    """HBS Schedule Stage; Frappe's own behaviour is enough."""

"""HBS Subject Course."""

from __future__ import annotations

from frappe.model.document import Document


class HBSSubjectCourse(Document):
    """HBS Subject Course; Frappe's own behaviour is enough."""

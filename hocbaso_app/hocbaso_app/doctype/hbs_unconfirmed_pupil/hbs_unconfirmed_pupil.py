"""Rows of a year-end summary: pupils it leaves out for now."""

from __future__ import annotations

from frappe.model.document import Document


class HBSUnconfirmedPupil(Document):
    """One pupil with the reason; the others of the class are confirmed."""

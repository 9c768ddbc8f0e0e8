"""Whether and how this site receives records of schools."""

from __future__ import annotations

from frappe.model.document import Document


class HBSReceivingSettings(Document):
    """One per site."""

    def validate(self) -> None:
        """An office that is switched on can seal what it says."""
        from hocbaso_app.services.receiving import settings

        settings.check(self)

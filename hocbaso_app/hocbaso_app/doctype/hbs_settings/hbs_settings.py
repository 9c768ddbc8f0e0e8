"""What holds for all schools of a site."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document


class HBSSettings(Document):
    """Practice or production, rule pack, connector."""

    def validate(self) -> None:
        """The environment never changes once there are records; real data never goes over plain http."""
        from hocbaso_app.services import connector, timestamps

        connector.check_settings(self)
        timestamps.check_settings(self)
        before = self.get_doc_before_save()
        if before and before.environment and before.environment != self.environment and self._records():
            frappe.throw(_("There are records already: the environment of this site can't change any more."))

    def on_update(self) -> None:
        """What follows from a changed connector."""
        from hocbaso_app.services import connector

        connector.settings_written(self)

    def _records(self) -> bool:
        return bool(frappe.db.exists("DocType", "HBS Record") and frappe.db.count("HBS Record"))

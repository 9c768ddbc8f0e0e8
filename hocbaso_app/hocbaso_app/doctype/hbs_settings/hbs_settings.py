"""What holds for all schools of a site."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

REGULATION_ADDRESS = "http://csdl.haiphong.edu.vn"


class HBSSettings(Document):
    """Practice or production, rule pack, connector."""

    def validate(self) -> None:
        """The environment never changes once there are records; real data never goes over plain http."""
        if self.portal_address != REGULATION_ADDRESS and not self.address_notice:
            frappe.throw(_("Another address needs the number of the written notice."))
        if (
            self.connector_enabled
            and self.environment == "production"
            and not self.portal_address.startswith("https://")
        ):
            frappe.throw(_("Real records are never sent over plain http. Enter an https address."))
        before = self.get_doc_before_save()
        if before and before.environment and before.environment != self.environment and self._records():
            frappe.throw(_("There are records already: the environment of this site can't change any more."))

    def _records(self) -> bool:
        return bool(frappe.db.exists("DocType", "HBS Record") and frappe.db.count("HBS Record"))

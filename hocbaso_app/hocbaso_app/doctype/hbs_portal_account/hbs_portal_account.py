"""A school's account at the city database and the key that signs its lists."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from hocbaso_app.exceptions import HbsError


class HBSPortalAccount(Document):
    """One per school; passwords lie encrypted in Frappe's own store."""

    def validate(self) -> None:
        """The certificate is the school's own, and approved."""
        holder = frappe.db.get_value("HBS Certificate", self.certificate, ["holder_kind", "unit", "status"])
        if holder != ("Unit", self.unit, "Approved"):
            frappe.throw(_("Choose an approved certificate of the school itself."), HbsError)
        from hocbaso_app.services import registering, transport

        registering.keep(self)
        transport.check_account(self)

    def on_trash(self) -> None:
        """Not while records wait to be sent."""
        from hocbaso_app.services import holds

        holds.check_account_gone(self)

"""A person who works at a unit, with the number that binds his certificate to him."""

from __future__ import annotations

import re

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate


class HBSStaffMember(Document):
    """One entry per person, unit and time of service."""

    def validate(self) -> None:
        """Citizen ID of 12 digits; nobody stands twice at a unit at the same time."""
        self.full_name: str = " ".join((self.get("full_name") or "").split())
        if not re.fullmatch(r"\d{12}", self.citizen_id or ""):
            frappe.throw(_("A citizen ID has 12 digits."))
        if self.to_date and getdate(self.to_date) < getdate(self.from_date):
            frappe.throw(_("“Until” lies before “From”."))
        from hocbaso_app.services import deputies, duty
        from hocbaso_app.services.units import heads

        duty.require_of_admin(self.unit, "accounts")
        heads.check(self)
        deputies.check_manager(self)
        others = frappe.get_all(
            "HBS Staff Member",
            {"citizen_id": self.citizen_id, "unit": self.unit, "name": ("!=", self.name or "")},
            ["name", "from_date", "to_date"],
            order_by="name",
        )
        for other in others:
            if overlaps(self, other):
                frappe.throw(
                    _("{0} already has an entry at this unit for that time: {1}").format(self.full_name, other.name)
                )

    def on_update(self) -> None:
        """A new principal or a corrected name stands in the open records in the same transaction."""
        from hocbaso_app.services import assignments, duty

        signs = ("full_name", "citizen_id", "job_title", "from_date", "to_date", "unit", *duty.MANAGER)
        if any(self.has_value_changed(name) for name in signs):
            assignments.say(assignments.follow_unit(self.unit))


def overlaps(one: Document, other: Document) -> bool:
    """Whether two dated entries share a day."""
    return (not one.to_date or getdate(other.from_date) <= getdate(one.to_date)) and (
        not other.to_date or getdate(one.from_date) <= getdate(other.to_date)
    )

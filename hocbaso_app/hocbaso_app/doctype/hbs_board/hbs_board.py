"""The school's board for the digital record: decision, members, duties, dates (QĐ Điều 8)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate


class HBSBoard(Document):
    """One decision; exactly one chair on any day."""

    def validate(self) -> None:
        """Members work at the unit; there is one chair."""
        if sum(row.duty == "Chair" for row in self.members) != 1:
            frappe.throw(_("A board has exactly one chair."))
        for row in self.members:
            if frappe.db.get_value("HBS Staff Member", row.staff, "unit") != self.unit:
                frappe.throw(_("Row {0}: this person does not work at this unit.").format(row.idx))
            if row.from_date and row.to_date and getdate(row.to_date) < getdate(row.from_date):
                frappe.throw(_("Row {0}: “Until” lies before “From”.").format(row.idx))

"""A unit of the field: department, office (Phòng, or commune since 7/2025), school."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import getdate
from frappe.utils.nestedset import NestedSet

RANK = {"Department": 0, "Office": 1, "School": 2}


class HBSUnit(NestedSet):
    """The tree is data with dates: offices are merged or abolished, their records stay."""

    nsm_parent_field = "parent_hbs_unit"

    def validate(self) -> None:
        """A unit belongs to one of a higher kind and is in being from before it ends."""
        if self.valid_to and getdate(self.valid_to) < getdate(self.valid_from):
            frappe.throw(_("“In being until” lies before “In being from”."))
        if self.parent_hbs_unit:
            above = frappe.db.get_value("HBS Unit", self.parent_hbs_unit, ["kind", "whole_area"], as_dict=True)
            if RANK[above.kind] >= RANK[self.kind] or above.whole_area:
                frappe.throw(_("A unit belongs to one of a higher kind: school to office or department."))
        if self.whole_area and (self.kind != "Office" or not self.parent_hbs_unit):
            frappe.throw(_("A specialised office is an office that stands below the department."))
        self.is_group = int(self.kind != "School")
        from hocbaso_app.services.units import history

        history.keep(self)

    def on_update(self) -> None:
        """The tree's numbers, and what lies by them, are read anew."""
        super().on_update()
        from hocbaso_app.services import schedule

        schedule.forget()

    def on_trash(self, allow_root_deletion: bool = False) -> None:
        """A unit that has records, staff or certificates is ended by its date, never deleted."""
        for doctype in ("HBS Staff Member", "HBS Certificate", "HBS Record"):
            if frappe.db.exists("DocType", doctype) and frappe.db.exists(doctype, {"unit": self.name}):
                frappe.throw(_("This unit is in use. End it by date and decision instead of deleting it."))
        super().on_trash(allow_root_deletion=True)

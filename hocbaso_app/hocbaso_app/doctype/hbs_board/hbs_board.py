"""A unit's board for the digital record: decision, members, duties, dates (QĐ Điều 6, 7, 8)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.doctype.hbs_staff_member.hbs_staff_member import overlaps


class HBSBoard(Document):
    """One decision; one chair; one board of a unit on any day."""

    def validate(self) -> None:
        """Members work at the unit; there is one chair; the seal goes to somebody who is entered as its user."""
        self.from_date = self.get("from_date") or self.decision_date
        if self.get("to_date") and getdate(self.to_date) < getdate(self.from_date):
            frappe.throw(_("“Until” lies before “From”."))
        if sum(row.duty == "Chair" for row in self.members) != 1:
            frappe.throw(_("A board has exactly one chair."))
        for row in self.members:
            self._check_member(row)
        self._check_other_boards()
        self._check_author()

    def _check_member(self, row: Document) -> None:
        staff = frappe.db.get_value("HBS Staff Member", row.staff, ["unit", "is_clerk", "full_name"], as_dict=True)
        if not staff or staff.unit != self.unit:
            frappe.throw(_("Row {0}: this person does not work at this unit.").format(row.idx))
        row.full_name = staff.full_name
        if row.from_date and row.to_date and getdate(row.to_date) < getdate(row.from_date):
            frappe.throw(_("Row {0}: “Until” lies before “From”.").format(row.idx))
        if row.may_release and not staff.is_clerk:
            frappe.throw(
                _(
                    "Row {0}: {1} is not entered as user of the seal. Tick “Uses the seal” in the staff entry first."
                ).format(row.idx, staff.full_name)
            )

    def _check_other_boards(self) -> None:
        others = frappe.get_all(
            "HBS Board",
            {"unit": self.unit, "name": ("!=", self.name or "")},
            ["name", "decision_number", "from_date", "to_date"],
            order_by="name",
        )
        for other in others:
            if overlaps(self, other):
                frappe.throw(
                    _("Decision {0} stands for these days already. Enter its last day first.").format(
                        other.decision_number
                    )
                )

    def _check_author(self) -> None:
        from hocbaso_app.services import duty

        duty.require_head(self.unit)

    def on_trash(self) -> None:
        """Who held which duty when is part of the proof."""
        frappe.throw(_("A board's decision is ended by its date, not deleted."), EvidenceError)

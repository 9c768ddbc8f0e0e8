"""The school confirms a class's year-end summary; only then may its records be made (QĐ Điều 12.k1)."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import EvidenceError
from hocbaso_app.hocbaso_app.documents import KeptDocument


class HBSSummaryConfirmation(KeptDocument):
    """Written once by the principal; a mistake is followed by a new confirmation, never by a change."""

    def before_insert(self) -> None:
        """Who confirmed is the person at the keyboard; pupils named as not confirmed are not counted."""
        from hocbaso_app.services.locks import gate

        gate.require_class_open(self.student_group)
        from hocbaso_app.services import classes

        classes.require_primary(self.student_group)
        self.confirmed_by = frappe.session.user
        active = frappe.get_all(
            "Student Group Student",
            {"parent": self.student_group, "active": 1},
            pluck="student",
            order_by="idx",
        )
        self._check_unconfirmed(set(active))
        self.pupils: int = len(active) - len(self.get("unconfirmed"))
        if not active:
            frappe.throw(_("This class has no pupils."))

    def _check_unconfirmed(self, active: set[str]) -> None:
        seen: set[str] = set()
        for row in self.get("unconfirmed"):
            if row.student not in active:
                frappe.throw(
                    _("Row {0}: {1} is not a pupil of class {2}.").format(row.idx, row.student, self.student_group)
                )
            if row.student in seen:
                frappe.throw(_("Row {0}: this pupil stands twice.").format(row.idx))
            if row.reason == "Other reason" and not (row.note or "").strip():
                frappe.throw(_("Row {0}: say the reason in the note.").format(row.idx))
            seen.add(row.student)
            row.full_name = frappe.db.get_value("Student", row.student, "student_name")

    def validate(self) -> None:
        """No change after it was written."""
        if not self.is_new():
            frappe.throw(_("A confirmation is not changed. Make a new one."), EvidenceError)

    def on_trash(self) -> None:
        """Evidence."""
        frappe.throw(_("A confirmation is not deleted."), EvidenceError)

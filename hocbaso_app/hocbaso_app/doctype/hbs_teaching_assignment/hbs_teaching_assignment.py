"""Who teaches which subject of a class, or leads it, and from when until when (QĐ Điều 9)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from hocbaso_app.hocbaso_app.doctype.hbs_staff_member.hbs_staff_member import overlaps


class HBSTeachingAssignment(Document):
    """One person signs one subject of a class (or as homeroom teacher) on any day."""

    def validate(self) -> None:
        """Same unit as the person; no second person for the same work on the same day."""
        from hocbaso_app.services import classes, deputies

        if self.is_new() or self.has_value_changed("student_group"):
            classes.require_primary(self.student_group)
        if self.kind == "Homeroom":
            self.subject = None
        elif not self.subject:
            frappe.throw(_("Choose the subject of this assignment."))
        if self.to_date and getdate(self.to_date) < getdate(self.from_date):
            frappe.throw(_("“Until” lies before “From”."))
        if frappe.db.get_value("HBS Staff Member", self.staff, "unit") != self.unit:
            frappe.throw(_("This person does not work at this unit."))
        deputies.check_assignment(self)
        same_work = {
            "student_group": self.student_group,
            "academic_year": self.academic_year,
            "kind": self.kind,
            "name": ("!=", self.name or ""),
        }
        if self.subject:
            same_work["subject"] = self.subject
        rows = frappe.get_all(
            "HBS Teaching Assignment", same_work, ["name", "staff", "from_date", "to_date"], order_by="name"
        )
        for other in rows:
            if overlaps(self, other):
                person = frappe.db.get_value("HBS Staff Member", other.staff, "full_name")
                frappe.throw(_("{0} already has this work for that time. End that assignment first.").format(person))

    def on_update(self) -> None:
        """Open records of the class follow in the same transaction."""
        from hocbaso_app.services import assignments

        if self.flags.hbs_follow_later:
            return
        before = self.get_doc_before_save()
        for student_group in {self.student_group, before.student_group if before else self.student_group}:
            assignments.say(assignments.follow_class(student_group))

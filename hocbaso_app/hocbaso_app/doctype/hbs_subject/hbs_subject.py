"""A subject or educational activity of the form, with the Education courses whose results are its results."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document


class HBSSubject(Document):
    """Codes come from the code table; a course belongs to one subject only."""

    def validate(self) -> None:
        """The code must be known; a course may not stand at two subjects."""
        from hocbaso_app.record.code_tables import table

        if self.subject_code not in table("subjects"):
            frappe.throw(_("Subject code {0} is not in the code table.").format(self.subject_code))
        courses = [row.course for row in self.courses]
        if len(set(courses)) != len(courses):
            frappe.throw(_("A course stands twice."))
        taken = frappe.get_all(
            "HBS Subject Course",
            {"course": ("in", courses or [""]), "parent": ("!=", self.name or "")},
            ["course", "parent"],
            order_by="idx",
        )
        if taken:
            frappe.throw(_("Course {0} already belongs to subject {1}.").format(taken[0].course, taken[0].parent))

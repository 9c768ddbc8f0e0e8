"""One record that this site received: its octets, its receipt, and whether it is in force."""

from __future__ import annotations

import frappe

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSReceivedRecord(EvidenceDocument):
    """Its name is the record's code; only a recall changes it, through ``services`` alone."""

    def apply_fieldlevel_read_permissions(self) -> None:
        """Asked by the form and by REST before it is given out: the reading is noted."""
        from hocbaso_app.services import access

        super().apply_fieldlevel_read_permissions()
        access.note_reading(self)


def on_doctype_update() -> None:
    """What figures and reconciliation ask for, and the numbers of receipts."""
    frappe.db.add_index("HBS Received Record", ["unit", "school_year", "name"], "hbs_unit_year")
    counted = ["school_year", "unit", "office", "class_name", "grade", "status", "late"]
    frappe.db.add_index("HBS Received Record", counted, "hbs_figures")
    frappe.db.create_sequence("HBS Received Record", slug="_number_seq", check_not_exists=True, cache=50)

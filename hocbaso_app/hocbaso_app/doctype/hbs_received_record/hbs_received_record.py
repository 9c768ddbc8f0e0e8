"""One record that this site received: its octets, its receipt, and whether it is in force."""

from __future__ import annotations

import frappe

from hocbaso_app.hocbaso_app.documents import EvidenceDocument


class HBSReceivedRecord(EvidenceDocument):
    """Its name is the record's code; only a recall changes it, through ``services`` alone."""


def on_doctype_update() -> None:
    """What figures and reconciliation ask for."""
    frappe.db.add_index("HBS Received Record", ["unit", "school_year", "name"], "hbs_unit_year")

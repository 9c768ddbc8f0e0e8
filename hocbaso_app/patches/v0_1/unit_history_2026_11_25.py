"""Units that were entered before their names and places were kept by date get the first row of each."""

from __future__ import annotations

import frappe

from hocbaso_app.services.units import follow


def execute() -> None:
    """From the day the unit began; nothing else of it changes."""
    for name in frappe.get_all("HBS Unit", pluck="name", order_by="lft"):
        doc = frappe.get_doc("HBS Unit", name)
        if not doc.placements or not doc.names:
            follow.complete(doc)
            for row in (*doc.placements, *doc.names):
                if row.is_new():
                    row.db_insert()

"""Every night: the quality of each school's data, so that an office sees all its schools at once."""

from __future__ import annotations

import frappe

from hocbaso_app.services.quality import score


def count_quality() -> int:
    """One transaction per school; gives how many there are."""
    schools = score.schools_on_this_site()
    for unit, academic_year in schools:
        score.keep(unit, academic_year)
        frappe.db.commit()  # nosemgrep: a long run keeps no lock
    return len(schools)

"""Which school years a school has locked by decision; read once per transaction."""

from __future__ import annotations

import frappe

from hocbaso_app.services.locks import windows
from hocbaso_app.services.locks.order import YEAR, Closing

DOCTYPE = "HBS Year Lock"
DECIDED = "Decided"


def of(unit: str, academic_year: str) -> Closing | None:
    """The year lock in force."""
    known: dict[tuple[str, str], Closing] = windows.kept("hbs_lock_years")
    if not known:
        known["", ""] = Closing(YEAR, "", None, "", "")
        columns = ["name", "unit", "academic_year", "decision_number"]
        for row in frappe.get_all(DOCTYPE, {"status": DECIDED}, columns, order_by="name"):
            known[row.unit, row.academic_year] = Closing(YEAR, row.unit, None, row.decision_number or "", row.name)
    return known.get((unit, academic_year))

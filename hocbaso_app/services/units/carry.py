"""What goes along when a unit comes below another one: what was received since that day, and what waits for a decision.

The unit above is kept beside a received record for counting; no file and no receipt names it. A decision that is
entered later than its day therefore moves what came in between.
"""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services.units import history

KEPT_WITH = ("HBS Received Record", "HBS Received Result")


def carry(unit: str, before: str | None, after: str | None, day: Any) -> dict[str, int]:
    """Of the unit and all below it; gives how many received records and open recall cases went along."""
    units = sorted(history.area_of(unit) | {unit})
    return {"received": _received(units, before, after, day), "cases": _open_cases(units, before)}


def _received(units: list[str], before: str | None, after: str | None, day: Any) -> int:
    record = frappe.qb.DocType(KEPT_WITH[0])
    query = frappe.qb.from_(record).select(record.name).where(record.unit.isin(units) & (record.received_at >= day))
    names = [row[0] for row in query.where(record.office == before).orderby(record.name).run()] if before else []
    for doctype in KEPT_WITH if names else ():
        table = frappe.qb.DocType(doctype)
        frappe.qb.update(table).set(table.office, after).where(table.name.isin(names)).run()
    return len(names)


def _open_cases(units: list[str], before: str | None) -> int:
    """Each goes to the unit that decides now."""
    from hocbaso_app.services.recall_cases import book, clock

    where = {"unit": ("in", units), "office": before or "", "status": ("in", book.OPEN)}
    moved = 0
    for name in frappe.get_all(book.DOCTYPE, where, pluck="name", order_by="name"):
        case = frappe.get_doc(book.DOCTYPE, name, for_update=True)
        office = clock.office_for(case.unit, case.requested_at)
        if office != case.office:
            case.office = office
            book.save(case, "recall goes to the successor", {"from": before, "to": office})
            moved += 1
    return moved

"""School years that there is something to see of, the newest first."""

from __future__ import annotations

import frappe

from hocbaso_app.permissions.scope import scope_of

YEARS_IN = {"HBS Record": "academic_year", "HBS Unit Progress": "academic_year", "HBS Received Record": "school_year"}


def years(user: str) -> list[str]:
    """Of the user's area; the newest year of Education when nothing is there yet."""
    frappe.has_permission("HBS Record", "read", user=user, throw=True)
    known = scope_of(user)
    where = {} if known.everything else {"unit": ("in", sorted(known.units) or [""])}
    found: set[str] = set()
    for doctype, column in YEARS_IN.items():
        found |= set(frappe.get_all(doctype, where, pluck=column, distinct=True, order_by=column))
    found.discard(None)
    if not found:
        found = set(frappe.get_all("Academic Year", pluck="name", order_by="year_start_date desc", limit=1))
    return sorted(found, reverse=True)


def year_of(filters: dict[str, str] | None, user: str) -> str:
    """The year that a report is asked for, else the newest."""
    asked = (filters or {}).get("academic_year")
    return asked or next(iter(years(user)), "")

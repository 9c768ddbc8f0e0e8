"""Endpoints of the comparison with the authority; the work itself is a job."""

from __future__ import annotations

import frappe

from hocbaso_app.jobs import reconciliation as jobs
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.reconciliation import figures, recover


@frappe.whitelist()
def years() -> list[dict[str, str]]:
    """Schools and years that I may compare."""
    return figures.years(frappe.session.user)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def compare(unit: str, school_year: str) -> None:
    """Clerk or principal: compare now; the page hears when it is done."""
    recover.require(unit)
    jobs.wake(unit, school_year, asked_by=frappe.session.user)


@frappe.whitelist(methods=["POST"])
@limited(60, 60 * 60)
def restore(unit: str, school_year: str) -> None:
    """Clerk or principal: bring back what either side lost."""
    recover.require(unit)
    jobs.wake(unit, school_year, recovery=True, asked_by=frappe.session.user)

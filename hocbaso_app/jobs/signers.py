"""Every night: who would fail on the signing days, whose certificate ends, what looks like one signing for many."""

from __future__ import annotations

import frappe

from hocbaso_app import compat
from hocbaso_app.services.enrolment import expiry
from hocbaso_app.services.patterns import finding
from hocbaso_app.services.rehearsal import run


def nightly() -> dict[str, int]:
    """How many warnings, rehearsals and patterns; one school's trouble is not another's."""
    counts = {"warned": _alone("expiry", expiry.warn), "patterns": _alone("patterns", finding.find_all), "rehearsed": 0}
    for unit, year in run.due():
        counts["rehearsed"] += _alone(unit, lambda unit=unit, year=year: int(bool(run.rehearse(unit, year))))
    return counts


def _alone(what: str, step: object) -> int:
    try:
        count = int(step())  # type: ignore[operator]
        if not compat.in_test():
            frappe.db.commit()  # nosemgrep: a scheduled job, one school at a time
        return count
    except Exception:
        if compat.in_test():
            raise
        frappe.db.rollback()
        frappe.log_error(f"HBS signers: {what}", frappe.get_traceback())
        return 0

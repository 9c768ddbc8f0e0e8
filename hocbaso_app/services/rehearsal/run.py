"""One rehearsal: kept, told to those who lead the school and to each person concerned; again daily until all can."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.services import officers, states
from hocbaso_app.services.rehearsal import forecast, signers
from hocbaso_app.setup import roles

DOCTYPE = "HBS Rehearsal"
DAYS = 30
GREEN_HOLDS = timedelta(days=7)
"""So long nothing is asked again once everybody could sign; then once more, since certificates are revoked too."""

MAY = frozenset({roles.PRINCIPAL, roles.SCHOOL_ADMIN, roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER})


def require_may(unit: str) -> None:
    """Who may have a school rehearsed."""
    user = frappe.session.user
    if user != "Administrator" and not (unit in scope_of(user).units and MAY & set(frappe.get_roles(user))):
        frappe.throw(_("Only who leads the school or an office above it starts a rehearsal."), NotYoursError)
    if not frappe.db.exists("HBS Unit", {"name": unit, "kind": "School"}):
        frappe.throw(_("Choose a school."), HbsError)


def rehearse(unit: str, year: str | None = None) -> Any:
    """Try every signer of the school now; gives the kept HBS Rehearsal."""
    year = year or signers.year_of(unit)
    if year is None:
        frappe.throw(_("This school has no assignments yet; enter them first."), HbsError)
        raise AssertionError
    first, last = signers.days(unit, year)
    with states.in_vietnamese():
        found = forecast.of(unit, signers.of(unit, year), ask=True)
    before = latest(unit, year)
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "unit": unit,
            "academic_year": year,
            "rehearsed_at": now_datetime().replace(microsecond=0),
            "run_number": (before.run_number if before else 0) + 1,
            "first_day": first,
            "last_day": last,
            "signers": sum(outcome.signer is not None for outcome in found),
            "ready": sum(outcome.outcome != forecast.FAILS for outcome in found if outcome.signer),
            "failing": sum(outcome.outcome == forecast.FAILS for outcome in found),
            "rows": [_row(outcome) for outcome in found],
        }
    )
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    _tell(doc, before)
    return doc


def latest(unit: str, year: str | None = None) -> Any:
    """The newest one of a school (and year)."""
    where = {"unit": unit, **({"academic_year": year} if year else {})}
    found = frappe.get_all(DOCTYPE, where, pluck="name", order_by="creation desc, name desc", limit=1)
    return frappe.get_doc(DOCTYPE, found[0]) if found else None


def due() -> list[tuple[str, str]]:
    """Schools and years that are to be rehearsed today."""
    days = cint(frappe.get_cached_doc("HBS Settings").get("rehearsal_days")) or DAYS
    found = []
    for unit in frappe.get_all("HBS Unit", {"kind": "School"}, pluck="name", order_by="lft"):
        year = signers.year_of(unit)
        first, last = signers.days(unit, year) if year else (None, None)
        if year and first and last and first - timedelta(days=days) <= getdate() <= last and not _holds(unit, year):
            found.append((unit, year))
    return found


def _holds(unit: str, year: str) -> bool:
    before = latest(unit, year)
    if before is None:
        return False
    if before.rehearsed_at.date() == getdate():
        return True
    return not before.failing and now_datetime() - before.rehearsed_at < GREEN_HOLDS


def _row(outcome: forecast.Outcome) -> dict[str, Any]:
    signer, certificate = outcome.signer, outcome.certificate
    values: dict[str, Any] = {
        "staff": signer.staff.name if signer else None,
        "full_name": outcome.name[:140],
        "work": ", ".join(outcome.work),
        "signing_day": signer.day if signer else None,
        "outcome": outcome.outcome,
        "codes": outcome.codes[:250],
        "reasons": "\n".join(problem.text for problem in outcome.problems),
        "next_step": "\n".join(dict.fromkeys(problem.todo for problem in outcome.problems)),
    }
    if certificate:
        values |= {"certificate": certificate.name, "method": certificate.key_source}
        values |= {"tested_at": certificate.tested_at, "valid_to": certificate.valid_to}
    return values


def _tell(doc: Any, before: Any) -> None:
    """Those who lead hear each time until nobody would fail; a person only when something is new for him."""
    known = {row.staff: row.codes for row in before.rows} if before else {}
    if doc.failing or (before and before.failing):
        with states.in_vietnamese():
            text = _("Rehearsal {0}: {1} of {2} signers are ready, {3} would fail on the signing days.").format(
                doc.run_number, doc.ready, doc.signers, doc.failing
            )
        leading = [*officers.principals(doc.unit), *officers.administrators(doc.unit)]
        officers.tell(leading, text, DOCTYPE, doc.name, _list(doc), f"/app/hbs-readiness/{doc.unit}")
    for row in doc.rows:
        user = frappe.db.get_value("HBS Staff Member", row.staff, "user") if row.staff else None
        if user and row.outcome == forecast.FAILS and known.get(row.staff) != row.codes:
            with states.in_vietnamese():
                text = _("You would not be able to sign on the signing days: {0}").format(
                    row.reasons.replace("\n", " ")
                )
            officers.tell([user], text, DOCTYPE, doc.name, f"<p>{_br(row.next_step)}</p>", "/app/hbs-enrolment")


def _list(doc: Any) -> str:
    rows = [row for row in doc.rows if row.outcome == forecast.FAILS][:20]
    escape = frappe.utils.escape_html
    return "<ul>" + "".join(f"<li>{escape(row.full_name)}: {_br(row.reasons)}</li>" for row in rows) + "</ul>"


def _br(text: str | None) -> str:
    return str(frappe.utils.escape_html(text or "")).replace("\n", "<br>")

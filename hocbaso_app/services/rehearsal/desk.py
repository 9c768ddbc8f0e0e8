"""The page “Ready to sign”: every signer of a school with what he signs with, services, and the last rehearsals."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services.rehearsal import forecast, run, signers
from hocbaso_app.setup import roles

MAY_SEE = frozenset({*run.MAY, roles.CLERK, roles.AUDITOR})


def page(unit: str | None) -> dict[str, Any]:
    """Schools to choose from and one school's signers, tried now without asking the services."""
    schools = _schools()
    if not schools:
        raise NotYoursError(_("Only who leads or oversees a school sees whether it is ready to sign."))
    chosen = unit if unit in schools else next(iter(schools))
    year = signers.year_of(chosen)
    found = forecast.of(chosen, signers.of(chosen, year), ask=False) if year else []
    first, last = signers.days(chosen, year) if year else (None, None)
    rows = [_row(outcome) for outcome in found]
    return {
        "schools": [{"value": name, "label": label} for name, label in schools.items()],
        "unit": chosen,
        "academic_year": year,
        "first_day": str(first) if first else None,
        "last_day": str(last) if last else None,
        "signers": sorted(rows, key=lambda row: (ORDER.index(row["outcome"]), row["name"])),
        "ready": sum(row["outcome"] != forecast.FAILS and row["staff"] is not None for row in rows),
        "total": sum(row["staff"] is not None for row in rows),
        "failing": sum(row["outcome"] == forecast.FAILS for row in rows),
        "services": _services(chosen),
        "runs": _runs(chosen, year),
        "may_rehearse": bool(run.MAY & set(frappe.get_roles())) or frappe.session.user == "Administrator",
    }


ORDER = (forecast.FAILS, forecast.MEND, forecast.READY)


def own(user: str) -> forecast.Outcome | None:
    """The user's own row, at the school where he signs; None for somebody who signs nothing."""
    for unit in frappe.get_all("HBS Staff Member", {"user": user}, pluck="unit", distinct=True, order_by="unit"):
        year = signers.year_of(unit)
        for signer in signers.of(unit, year) if year else []:
            if signer.staff.user == user:
                return forecast.of_one(signer)
    return None


def _schools() -> dict[str, str]:
    from hocbaso_app.services import desk

    user = frappe.session.user
    if user != "Administrator" and not MAY_SEE & set(frappe.get_roles(user)):
        return {}
    return desk.schools_of(user)


def _row(outcome: forecast.Outcome) -> dict[str, Any]:
    signer, certificate = outcome.signer, outcome.certificate
    return {
        "staff": signer.staff.name if signer else None,
        "name": outcome.name,
        "work": outcome.work,
        "outcome": outcome.outcome,
        "problems": [asdict(problem) for problem in outcome.problems],
        "certificate": certificate.name if certificate else None,
        "method": certificate.key_source if certificate else None,
        "tested_at": str(certificate.tested_at) if certificate and certificate.tested_at else None,
        "valid_to": str(certificate.valid_to) if certificate else None,
    }


def _services(unit: str) -> list[dict[str, Any]]:
    """Services that the school's people sign with, and what they answered at the last rehearsal."""
    from hocbaso_app.services.key_sources import kinds

    used = frappe.get_all(
        "HBS Certificate",
        {"unit": unit, "status": "Approved", "key_source": ("in", sorted(kinds.OF_SERVICE))},
        ["service", "name"],
        order_by="service, name",
    )
    last = run.latest(unit)
    silent = {row.certificate for row in last.rows if "SERVICE_UNREACHABLE" in (row.codes or "")} if last else set()
    found: dict[str, dict[str, Any]] = {}
    for row in used:
        name = frappe.db.get_value("HBS Signing Service", row.service, "service_name") or row.service
        entry = found.setdefault(
            row.service, {"name": name, "certificates": 0, "answers": None if last is None else True}
        )
        entry["certificates"] += 1
        if row.name in silent:
            entry["answers"] = False
    return list(found.values())


def _runs(unit: str, year: str | None) -> list[dict[str, Any]]:
    columns = ["name", "rehearsed_at", "run_number", "signers", "ready", "failing"]
    where = {"unit": unit, "academic_year": year}
    return [dict(row) for row in frappe.get_all(run.DOCTYPE, where, columns, order_by="creation desc", limit=10)]

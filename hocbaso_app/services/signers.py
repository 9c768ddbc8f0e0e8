"""Who is to sign the records of a class today: read off assignments and staff entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frappe

from hocbaso_app.record import model
from hocbaso_app.services import deputies, duty


@dataclass(frozen=True)
class Signer:
    """One person, with the substitution that stands in the signed data."""

    full_name: str
    citizen_id: str
    substitution: model.Substitution | None = None
    job_title: str = ""


HOMEROOM = ""
"""Key of the homeroom teacher among the teachers of a class; the others stand under their subject's code."""


def of_class(student_group: str) -> dict[str, Signer]:
    """Subject code → teacher in force today, and the homeroom teacher."""
    rows = frappe.get_all(
        "HBS Teaching Assignment",
        {"student_group": student_group},
        ["staff", "kind", "subject", "from_date", "to_date", "replaces", "decision_number"],
        order_by="name",
    )
    rows = [row for row in rows if duty.in_force(row)]
    people = _people({row.staff for row in rows} | {row.replaces for row in rows if row.replaces})
    found = {}
    for row in rows:
        person, substitution = people[row.staff], None
        if row.replaces:
            substitution = model.Substitution(
                absent_name=people[row.replaces].full_name,
                decision_number=row.decision_number,
                from_date=str(row.from_date),
                to_date=str(row.to_date or row.from_date),
            )
        found[row.subject or HOMEROOM] = Signer(person.full_name, person.citizen_id, substitution)
    return found


def principal_of(unit: str | None) -> Signer | None:
    """Who signs as school manager today: the deputy by decision in its days, else the newest entry."""
    rows = frappe.get_all(
        "HBS Staff Member",
        {"unit": unit or "", "is_principal": 1},
        ["full_name", "citizen_id", "job_title", "from_date", "to_date", *duty.MANAGER],
        order_by="from_date desc, name",
    )
    held = [row for row in rows if duty.in_force(row) and deputies.manages(row)]
    row = next((row for row in held if row.replaces), held[0] if held else None)
    if row is None:
        return None
    substitution = None
    if row.replaces:
        absent = frappe.db.get_value("HBS Staff Member", row.replaces, "full_name")
        substitution = model.Substitution(
            absent_name=absent,
            decision_number=row.decision_number,
            from_date=str(row.replaces_from),
            to_date=str(row.replaces_to),
        )
    return Signer(row.full_name, row.citizen_id, substitution, job_title=row.job_title or "")


def _people(names: set[str]) -> dict[str, Any]:
    rows = frappe.get_all(
        "HBS Staff Member",
        {"name": ("in", list(names) or [""])},
        ["name", "full_name", "citizen_id"],
        order_by="name",
    )
    return {row.name: row for row in rows}

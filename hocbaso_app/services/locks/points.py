"""The check list before a school year is locked: what is open, with every name behind the number."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import states

UNSIGNED, UNRELEASED, UNSENT = "Unsigned records", "Unreleased records", "Unsent records"
RECALLS, FAULTS, MISSING = "Open recalls", "Open faults", "Missing pupils"
STATES = {
    UNSIGNED: states.UNSIGNED,
    UNRELEASED: (states.RELEASE,),
    UNSENT: (states.RELEASED, states.SUBMITTED, states.REJECTED),
    RECALLS: (states.RECALL_REQUESTED, states.RECALLED),
}


def of_year(unit: str, academic_year: str) -> dict[str, list[str]]:
    """Point → “full name (class)” of everybody behind it, in the order of class and name."""
    columns = ["name", "full_name", "student_group", "student", "state", "page_kind", "fault_count"]
    columns += ["fault_details", "returned_remark", "returned_mended", "replaces_code"]
    filters = {"unit": unit, "academic_year": academic_year}
    rows = frappe.get_all("HBS Record", filters, columns, order_by="student_group, name")
    found = {point: [_said(row) for row in rows if row.state in held] for point, held in STATES.items()}
    drafts = [row for row in rows if row.state == states.DRAFT]
    found[RECALLS] += [_said(row) for row in rows if _is_correction(row)]
    found[FAULTS] = [
        _said(row) for row in drafts if row.fault_details or (row.returned_remark and not row.returned_mended)
    ]
    found[MISSING] = _missing(unit, academic_year, {row.student for row in rows if row.page_kind == "CA_NAM"})
    return found


def released_files(unit: str, academic_year: str) -> list[tuple[str, str]]:
    """Record code and SHA-256 of every file of the year that was given out, recalled ones too."""
    record, version = frappe.qb.DocType("HBS Record"), frappe.qb.DocType("HBS Record Version")
    query = (
        frappe.qb.from_(version)
        .join(record)
        .on(record.name == version.record)
        .where((record.unit == unit) & (record.academic_year == academic_year))
        .where(version.status.isin(("Released", "Recalled")))
        .select(version.record_code, version.sha256)
        .orderby(version.record_code)
    )
    return [(code, sha256) for code, sha256 in query.run()]


def _is_correction(row: Any) -> bool:
    """The new version after a recall is not accepted yet."""
    return bool(row.replaces_code) and row.state not in (
        states.ACCEPTED,
        states.RECALL_REQUESTED,
        states.RECALLED,
    )


def _missing(unit: str, academic_year: str, known: set[str]) -> list[str]:
    """Active pupils of the year's classes of grades 1 to 5 without a record of the whole year."""
    from hocbaso_app.education.classes import primary

    assigned = frappe.get_all(
        "HBS Teaching Assignment",
        {"unit": unit, "academic_year": academic_year},
        pluck="student_group",
        distinct=True,
        order_by="student_group",
    )
    rows = frappe.get_all(
        "Student Group Student",
        {"parent": ("in", primary(assigned) or [""]), "active": 1},
        ["student", "student_name", "parent"],
        order_by="parent, idx",
    )
    return [f"{row.student_name} ({row.parent})" for row in rows if row.student not in known]


def _said(row: Any) -> str:
    return f"{row.full_name or row.name} ({row.student_group})"

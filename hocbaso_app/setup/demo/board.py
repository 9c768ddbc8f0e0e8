"""The board of the demo school: the principal leads it, the clerk keeps the seal, the administrator does the rest."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.demo.school import School

DECISION = "12/QĐ-THHP"


def make_board(school: School, unit: str, staff: dict[str, str], started: str) -> str:
    """The decision with its members, made when the unit has no board yet."""
    existing = frappe.db.get_value("HBS Board", {"unit": unit})
    if existing:
        return str(existing)
    known = {school.principal.citizen_id, school.clerk.citizen_id, *(p.citizen_id for p in school.staff)}
    admin = next((name for number, name in staff.items() if number not in known), None)
    members: list[dict[str, Any]] = [
        {"staff": staff[school.principal.citizen_id], "duty": "Chair", "may_lock": 1},
        {"staff": staff[school.clerk.citizen_id], "duty": "Secretary", "may_release": 1},
    ]
    if admin:
        rights = {"may_lock": 1, "may_manage_accounts": 1, "may_manage_certificates": 1}
        members.append({"staff": admin, "duty": "Technical support", **rights})
    board = {
        "doctype": "HBS Board",
        "unit": unit,
        "academic_year": school.school_year,
        "decision_number": DECISION,
        "decision_date": started,
        "members": members,
    }
    return str(frappe.get_doc(board).insert(ignore_permissions=True).name)

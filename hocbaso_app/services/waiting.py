"""What waits for somebody: read off the records' tables, without opening a file."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import duty, states

STAGE_OF = {
    states.CHECKED: "gvbm",
    states.SUBJECT: "gvbm",
    states.HOMEROOM: "gvcn",
    states.MANAGER: "cbql",
    states.RELEASE: "release",
}


def for_user(user: str) -> list[dict[str, Any]]:
    """Rows (stage, class, records, parts) of what the user may sign now; records with a returned remark first."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for staff in frappe.get_all("HBS Staff Member", {"user": user}, ["*"], order_by="name"):
        if not duty.in_force(staff):
            continue
        for record in _open_records(staff):
            stage = STAGE_OF[record.state]
            parts = _parts(record, stage, staff)
            if parts:
                row = rows.setdefault(
                    (stage, record.student_group),
                    {"stage": stage, "student_group": record.student_group, "records": [], "parts": 0},
                )
                row["records"].append(record.name)
                row["parts"] += parts
    return [rows[key] for key in sorted(rows)]


def _open_records(staff: Any) -> list[Any]:
    return frappe.get_list(
        "HBS Record",
        {"unit": staff.unit, "state": ("in", list(STAGE_OF))},
        ["name", "state", "student_group", "full_name", "issue_number"],
        order_by="issue_number desc, name",
        limit_page_length=0,
    )


def _parts(record: Any, stage: str, staff: Any) -> int:
    if stage == "release":
        return int(bool(staff.is_clerk) and duty.may(staff, "release"))
    slots = {
        "parent": record.name,
        "stage": stage,
        "signer_citizen_id": staff.citizen_id,
        "signed_at": ("is", "not set"),
    }
    if stage == "gvcn" and not duty.leads(staff.name, record.student_group):
        return 0
    if stage == "cbql" and not staff.is_principal:
        return 0
    return int(frappe.db.count("HBS Record Slot", slots))

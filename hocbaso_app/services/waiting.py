"""What waits for somebody: read off the records' tables, without opening a file."""

from __future__ import annotations

from collections import Counter
from typing import Any

import frappe

from hocbaso_app.services import deputies, duty, states

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
        found = _open_records(staff)
        counts = _open_parts(found, staff)
        for record in found:
            stage = STAGE_OF[record.state]
            parts = counts.get((record.name, stage), 0)
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


def _open_parts(found: list[Any], staff: Any) -> dict[tuple[str, str], int]:
    """(Record, stage) → how many parts wait for this person; a few queries, whatever the number of records."""
    slot = frappe.qb.DocType("HBS Record Slot")
    mine = (slot.parenttype == "HBS Record") & (slot.signer_citizen_id == staff.citizen_id) & slot.signed_at.isnull()
    query = frappe.qb.from_(slot).where(mine).select(slot.parent, slot.stage).orderby(slot.parent)
    counts = Counter((str(parent), str(stage)) for parent, stage in query.run())
    groups = {record.student_group for record in found if STAGE_OF[record.state] == "gvcn"}
    led = {group for group in groups if duty.leads(staff.name, group)}
    may_release = bool(staff.is_clerk) and duty.may(staff, "release")
    for record in found:
        if STAGE_OF[record.state] == "release" and may_release:
            counts[record.name, "release"] = 1
        if record.student_group not in led:
            counts.pop((record.name, "gvcn"), None)
        if not deputies.manages(staff):
            counts.pop((record.name, "cbql"), None)
    return counts

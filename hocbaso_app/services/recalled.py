"""What this site knows of a recalled file: since when, by which issue it is replaced; the versions of one record."""

from __future__ import annotations

import base64
from typing import Any

import frappe
from frappe.utils import get_datetime

from hocbaso_app.services import convert, files

REQUEST, ITEM = "HBS Recall Request", "HBS Recall Item"
GIVEN_OUT = ("Released", "Recalled", "Taken Back")


def of(version: Any) -> dict[str, Any] | None:
    """Moment of recall and the issue in its place, as far as there is one; ``None`` for a file in force."""
    if version.status != "Recalled":
        return None
    following = frappe.get_all(
        files.DOCTYPE,
        {"record": version.record, "issue_number": (">", version.issue_number), "status": ("in", GIVEN_OUT)},
        ["record_code", "issue_number"],
        order_by="issue_number, name",
        limit=1,
    )
    new = following[0] if following else frappe._dict()
    return {"at": _moment(version), "replaced_by": new.record_code, "replaced_by_issue": new.issue_number}


def successor(version: Any) -> str:
    """Code of what came in the place of a recalled file; empty for others."""
    return str((of(version) or {}).get("replaced_by") or "")


def lines(version: Any) -> dict[str, str]:
    """Label → value for a print of the old file."""
    found = of(version)
    if found is None:
        return {}
    told = {"Đã thu hồi lúc": convert.instant(found["at"])} if found["at"] else {"Tình trạng": "Đã thu hồi"}
    if found["replaced_by"]:
        told["Được thay bằng"] = f"lần phát hành {found['replaced_by_issue']}, mã {found['replaced_by']}"
    return told


def issues(record: str) -> list[dict[str, Any]]:
    """Every file of a record that was ever released, the newest first; for whoever may read the record."""
    frappe.get_doc("HBS Record", record).check_permission("read")
    columns = ["name", "record", "record_code", "issue_number", "status", "released_on"]
    rows = frappe.get_all(
        files.DOCTYPE,
        {"record": record, "released_on": ("is", "set")},
        columns,
        order_by="issue_number desc, file_number desc",
    )
    return [
        {
            "name": row.name,
            "code": row.record_code,
            "issue": row.issue_number,
            "status": row.status,
            "released_on": row.released_on,
            **(of(row) or {}),
            "request": _request(row.name),
        }
        for row in rows
    ]


def _moment(version: Any) -> Any:
    """As the authority's signed list says; where it keeps none, when the decision arrived."""
    from hocbaso_app.exchange import status_list
    from hocbaso_app.record.errors import HocBaSoError
    from hocbaso_app.record.times import read_instant
    from hocbaso_app.services import trust

    name = _request(version.name)
    if not name:
        return None
    kept = frappe.db.get_value(REQUEST, name, ["status_list", "answered_at", "modified"], as_dict=True)
    if kept.status_list:
        try:
            listed = status_list.read(base64.b64decode(kept.status_list), trust.store())
        except HocBaSoError:
            listed = None
        told = listed.recalled.get(version.record_code) if listed else None
        if told:
            return convert.desk_time(read_instant(told))
    return get_datetime(kept.answered_at or kept.modified)


def _request(version: str) -> str | None:
    where = {"version": version, "status": "Approved", "parenttype": REQUEST}
    return frappe.db.get_value(ITEM, where, "parent", order_by="creation desc")

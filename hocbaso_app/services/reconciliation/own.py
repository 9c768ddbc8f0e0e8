"""What this site has of a school's records of one year: each released file, and each record that has none yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exchange.reconciliation.inventory import Own, Progress
from hocbaso_app.services import files, states

_PROGRESS = {
    "Queued": Progress.RELEASED,
    "Claimed": Progress.SENT,
    "Sent": Progress.SENT,
    "Uncertain": Progress.SENT,
    "Acknowledged": Progress.RECEIVED,
    "Rejected": Progress.REFUSED,
    "Taken Back": Progress.WITHDRAWN,
}
"""State of a submission → how far its file is; Needs Attention depends on whether something left."""

_RECORD = ("name", "student", "pupil_code", "student_group", "state", "current_version", "record_code", "issue_number")


def inventory(unit: str, school_year: str) -> list[Own]:
    """Each record once per released file, and once while it has none; then pupils without a record."""
    records = frappe.get_all("HBS Record", {"unit": unit, "school_year": school_year}, list(_RECORD), order_by="name")
    versions = _versions([row.name for row in records])
    sent = _submissions(unit, school_year)
    found: list[Own] = []
    for row in records:
        own = [_of_file(row, version, sent.get(version.name)) for version in versions[row.name]]
        if not any(entry.counts for entry in own):
            code = row.record_code or ""
            own.append(Own(row.name, row.student_group, Progress.UNRELEASED, row.pupil_code or "", code))
        found += own
    begun = {row.student for row in records}
    return [*found, *_not_begun(unit, school_year, begun)]


def _versions(records: Iterable[str]) -> dict[str, list[Any]]:
    """Record → its released files, given out or not in force any more, in their order."""
    found: dict[str, list[Any]] = defaultdict(list)
    names = list(records)
    columns = ["name", "record", "record_code", "issue_number", "sha256", "status"]
    for start in range(0, len(names), 500):
        wanted = {
            "record": ("in", names[start : start + 500]),
            "status": ("in", ("Released", "Recalled", "Taken Back")),
        }
        for row in frappe.get_all(files.DOCTYPE, wanted, columns, order_by="name"):
            found[row.record].append(row)
    return found


def by_message(unit: str, school_year: str) -> dict[str, list[Own]]:
    """Message → the files that went with it, as this site has them."""
    where = {"unit": unit, "school_year": school_year, "message_id": ("is", "set")}
    rows = frappe.get_all("HBS Submission", where, ["record_code", "message_id"], order_by="name")
    messages = {row.record_code: row.message_id for row in rows}
    found: dict[str, list[Own]] = defaultdict(list)
    for own in inventory(unit, school_year):
        if own.sha256 and own.code in messages:
            found[messages[own.code]].append(own)
    return dict(found)


def _submissions(unit: str, school_year: str) -> dict[str, Any]:
    """File → its row in the outbox."""
    where = {"unit": unit, "school_year": school_year}
    columns = ["version", "state", "message_id", "receipt_number"]
    return {row.version: row for row in frappe.get_all("HBS Submission", where, columns, order_by="name")}


def _of_file(record: Any, version: Any, row: Any) -> Own:
    current = version.name == record.current_version
    recalled = version.status == "Recalled"
    progress = Progress.WITHDRAWN if version.status == "Taken Back" else _progress(row)
    return Own(
        record.name,
        record.student_group,
        Progress.RECEIVED if recalled and row is None else progress,
        record.pupil_code or "",
        version.record_code,
        str(version.issue_number),
        version.sha256,
        (row.receipt_number or "") if row else "",
        recalled=recalled,
        counts=current and version.status == "Released",
    )


def _progress(row: Any) -> Progress:
    if row is None:
        return Progress.RELEASED
    if row.state == "Needs Attention":
        return Progress.SENT if row.message_id else Progress.RELEASED
    return _PROGRESS[row.state]


def _not_begun(unit: str, school_year: str, begun: set[str]) -> list[Own]:
    """Pupils on the roll of a class that has records this year, without a record of their own."""
    where = {"unit": unit, "academic_year": school_year}
    groups = frappe.get_all(
        "HBS Teaching Assignment", where, pluck="student_group", distinct=True, order_by="student_group"
    )
    wanted = {"parent": ("in", groups or [""]), "parenttype": "Student Group", "active": 1}
    rows = frappe.get_all("Student Group Student", wanted, ["student", "parent"], order_by="parent, idx")
    missing = [row for row in rows if row.student not in begun]
    return [Own(row.student, row.parent, Progress.NOT_BEGUN) for row in missing]


def mentioned(unit: str, school_year: str) -> dict[str, str]:
    """Record code → where this site tells of it: files that must have been there, whoever has them now."""
    with states.in_vietnamese():
        told: dict[str, str] = {}
        where = {"unit": unit, "school_year": school_year}
        rows = frappe.get_all("HBS Submission", where, ["name", "record_code"], order_by="name")
        told.update({row.record_code: _("submission {0}").format(row.name) for row in rows if row.record_code})
        wanted = {**where, "replaces_code": ("is", "set")}
        replaced = frappe.get_all("HBS Record", wanted, ["name", "replaces_code"], order_by="name")
        told.update({row.replaces_code: _("record {0}, as replaced").format(row.name) for row in replaced})
        told.update(_recalled(unit, school_year))
    return told


def _recalled(unit: str, school_year: str) -> dict[str, str]:
    request, item = frappe.qb.DocType("HBS Recall Request"), frappe.qb.DocType("HBS Recall Item")
    record = frappe.qb.DocType("HBS Record")
    query = frappe.qb.from_(item).join(request).on(request.name == item.parent)
    query = query.join(record).on(record.name == item.record).select(request.name, item.record_code)
    query = query.where((request.unit == unit) & (record.school_year == school_year) & (request.status != "Draft"))
    rows = query.where(item.record_code.isnotnull()).orderby(request.name).run(as_dict=True)
    return {row.record_code: _("recall request {0}").format(row.name) for row in rows}

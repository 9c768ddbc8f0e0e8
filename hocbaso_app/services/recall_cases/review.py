"""What an officer sees before he decides: the claim against the file, the record's issues, who holds the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import format_datetime

from hocbaso_app.services import files, print_store, recall_collect, recall_copies
from hocbaso_app.services.recall_cases import book, decide, ministry
from hocbaso_app.services.receiving import files as received_files

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

RECEIVED = "HBS Received Record"
ISSUE_COLUMNS = ("name", "issue_number", "status", "received_at", "recalled_at", "replaced_by", "receipt_number")


def view(name: str) -> dict[str, Any]:
    """Everything of one case; inside the user's scope."""
    case = frappe.get_doc(book.DOCTYPE, name)
    case.check_permission("read")
    held = frappe.get_doc(RECEIVED, case.received_record)
    document = document_of(held.name)
    return {
        "claim": _claim(case, document),
        "file": _verdict(held.name),
        "issues": _issues(held),
        "copies": _copies(case),
        "forwarded": ministry.forwarded(case),
        "may_decide": case.status in book.OPEN and decide.obstacle(case) is None,
        "obstacle": decide.obstacle(case) if case.status in book.OPEN else None,
    }


def document_of(code: str) -> Document:
    """The file of a received record, after its bytes were compared with the hash of its receipt."""
    from hocbaso_app.record.document import Document

    return Document.parse(received_files.data(code))


def _claim(case: Any, document: Document) -> dict[str, Any]:
    """The value that the school calls wrong, and whether the file really says so."""
    from hocbaso_app.record.diff import values

    if not case.element:
        return {"given": False}
    value = next((v.value for v in values(document.record) if v.path == case.element), None)
    return {
        "given": True,
        "label": case.change_label or case.element,
        "before": case.value_before,
        "after": case.value_after,
        "in_file": value,
        "right": value == case.value_before,
    }


def _verdict(code: str) -> dict[str, str]:
    """Whether the file was valid when it was received."""
    from hocbaso_app.signing.report import VERDICTS_VI

    report = received_files.verified(code).report
    return {"verdict": VERDICTS_VI[report.conclusion], "passed": report.conclusion.value, "sha256": report.sha256}


def _issues(held: Any) -> list[dict[str, Any]]:
    """Every issue of this pupil's year that came here, with what changed from the one before."""
    from hocbaso_app.record.diff import diff

    same = {"pupil_code": held.pupil_code, "school_year": held.school_year, "page": held.page}
    rows = frappe.get_all(RECEIVED, same, list(ISSUE_COLUMNS), order_by="issue_number, received_at, name")
    found: list[dict[str, Any]] = []
    before: Document | None = None
    for row in rows:
        after = document_of(row.name)
        changes = diff(before.record, after.record) if before else ()
        found.append(
            {
                "code": row.name,
                "issue": row.issue_number,
                "status": row.status,
                "received_at": _moment(row.received_at),
                "recalled_at": _moment(row.recalled_at),
                "receipt": row.receipt_number,
                "this": row.name == held.name,
                "changes": [{"label": c.label, "part": c.part, "old": c.old, "new": c.new} for c in changes],
            }
        )
        before = after
    return found


def _copies(case: Any) -> dict[str, Any]:
    """Prints and readings where the school's record is on this site; else the notes say what the school told."""
    version = frappe.db.get_value(files.DOCTYPE, {"record_code": case.record_code, "unit": case.unit})
    if not version:
        return {"known": False, "lines": [], "citing": []}
    lines = frappe.get_all(
        print_store.DOCTYPE,
        {"version": version, "status": print_store.MADE},
        ["kind", "made_at", "made_by", "serial_number", "receiver", "purpose"],
        order_by="made_at, name",
    )
    return {
        "known": True,
        "citing": [_name_of(unit) for unit in recall_collect.citing(case.record_code)],
        "sentence": recall_copies.of_version(version).sentence,
        "lines": [
            {
                "kind": _(row.kind),
                "at": _moment(row.made_at),
                "serial": row.serial_number,
                "receiver": row.receiver,
                "purpose": row.purpose,
            }
            for row in lines
        ],
    }


def _name_of(unit: str) -> str:
    return str(frappe.db.get_value("HBS Unit", unit, "unit_name") or unit)


def _moment(value: Any) -> str | None:
    return format_datetime(value, "HH:mm dd/MM/yyyy") if value else None

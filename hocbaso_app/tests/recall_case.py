"""A received record and a recall case about it, for tests of who may do what with them."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import now_datetime

from hocbaso_app.services.recall_cases import book
from hocbaso_app.setup.demo import authority, portal


def one_case(record: str) -> str:
    """The department receives here, holds the record's file, and is asked to recall it."""
    authority.open_authority("31", portal.department(), "http://127.0.0.1:1")
    frappe.db.set_single_value("HBS Receiving Settings", "recall_tier", "Department")
    doc = frappe.get_doc("HBS Record", record)
    version = frappe.get_doc("HBS Record Version", doc.current_version)
    _kept(
        "HBS Received Record",
        name=version.record_code,
        unit=doc.unit,
        full_name=doc.full_name,
        class_name=doc.class_name,
        school_year=doc.school_year,
        pupil_code=doc.pupil_code,
        page=f"{doc.page_kind} {doc.from_date}",
        issue_number=version.issue_number,
        sha256=version.sha256,
        size=version.size,
        content=version.content,
        received_at=now_datetime(),
        receipt_number="HP-2026-0000001",
        receipt="",
        status="Active",
    )
    case = _kept(
        book.DOCTYPE,
        message="00000000-0000-4000-8000-000000000001",
        position=0,
        unit=doc.unit,
        record_code=version.record_code,
        received_record=version.record_code,
        full_name=doc.full_name,
        reason="Sai điểm Toán",
        requested_by="th-hoaphuong",
    )
    return str(case.name)


def _kept(doctype: str, **values: Any) -> Any:
    doc = frappe.get_doc({"doctype": doctype, **values})
    doc.flags.hbs_service = True
    return doc.insert(ignore_permissions=True, set_name=values.get("name"))

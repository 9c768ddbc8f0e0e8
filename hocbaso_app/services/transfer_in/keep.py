"""Each record handed in: verified, kept as evidence at the school that takes the pupil, linked to the pupil."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.permissions import scope
from hocbaso_app.services import audit, trust
from hocbaso_app.services.transfer_in import opened, standing
from hocbaso_app.setup import roles

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document

DOCTYPE = "HBS Transferred Record"
MAY = frozenset({roles.CLERK, roles.PRINCIPAL})


def receive(unit: str, data: bytes, student: str | None = None) -> list[dict[str, Any]]:
    """Everything in the file, one row a record: kept, kept before, or why not; nothing else of it is stored."""
    _require(unit)
    handed = opened.records_in(data)
    if student and len(handed) > 1:
        frappe.throw(_("Several records are in this package; hand them in without choosing a pupil."), HbsError)
    return [_one(unit, item, student) for item in handed]


def link(name: str, student: str) -> None:
    """The clerk says whose record it is, where neither code nor citizen ID told."""
    doc = frappe.get_doc(DOCTYPE, name, for_update=True)
    doc.check_permission("read")
    _require(doc.unit)
    if doc.student:
        frappe.throw(_("This record is linked to {0} already.").format(doc.student), HbsError)
    _require_pupil(doc.unit, student)
    doc.student = student
    doc.flags.hbs_service = True
    doc.save(ignore_permissions=True)
    audit.write("link transferred record", DOCTYPE, name, doc.unit, {"student": student})


def _one(unit: str, item: opened.HandedIn, student: str | None) -> dict[str, Any]:
    from hocbaso_app.signing.verify import verify

    result = verify(item.data, trust.store())
    if not result.valid:
        why = result.report.findings[0].message_vi if result.report.findings else result.report.conclusion.value
        return {"kept": None, "why": _("Not valid: {0}").format(why)}
    document = result.document
    general = document.record.general
    if general.school_code == unit:
        return {"kept": None, "why": _("{0} is a record of this school itself.").format(general.full_name)}
    known = frappe.db.get_value(DOCTYPE, {"unit": unit, "sha256": document.sha256})
    if known:
        return _row(frappe.get_doc(DOCTYPE, known), again=True)
    return _row(_keep(unit, document, item, student or pupil_of(unit, document)), again=False)


def _keep(unit: str, document: Document, item: opened.HandedIn, student: str | None) -> Any:
    general = document.record.general
    if student:
        _require_pupil(unit, student)
    found = standing.of(document, item.receipt, unit)
    doc = frappe.get_doc(
        {
            "doctype": DOCTYPE,
            "unit": unit,
            "student": student,
            "full_name": general.full_name,
            "pupil_code": general.pupil_code,
            "source_unit": general.school_code,
            "source_school": general.school_name,
            "school_year": general.school_year,
            "class_name": general.class_name,
            "page_kind": general.page_kind,
            "issue_number": int(general.issue_number),
            "record_code": general.record_code,
            "sha256": document.sha256,
            "force": found.force,
            "receipt_number": found.receipt_number or None,
            "replaced_by": found.replaced_by or None,
            "checked_at": now_datetime(),
            "handed_in_by": frappe.session.user,
            "content": base64.b64encode(document.data).decode(),
            "receipt": base64.b64encode(item.receipt).decode() if item.receipt else None,
        }
    )
    doc.flags.hbs_service = True
    doc.insert(ignore_permissions=True)
    facts = {"record_code": general.record_code, "sha256": document.sha256, "force": found.force}
    audit.write("receive transferred record", DOCTYPE, doc.name, unit, facts)
    return doc


def pupil_of(unit: str, document: Document) -> str | None:
    """The pupil of this school with the record's pupil code or citizen ID; ``None`` when there is not exactly one."""
    general = document.record.general
    for field, value in (("hbs_pupil_code", general.pupil_code), ("hbs_citizen_id", general.citizen_id)):
        if value:
            names = frappe.get_all("Student", {field: value}, pluck="name", order_by="name")
            own = [name for name in names if _is_pupil(unit, name)]
            if len(own) == 1:
                return str(own[0])
    return None


def _require_pupil(unit: str, student: str) -> None:
    if not _is_pupil(unit, student):
        frappe.throw(_("{0} is in no class of this school.").format(student), HbsError)


def _is_pupil(unit: str, student: str) -> bool:
    groups = frappe.get_all(
        "Student Group Student", {"student": student, "active": 1}, pluck="parent", order_by="parent"
    )
    found = {"student_group": ("in", groups or [""]), "unit": unit}
    return bool(frappe.db.exists("HBS Teaching Assignment", found))


def _require(unit: str) -> None:
    if not MAY & set(frappe.get_roles()) or not scope.scope_of().sees(DOCTYPE, unit, None):
        frappe.throw(
            _("Only the clerk or the principal of the school receives records of pupils who come."), NotYoursError
        )


def _row(doc: Any, *, again: bool) -> dict[str, Any]:
    columns = ("full_name", "source_school", "school_year", "force", "receipt_number", "student", "replaced_by")
    return {"kept": doc.name, "again": again, **{name: doc.get(name) for name in columns}}

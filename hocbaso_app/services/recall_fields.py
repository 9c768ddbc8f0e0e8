"""Which value of a signed record is wrong: chosen from the verified file, so that “before” is what was released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import files, prints

if TYPE_CHECKING:
    from hocbaso_app.record.diff import Value

OF_ANOTHER_GROUP = frozenset(
    {"MA_HOC_SINH", "MA_TRUONG", "TEN_NAM_HOC", "LOAI_TRANG", "TU_NGAY", "DEN_NGAY", "MA_MON_HOC", "TEN_MON_HOC"}
)
"""Repeated in each subject; what is wrong with them is wrong in the general group."""

OF_THE_FORMAT = frozenset({"PHIEN_BAN", "THONG_TU", "QUY_CHE", "BO_QUY_TAC", "DU_LIEU_THU_NGHIEM", "MA_CAP_HOC"})


def choices(name: str) -> list[dict[str, str]]:
    """What may be named as wrong in a record, in the order of the form."""
    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    return [
        {"path": value.path, "label": full_label(doc, value), "value": value.value, "subject": subject_of(value)}
        for value in _values(doc.current_version)
        if value.element not in OF_THE_FORMAT
        and not (subject_of(value) and value.element in OF_ANOTHER_GROUP)
        and "/LAN_MON[" not in value.path
    ]


def fill(doc: Any, item: Any) -> None:
    """Label, subject and the value before of the field that an item names."""
    if not item.element:
        item.field_label = item.value_before = None
        return
    value = next((v for v in _values(doc.current_version) if v.path == item.element), None)
    if value is None:
        frappe.throw(_("The signed file of {0} has no such field. Choose it again.").format(doc.full_name), HbsError)
        raise AssertionError
    item.field_label, item.value_before = full_label(doc, value)[:140], value.value
    item.part = subject_of(value) or None
    if (item.value_after or "").strip() == value.value:
        frappe.throw(
            _("{0}: “{1}” stands there already. Enter what is right.").format(doc.full_name, value.value), HbsError
        )


def full_label(doc: Any, value: Value) -> str:
    """``Toán – Điểm kiểm tra định kỳ``."""
    code = subject_of(value)
    subject = next((row.subject_name for row in doc.results if row.subject_code == code), None)
    return f"{subject} – {value.label}" if subject else value.label


def subject_of(value: Value) -> str:
    """Code of the subject that a value belongs to; empty outside the subjects."""
    return value.part.removeprefix("mon-") if value.part.startswith("mon-") else ""


def _values(version: str) -> list[Value]:
    """Of a file that verifies; of any other nothing is shown."""
    from hocbaso_app.record.diff import values

    _stored, document = files.load(version)
    verification = prints.verified(document)
    if verification is None or not verification.valid:
        frappe.throw(_("The file of this record does not verify. Open it and look at its signatures."), HbsError)
        raise AssertionError
    return values(verification.record)

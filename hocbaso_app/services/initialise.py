"""From drafts to files: a class's records are made after its year-end summary is confirmed (QĐ Điều 12.k1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import convert, files, owners, records, states, summary
from hocbaso_app.setup import roles

if TYPE_CHECKING:
    from hocbaso_app.record.rules import Fault


def initialise_class(student_group: str, released_at: Any = None) -> dict[str, list[str]]:
    """Make the file of every draft of a class that has no fault; name → faults for the others.

    The release date is the principal's choice (default today); it stands in the signed data.
    """
    summary.left_out(student_group)
    done: list[str] = []
    refused: dict[str, list[str]] = {}
    names = frappe.get_all(
        "HBS Record", {"student_group": student_group, "state": states.DRAFT}, pluck="name", order_by="name"
    )
    for name in names:
        faults = initialise(name, released_at)
        if faults:
            refused[name] = faults
        else:
            done.append(name)
    return {"initialised": done, **({"refused": [f"{n}: {f[0]}" for n, f in refused.items()]} if refused else {})}


def initialise(name: str, released_at: Any = None) -> list[str]:
    """Make one record's file; gives the faults that stand against it, empty when it was made."""
    from hocbaso_app.record.document import build
    from hocbaso_app.record.errors import FormatError
    from hocbaso_app.signing.versions import new_record_code, return_for_correction

    doc = records.locked(name)
    _require_role()
    records.require_state(doc, states.DRAFT)
    left_out = summary.left_out(doc.student_group)
    if doc.student in left_out:
        return _refuse(doc, [summary.sentence(left_out[doc.student])])
    settings = frappe.get_single("HBS Settings")
    day = frappe.utils.getdate(released_at) if released_at else frappe.utils.getdate()
    doc.update(
        {
            "record_code": doc.record_code or new_record_code(),
            "created_at": doc.created_at or convert.desk_time(convert.now()),
            "released_at": frappe.utils.get_datetime(f"{day} 00:00:00"),
            "practice": "Yes" if settings.environment == "practice" else None,
            "rule_pack": settings.rule_pack,
            "circular": settings.circular,
            "regulation": settings.regulation,
            "format_version": settings.format_version,
        }
    )
    record = convert.to_record(doc)
    faults: list[Fault | str] = [*blocking(record, upto="sign")]
    document = None
    if not faults:
        try:
            document = build(record)
        except FormatError as error:
            faults = [error.message_vi]
    if document is None:
        return _refuse(doc, faults)
    note_faults(doc, [])
    if doc.current_version:
        _, earlier = files.load(doc.current_version)
        document = return_for_correction(earlier, document.record)
    doc.returned_remark = None
    doc.current_version = files.create(doc, document).name
    records.save(doc, document, "initialise")
    return []


def _refuse(doc: Any, faults: Sequence[Fault | str]) -> list[str]:
    note_faults(doc, faults)
    said = [owners.sentence(fault) for fault in faults]
    records.save(doc, None, "initialise refused", {"faults": said})
    return said


def open_faults(record: Any, upto: str) -> list[str]:
    """Sentences of the faults that block the step (``sign`` or ``release``)."""
    return [owners.sentence(fault) for fault in blocking(record, upto)]


def blocking(record: Any, upto: str) -> list[Fault]:
    """The faults themselves."""
    from hocbaso_app.record.rules import check

    return [f for f in check(record) if upto == "release" or f.blocks != "release"]


def note_faults(doc: Any, faults: Sequence[Fault | str]) -> None:
    """Show them on the form, and keep whose they are."""
    doc.faults = "\n".join(owners.sentence(fault) for fault in faults) or None
    doc.fault_details = owners.packed(faults)
    doc.fault_count = len(faults)


def _require_role() -> None:
    if not {roles.PRINCIPAL, roles.CLERK} & set(frappe.get_roles()):
        frappe.throw(_("Only the principal or the clerk initialises records."), NotYoursError)

"""From drafts to files: a class's records are made after its year-end summary is confirmed (QĐ Điều 12.k1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError
from hocbaso_app.services import assignments, convert, correct, files, locks, owners, records, rows, states, summary
from hocbaso_app.setup import roles

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document
    from hocbaso_app.record.rules import Fault


def initialise_class(student_group: str, released_at: Any = None) -> dict[str, list[str]]:
    """Make the file of every draft of a class that has no fault; name → faults for the others.

    The release date is the principal's choice (default today); it stands in the signed data.
    """
    done: list[str] = []
    refused: dict[str, list[str]] = {}
    names = frappe.get_all(
        "HBS Record", {"student_group": student_group, "state": states.DRAFT}, pluck="name", order_by="name"
    )
    if not names:
        summary.left_out(student_group)
    for chunk in rows.chunks(names):
        for name, faults in initialise_all(chunk, released_at).items():
            if faults:
                refused[name] = faults
            else:
                done.append(name)
    return {"initialised": done, **({"refused": [f"{n}: {f[0]}" for n, f in refused.items()]} if refused else {})}


def initialise(name: str, released_at: Any = None) -> list[str]:
    """Make one record's file; gives the faults that stand against it, empty when it was made."""
    return initialise_all([name], released_at)[name]


def initialise_all(names: Sequence[str], released_at: Any = None) -> dict[str, list[str]]:
    """The same for several; a fault or a lock of one does not stop the others."""
    documents = records.locked_all(names, drafts=True)
    _require_role()
    for doc in documents:
        records.require_state(doc, states.DRAFT)
    locked = {doc.name: text for doc in documents if (text := locks.sentence(doc))}
    if len(locked) == len(documents):
        locks.require_open_all(documents)
    documents = [doc for doc in documents if doc.name not in locked]
    left_out = {group: summary.left_out(group) for group in dict.fromkeys(doc.student_group for doc in documents)}
    frame = _frame(released_at)
    made: list[tuple[Any, Document]] = []
    moves: list[records.Move] = []
    answers: dict[str, list[str]] = {name: [text] for name, text in locked.items()}
    for doc in documents:
        reason = left_out[doc.student_group].get(doc.student)
        document, faults = (None, [summary.sentence(reason)]) if reason else _make(doc, frame)
        note_faults(doc, faults)
        answers[doc.name] = [] if document else [owners.sentence(fault) for fault in faults]
        if document is None:
            moves.append(records.Move(doc, None, "initialise refused", {"faults": answers[doc.name]}))
            continue
        doc.returned_remark = doc.returned_subject = None
        doc.returned_mended = 0
        made.append((doc, document))
        moves.append(records.Move(doc, document, "initialise"))
    for (doc, _document), version in zip(made, files.create_all(made), strict=True):
        doc.current_version = version.name
    records.save_all(moves)
    return answers


def _frame(released_at: Any) -> dict[str, Any]:
    """Values that initialising brings, the same for every record made now."""
    settings = frappe.get_cached_doc("HBS Settings")
    day = frappe.utils.getdate(released_at) if released_at else frappe.utils.getdate()
    return {
        "created_at": convert.desk_time(convert.now()),
        "released_at": frappe.utils.get_datetime(f"{day} 00:00:00"),
        "practice": "Yes" if settings.environment == "practice" else None,
        "rule_pack": settings.rule_pack,
        "circular": settings.circular,
        "regulation": settings.regulation,
        "format_version": settings.format_version,
    }


def _make(doc: Any, frame: dict[str, Any]) -> tuple[Document | None, Sequence[Fault | str]]:
    """The record's file and the faults that stop only its release; or None and those that stop the file."""
    from hocbaso_app.record.document import build
    from hocbaso_app.record.errors import FormatError
    from hocbaso_app.signing.sign import SigningError
    from hocbaso_app.signing.versions import new_record_code

    version, earlier = files.load(doc.current_version) if doc.current_version else (None, None)
    if earlier:
        assignments.update_draft(doc, earlier)
    own = {"record_code": doc.record_code or new_record_code(), "created_at": doc.created_at or frame["created_at"]}
    doc.update({**frame, **own})
    record = convert.to_record(doc)
    found = blocking(record, upto="release")
    stopping = [fault for fault in found if fault.blocks != "release"]
    if stopping:
        return None, stopping
    try:
        document = build(record)
        return (correct.next_file(doc, version, earlier, document.record) if earlier else document), found
    except (FormatError, SigningError) as error:
        return None, [error.message_vi]


def open_faults(record: Any, upto: str) -> list[str]:
    """Sentences of the faults that block the step (``sign`` or ``release``)."""
    return [owners.sentence(fault) for fault in blocking(record, upto)]


def blocking(record: Any, upto: str) -> list[Fault]:
    """The faults themselves."""
    from hocbaso_app.record.rules import check

    return [f for f in check(record) if upto == "release" or f.blocks != "release"]


def note_faults(doc: Any, faults: Sequence[Fault | str]) -> None:
    """Show on the form those that stop the signing; keep all with whose they are."""
    stopping = [fault for fault in faults if isinstance(fault, str) or fault.blocks != "release"]
    doc.faults = "\n".join(owners.sentence(fault) for fault in stopping) or None
    doc.fault_count = len(stopping)
    doc.fault_details = owners.packed(faults)


def _require_role() -> None:
    if not {roles.PRINCIPAL, roles.CLERK} & set(frappe.get_roles()):
        frappe.throw(_("Only the principal or the clerk initialises records."), NotYoursError)

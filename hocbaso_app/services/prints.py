"""PDFs of records through the core's renderer, from verified bytes; the PDF of a released file is made once and kept.

What is not released prints from unsigned bytes with the draft's watermark and is
not kept. Nothing here asks who may print: :func:`printable` does, and
``services.family`` for parents.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.print_formats.marks import Confirmation, PrintKind
from hocbaso_app.record.errors import FormatError, HocBaSoError
from hocbaso_app.services import convert, drafts, files, initialise, print_store, recalled, receipt, states, trust

if TYPE_CHECKING:
    from hocbaso_app.record.document import Document
    from hocbaso_app.signing.verify import Verification

KINDS = {
    "For information": PrintKind.INFORMATION,
    "With the original": PrintKind.WITH_ORIGINAL,
    "Confirmed by the principal": PrintKind.CONFIRMED,
    "With the original, confirmed by the principal": PrintKind.BOTH,
}
INFORMATION = "For information"
RELEASED, ACCEPTED, RECALLED = "Released", "Accepted", "Recalled"
MARKS = {RELEASED: None, ACCEPTED: None, RECALLED: "recalled"}


@dataclass(frozen=True)
class Made:
    """A PDF. ``print_name`` is its HBS Print, ``None`` for a draft that is not kept."""

    data: bytes
    file_name: str
    print_name: str | None
    version: str | None


def printable(name: str) -> Any:
    """The HBS Record when the user may read and print it; Frappe's own refusal else."""
    doc = frappe.get_doc("HBS Record", name)
    doc.check_permission("read")
    doc.check_permission("print")
    return doc


def kind_of(label: str) -> PrintKind:
    """The core's kind of a label of the desk."""
    if label not in KINDS:
        frappe.throw(_("There is no such kind of print: {0}").format(label), HbsError)
    return KINDS[label]


def pdf(doc: Any, kind: str = INFORMATION, version: str | None = None) -> Made:
    """The PDF of a record's current file, or of an earlier version that was released."""
    wanted = kind_of(kind)
    stored, document = document_of(doc, version)
    status = status_of(stored)
    name = file_name(document, "pdf")
    if status is None:
        data = render(document, verified(document), wanted, mark="draft")
        return Made(data, name, None, stored.name if stored else None)
    if wanted.needs_confirmation:
        kept = _confirmed(stored.name, kind)
        if kept is None or status == RECALLED:
            return Made(render(document, verified(document), wanted, MARKS[status]), name, None, stored.name)
    else:
        kept = print_store.find(stored.name, kind, status, recalled.successor(stored))
    if kept is None:
        verification = verified(document)
        data = render(document, verification, wanted, MARKS[status], version=stored.name)
        if verification is None or not verification.valid:
            return Made(data, name, None, stored.name)
        new = print_store.new(doc, stored, kind)
        kept = print_store.keep(new, data, document, status, recalled.successor(stored))
    return Made(print_store.read(kept), name, kept.name, stored.name)


def document_of(doc: Any, version: str | None = None) -> tuple[Any, Document]:
    """The stored file and what is in it; for a draft the values of the desk as an unsigned file, and no stored one."""
    from hocbaso_app.record.document import build

    if version and frappe.db.get_value(files.DOCTYPE, version, "record") != doc.name:
        frappe.throw(_("{0} is not a file of this record.").format(version), frappe.DoesNotExistError)
    if version or (doc.state != states.DRAFT and doc.current_version):
        return files.load(version or doc.current_version)
    record = drafts.as_if_initialised(convert.to_record(doc))
    try:
        return None, build(record)
    except FormatError as error:
        faults = initialise.open_faults(record, upto="sign")
        first = faults[0] if faults else error.message_vi
        frappe.throw(_("{0} can't be shown as a form yet: {1}").format(doc.full_name or doc.name, first), HbsError)
    raise AssertionError


def status_of(version: Any) -> str | None:
    """How a stored file stands: released, accepted, recalled; ``None`` before release."""
    if version is None or not version.released_on:
        return None
    if version.status != "Released":
        return RECALLED
    return ACCEPTED if receipt.lines(version.name) else RELEASED


def verified(document: Document) -> Verification | None:
    """The verification up to the last stage that is signed; ``None`` while subject teachers still sign."""
    from hocbaso_app.services.long_term import book
    from hocbaso_app.signing.slots import Stage, expected_slots
    from hocbaso_app.signing.verify import verify

    open_stages = {slot.stage for slot in expected_slots(document.record) if not document.slot(slot.id)}
    reached = [stage for stage in Stage if stage not in open_stages]
    if not reached or open_stages & {s for s in Stage if s.order <= reached[-1].order}:
        return None
    evidence = book.beside(document.sha256) if reached[-1] is Stage.RELEASE else None
    return verify(document, trust.store(), stage=reached[-1], evidence=evidence)


def render(
    document: Document,
    verification: Verification | None,
    kind: PrintKind,
    mark: str | None = None,
    confirmation: Confirmation | None = None,
    version: str | None = None,
) -> bytes:
    """The core's PDF, with the receipt of ``version``; its refusals as sentences of the desk."""
    from hocbaso_app.print_formats.pdf import render as render_pdf

    try:
        return render_pdf(
            document,
            verification=verification,
            mark=mark,
            kind=kind,
            confirmation=confirmation,
            receipt=facts(version) if version else None,
            link=receipt.link(version) if version else None,
        )
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
    raise AssertionError


def facts(version: str) -> dict[str, str]:
    """What a print says beside the record: the receipt, and for a recalled file since when and what replaces it."""
    stored = frappe.get_doc(files.DOCTYPE, version)
    return receipt.lines(version) | recalled.lines(stored)


def file_name(document: Document, suffix: str) -> str:
    """``hoc-ba-nguyen-van-a-2024-2025-lan-1.pdf``."""
    general = document.record.general
    return f"hoc-ba-{plain(general.full_name)}-{general.school_year}-lan-{general.issue_number}.{suffix}"


def plain(text: str) -> str:
    """A Vietnamese text as a file name that every computer takes."""
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in letters if not unicodedata.combining(c))
    return "-".join(filter(None, kept.lower().split("-")))


def _confirmed(version: str, kind: str) -> Any:
    """The newest print of this kind that the principal confirmed."""
    values = {"version": version, "kind": kind, "status": print_store.MADE}
    names = frappe.get_all(print_store.DOCTYPE, values, pluck="name", order_by="made_at desc, name desc", limit=1)
    return frappe.get_doc(print_store.DOCTYPE, names[0]) if names else None

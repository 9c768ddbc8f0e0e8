"""Endpoints of printing: PDFs, the original, the register of confirmed prints, a class in one go.

PDFs open in the browser, so these endpoints are read with GET; they change no record.
"""

from __future__ import annotations

from typing import Any, Literal

import frappe
from frappe.rate_limiter import rate_limit
from frappe.utils import print_format as frappes_own

from hocbaso_app.jobs import prints as jobs
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import access, handover, preview, print_register, print_runs, print_store, prints
from hocbaso_app.services import receipt as receipts


@frappe.whitelist(methods=["GET", "POST"])
@limited(300, 60 * 60)
def record_pdf(name: str, kind: str = prints.INFORMATION, version: str | None = None) -> None:
    """The PDF of one record; the same bytes each time once it is released."""
    doc = prints.printable(name)
    made = prints.pdf(doc, kind, version)
    access.note(doc, access.PRINTED, access.PRINT, version=made.version)
    _send(made.data, made.file_name, "pdf")


@frappe.whitelist(methods=["GET", "POST"])
@limited(300, 60 * 60)
def original(name: str, version: str | None = None) -> None:
    """The exact bytes of a released file."""
    data, file_name, _stored = handover.original(name, version)
    _send(data, file_name, "download")


@frappe.whitelist(methods=["GET", "POST"])
@limited(300, 60 * 60)
def receipt(name: str) -> None:
    """The sealed receipt of a record, to be verified anywhere (``hocbaso receipt``)."""
    data, file_name = receipts.file(name)
    _send(data, file_name, "download")


@frappe.whitelist(methods=["GET", "POST"])
@limited(300, 60 * 60)
def package(name: str, purpose: str | None = None) -> None:
    """Print, original and receipt of one pupil with a list of SHA-256, as a zip."""
    data, file_name = handover.package(name, purpose)
    _send(data, file_name, "download")


@frappe.whitelist(methods=["GET", "POST"])
@limited(300, 60 * 60)
def stored_pdf(name: str) -> None:
    """The bytes of an HBS Print."""
    line = frappe.get_doc(print_store.DOCTYPE, name)
    line.check_permission("read")
    doc = prints.printable(line.record)
    access.note(doc, access.PRINTED, access.PRINT, version=line.version, purpose=line.purpose)
    _send(print_store.read(line), f"{line.name}.pdf", "pdf")


@frappe.whitelist(methods=["POST"])
def ask_confirmation(name: str, purpose: str, receiver: str | None = None, kind: str = print_register.CONFIRMED) -> str:
    """A line in the register that waits for the principal."""
    return str(print_register.ask(name, purpose, receiver, kind).name)


@frappe.whitelist(methods=["POST"])
def confirm(name: str, serial: str | None = None) -> dict[str, Any]:
    """The principal confirms a line of the register; serial number and hash of the print made."""
    made = print_register.confirm(name, serial)
    return {"name": made.name, "serial_number": made.serial_number, "pdf_sha256": made.pdf_sha256}


@frappe.whitelist(methods=["POST"])
def refuse(name: str, reason: str) -> None:
    """The principal does not confirm."""
    print_register.refuse(name, reason)


@frappe.whitelist(methods=["POST"])
@rate_limit(limit=60, seconds=60 * 60)
def print_class(student_group: str, kind: str = prints.INFORMATION) -> str:
    """The name of the run that prints a class in the background."""
    run = print_runs.start(student_group, kind)
    jobs.wake(run)
    return str(run.name)


@frappe.whitelist(methods=["POST"])
def print_class_again(name: str) -> str:
    """Start a run again that ended badly."""
    run = print_runs.start_again(name)
    jobs.wake(run)
    return str(run.name)


@frappe.whitelist(allow_guest=True)  # as Frappe's own; the record's permission is asked below
@limited(300, 60 * 60)
def download_pdf(
    doctype: str,
    name: str,
    format: str | None = None,  # noqa: A002  (Frappe's name)
    doc: Any = None,
    no_letterhead: Any = 0,
    language: str | None = None,
    letterhead: str | None = None,
    pdf_generator: Literal["wkhtmltopdf", "chrome"] | None = None,
) -> None:
    """In place of Frappe's endpoint: the button “PDF” of the print view gives the core's PDF of a record."""
    if doctype == preview.DOCTYPE:
        record_pdf(name)
        return
    frappes_own.download_pdf(doctype, name, format, doc, no_letterhead, language, letterhead, pdf_generator)


def _send(data: bytes, file_name: str, kind: str) -> None:
    frappe.local.response.filename = file_name
    frappe.local.response.filecontent = data
    frappe.local.response.type = kind

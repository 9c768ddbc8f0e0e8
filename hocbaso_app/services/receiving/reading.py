"""Reading a received record on the desk: the core's form from verified bytes; who read it is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import frappe

from hocbaso_app.services import access, convert, prints
from hocbaso_app.services.receiving import files

if TYPE_CHECKING:
    from hocbaso_app.signing.verify import Verification

DOCTYPE = "HBS Received Record"
VIEW_ONLY = "BẢN XEM"


def page(name: str) -> str:
    """The whole page for a screen, with its own style; nothing in it comes from the desk's fields."""
    from hocbaso_app.print_formats.form import make_form
    from hocbaso_app.print_formats.html import render_html

    doc = _readable(name)
    verification = files.verified(name)
    document = verification.document
    form = make_form(document, verification=verification, mark=_mark(doc) or VIEW_ONLY, receipt=_facts(doc))
    access.note(doc, access.OPENED, access.VIEW)
    return render_html(form, sha256=document.sha256, link=doc.lookup_link)


def pdf(name: str) -> tuple[bytes, str]:
    """The PDF and a name for it."""
    from hocbaso_app.print_formats.pdf import render

    doc = _readable(name)
    doc.check_permission("print")
    verification = files.verified(name)
    document = verification.document
    data = render(document, verification=verification, mark=_mark(doc), receipt=_facts(doc), link=doc.lookup_link)
    access.note(doc, access.PRINTED, access.PRINT)
    return data, prints.file_name(document, "pdf")


def original(name: str) -> tuple[bytes, str]:
    """The very octets, and a name for them."""
    doc = _readable(name)
    verification = files.verified(name)
    access.note(doc, access.ORIGINAL, access.PRINT)
    return files.data(name), prints.file_name(verification.document, "xml")


def verdict(name: str) -> dict[str, Any]:
    """How the file stands: verified as of its receipt, once more, for the head of the form."""
    _readable(name)
    found: Verification = files.verified(name)
    report = found.report
    return {
        "valid": found.valid,
        "signatures": [
            {"role": s.role, "signer": s.signer, "at": s.claimed_time, "passed": s.indication.name == "PASSED"}
            for s in report.signatures
        ],
    }


def _readable(name: str) -> Any:
    doc = frappe.get_doc(DOCTYPE, name)
    doc.check_permission("read")
    return doc


def _mark(doc: Any) -> str | None:
    if doc.status != "Recalled":
        return None
    return "replaced" if doc.replaced_by else "recalled"


def _facts(doc: Any) -> dict[str, str]:
    facts = {"Số biên nhận": doc.receipt_number, "Tiếp nhận lúc": convert.instant(doc.received_at)}
    if doc.late:
        facts["Thời hạn"] = "Nộp muộn"
    if doc.recalled_at:
        facts["Đã thu hồi lúc"] = convert.instant(doc.recalled_at)
    if doc.replaced_by:
        facts["Được thay bằng"] = doc.replaced_by
    return facts

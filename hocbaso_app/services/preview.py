"""The core's HTML of a record for Frappe's print view: the only way it is shown there, always with a watermark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from markupsafe import Markup

from hocbaso_app.exceptions import HbsError
from hocbaso_app.services import access, prints, receipt

DOCTYPE = "HBS Record"
FORMAT = "Học bạ số – bản xem"
VIEW_ONLY = "BẢN XEM"


def record_preview(doc: Any) -> Markup:
    """For Jinja. Only the name is taken from ``doc``, which a request may have made up; all else is read anew."""
    record = prints.printable(str(doc.get("name")))
    page = page_of(record, mark=VIEW_ONLY)
    access.note(record, access.OPENED, access.VIEW)
    style = page[page.index("<style>") : page.index("</style>")]
    body = page[page.index(">", page.index("<body")) + 1 : page.rindex("</body>")]
    return Markup(f'<div class="hbs-preview">{style}{PRINT_STYLE}</style>{body}</div>')  # noqa: S704  (the core's own)


PRINT_STYLE = """
.print-format { max-width: none; padding: 0; }
.hbs-preview { text-align: left; }
"""


def page_of(record: Any, version: str | None = None, mark: str | None = None) -> str:
    """The core's whole page for a screen; a draft or recalled file carries that mark first."""
    from hocbaso_app.print_formats.form import make_form
    from hocbaso_app.print_formats.html import render_html

    stored, document = prints.document_of(record, version)
    status = prints.status_of(stored)
    state_mark = prints.MARKS[status] if status else "draft"
    lines = prints.facts(stored.name) if status else {}
    form = make_form(document, verification=prints.verified(document), mark=state_mark or mark, receipt=lines)
    return render_html(form, sha256=document.sha256, link=receipt.link(stored.name) if status else None)


def body_html(jenv: Any, template: Any, print_format: Any, args: Mapping[str, Any]) -> str:
    """Hook ``pdf_body_html``: whatever format was asked for, a record looks as the core shows it."""
    if args["doc"].doctype == DOCTYPE:
        return str(record_preview(args["doc"]))
    others = [hook for hook in frappe.get_hooks("pdf_body_html") if not hook.startswith(f"{__name__}.")]
    return frappe.get_attr(others[-1])(jenv=jenv, template=template, print_format=print_format, args=args)


def refuse_other_formats(doc: Any, method: str | None = None) -> None:
    """``doc_events`` of Print Format: no home-made form of a record, whoever makes it."""
    if doc.doc_type == DOCTYPE and doc.name != FORMAT:
        frappe.throw(_("A digital record has one print form, the ministry's. It is not made anew here."), HbsError)

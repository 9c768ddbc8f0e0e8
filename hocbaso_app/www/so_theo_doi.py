"""/so-theo-doi/<token>: a class's summary book; the renderer in ``api.public`` has opened the link already."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services.public import book_page

no_cache = 1


def get_context(context: Any) -> None:
    """What the link allows; without the renderer there is no such page."""
    said = getattr(frappe.local, "hbs_book", None)
    if not isinstance(said, book_page.Opened):
        raise frappe.PageDoesNotExistError
    frappe.local.lang = "vi"
    context.no_breadcrumbs = True
    context.hide_footer_signup = True
    context.title = "Sổ theo dõi và đánh giá học sinh"
    context.update(book_page.words(said))

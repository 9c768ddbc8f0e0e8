"""/tra-cuu: what anyone may know of a record; the renderer in ``api.public`` has asked already."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.services.public import answers, page

no_cache = 1


def get_context(context: Any) -> None:
    """The answer in words; without the renderer (a site that is none of the authority's) there is no such page."""
    said = getattr(frappe.local, "hbs_answer", None)
    if not isinstance(said, answers.Answer):
        raise frappe.PageDoesNotExistError
    frappe.local.lang = "vi"
    context.no_breadcrumbs = True
    context.hide_footer_signup = True
    context.title = _("Look up a digital record")
    context.update(page.words(said))

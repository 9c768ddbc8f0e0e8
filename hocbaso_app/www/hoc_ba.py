"""/hoc-ba: a parent's list of his children's released records."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.services import family

no_cache = 1


def get_context(context: Any) -> None:
    """Login first; then the children."""
    if frappe.session.user == "Guest":
        frappe.local.flags.redirect_location = "/login?redirect-to=/hoc-ba"
        raise frappe.Redirect(302)
    context.no_breadcrumbs = True
    context.hide_footer_signup = True
    context.title = _("Digital records of my children")
    context.children = family.overview()

"""What is refused before a request reaches any code."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError


def refuse_expanded_links() -> None:
    """Hook ``before_request``: REST gives out whole linked documents without asking for their permission."""
    if "/HBS " in frappe.request.path and frappe.form_dict.get("expand_links"):
        frappe.throw(_("Ask for each linked document by itself."), NotYoursError)

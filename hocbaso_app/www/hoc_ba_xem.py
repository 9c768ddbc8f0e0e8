"""/hoc-ba-xem: one released record of an own child, laid out for a phone."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.services import family

no_cache = 1


def get_context(context: Any) -> None:
    """Login first; what is not an own child's is not found."""
    family.log_in_first()
    context.no_breadcrumbs = True
    context.hide_footer_signup = True
    try:
        shown = family.page(str(frappe.form_dict.name or ""), frappe.form_dict.version)
    except frappe.DoesNotExistError as error:
        # Frappe's own "not found" page would be kept for this address and shown to the right parent too
        frappe.clear_last_message()
        context.update({"http_status_code": 404, "title": _("Not found"), "message": str(error)})
        return
    context.update(shown)
    context.title = shown["record"].full_name

"""A form saves its own rows only: a row's name sent along with other values could take it out of another form."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import NotYoursError


def own_rows_only(doc: Any, method: str | None = None) -> None:
    """Hook ``validate``: every named row was this document's before."""
    before = doc.get_doc_before_save()
    if before is None:
        return
    for field in doc.meta.get_table_fields():
        known = {row.name for row in before.get(field.fieldname)}
        if any(row.name and not row.get("__islocal") and row.name not in known for row in doc.get(field.fieldname)):
            frappe.throw(_("A row of another document was sent along. Load the form again."), NotYoursError)

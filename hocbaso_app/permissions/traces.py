"""What Frappe notes beside a record (changes, comments, tags, views) tells of the pupil too.

Frappe lets a System Manager, for tags everybody, list these notes whatever document they belong to. The form shows
them past these hooks, to those who may read the record.
"""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.scoped import SCOPED_DOCTYPES

COLUMN = {
    "Activity Log": "reference_doctype",
    "Comment": "reference_doctype",
    "Deleted Document": "deleted_doctype",
    "Tag Link": "document_type",
    "Version": "ref_doctype",
    "View Log": "reference_doctype",
}
"""DocType of the note → the column that names the DocType it belongs to."""


def query_conditions(user: str | None = None, doctype: str = "") -> str:
    """Hook ``permission_query_conditions``: notes on our documents are in no list."""
    if (user or frappe.session.user) == "Administrator":
        return ""
    ours = ", ".join(frappe.db.escape(name) for name in SCOPED_DOCTYPES)
    return f"(ifnull(`tab{doctype}`.`{COLUMN[doctype]}`, '') not in ({ours}))"


def has_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
    """Hook ``has_permission``: the same for one note."""
    return doc.get(COLUMN[doc.doctype]) not in SCOPED_DOCTYPES

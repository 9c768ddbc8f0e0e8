"""The DocTypes that belong to a unit, and the rows of their forms; read by the hooks and by :mod:`.scope`."""

from __future__ import annotations

SCOPED_DOCTYPES = (
    "HBS Unit",
    "HBS Staff Member",
    "HBS Board",
    "HBS Teaching Assignment",
    "HBS Summary Confirmation",
    "HBS Certificate",
    "HBS Record",
    "HBS Record Version",
    "HBS Signing Batch",
    "HBS Audit Entry",
    "HBS Submission",
    "HBS Exchange Log",
    "HBS Portal Account",
    "HBS Recall Request",
    "HBS Print",
    "HBS Print Run",
    "HBS Access Log",
    "HBS Refused Access",
    "HBS Finding",
    "HBS Schedule",
    "HBS Recall Case",
)

ROWS_OF = {
    "HBS Board Member": "HBS Board",
    "HBS Recall Item": "HBS Recall Request",
    "HBS Recall Note": "HBS Recall Case",
    "HBS Record History": "HBS Record",
    "HBS Record Result": "HBS Record",
    "HBS Record Slot": "HBS Record",
    "HBS Schedule Stage": "HBS Schedule",
    "HBS Signing Batch Item": "HBS Signing Batch",
    "HBS Unconfirmed Pupil": "HBS Summary Confirmation",
}
"""Rows → the form they belong to; Frappe lists rows of all forms to whoever may read one."""

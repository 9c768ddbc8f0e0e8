"""What the rules say against each draft, and who must mend it."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows, one per fault; ``owner`` in the filters narrows to one name."""
    from hocbaso_app.services import open_work

    frappe.has_permission("HBS Record", "read", throw=True)
    filters = filters or {}
    scoped = open_work.Scoped(frappe.session.user, filters)
    team = open_work.Team(scoped)
    wanted = (filters.get("owner") or "").lower()
    names = open_work.subject_names()
    rows = []
    for draft in open_work.drafts_with_faults(scoped):
        for fault in open_work.faults_of(draft):
            people = ", ".join(person.name for person in open_work.owner(fault, draft, team))
            if wanted in people.lower():
                subject = fault.get("subject") or ""
                rows.append(
                    {
                        "record": draft.name,
                        "full_name": draft.full_name,
                        "student_group": draft.student_group,
                        "fault": fault["text"],
                        "owner": people,
                        "field_of": _(fault["owner"]),
                        "subject": subject,
                        "subject_name": names.get(subject, subject) or "–",
                    }
                )
    return _columns(), rows


def _columns() -> list[dict[str, Any]]:
    group = {"fieldname": "student_group", "label": _("Class"), "fieldtype": "Data"}
    record = {"fieldname": "record", "label": _("HBS Record"), "fieldtype": "Link", "options": "HBS Record"}
    return [
        {**group, "width": 80},
        {"fieldname": "full_name", "label": _("Pupil"), "fieldtype": "Data", "width": 170},
        {"fieldname": "fault", "label": _("Fault"), "fieldtype": "Data", "width": 460},
        {"fieldname": "owner", "label": _("Who mends it"), "fieldtype": "Data", "width": 170},
        {"fieldname": "field_of", "label": _("Whose field"), "fieldtype": "Data", "width": 150},
        {"fieldname": "subject_name", "label": _("Subject"), "fieldtype": "Data", "width": 130},
        {**record, "width": 160},
    ]

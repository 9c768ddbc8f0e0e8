"""Parts that wait for a signature: whose, which class and subject, since when, until when."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns and rows; ``signer`` in the filters narrows to one name."""
    from hocbaso_app.services import open_work

    wanted = (filters or {}).get("signer")
    rows = [
        {
            "signer": work.names,
            "student_group": work.student_group,
            "stage": _(work.stage),
            "subject": work.subject_name or "–",
            "pupils": work.pupils,
            "since": work.since,
            "due": work.due,
            "late": int(work.late),
        }
        for work in open_work.open_work(frappe.session.user, filters)
        if work.kind in (open_work.SIGN, open_work.RELEASE) and (not wanted or wanted.lower() in work.names.lower())
    ]
    return _columns(), sorted(rows, key=lambda row: (-row["late"], row["student_group"], row["signer"]))


def _columns() -> list[dict[str, Any]]:
    group = {"fieldname": "student_group", "label": _("Class"), "fieldtype": "Data"}
    return [
        {"fieldname": "signer", "label": _("Who signs"), "fieldtype": "Data", "width": 200},
        {**group, "width": 90},
        {"fieldname": "stage", "label": _("Stage"), "fieldtype": "Data", "width": 180},
        {"fieldname": "subject", "label": _("Subject"), "fieldtype": "Data", "width": 180},
        {"fieldname": "pupils", "label": _("Pupils"), "fieldtype": "Int", "width": 105},
        {"fieldname": "since", "label": _("Since"), "fieldtype": "Date", "width": 110},
        {"fieldname": "due", "label": _("Until"), "fieldtype": "Date", "width": 110},
        {"fieldname": "late", "label": _("Late"), "fieldtype": "Check", "width": 95},
    ]

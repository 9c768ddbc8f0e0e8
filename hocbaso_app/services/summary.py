"""The confirmed year-end summary of a class, and the pupils it leaves out for now (QĐ Điều 12.k1)."""

from __future__ import annotations

import frappe
from frappe import _

from hocbaso_app.exceptions import StepOrderError


def left_out(student_group: str) -> dict[str, str]:
    """Pupil → why his year is not confirmed yet, by the class's newest confirmation; refuses a class without one."""
    newest = frappe.get_all(
        "HBS Summary Confirmation",
        {"student_group": student_group},
        pluck="name",
        order_by="creation desc, name desc",
        limit=1,
    )
    if not newest:
        frappe.throw(
            _(
                "The year-end summary of {0} is not confirmed yet. The principal confirms it first (Article 12.1)."
            ).format(student_group),
            StepOrderError,
        )
    rows = frappe.get_all(
        "HBS Unconfirmed Pupil",
        {"parent": newest[0], "parenttype": "HBS Summary Confirmation"},
        ["student", "reason", "note"],
        order_by="idx",
    )
    reasons = {row.student: ": ".join(text for text in (_(row.reason), row.note) if text) for row in rows}
    return {**dict.fromkeys(_gone(student_group), _("not in this class any more")), **reasons}


def _gone(student_group: str) -> list[str]:
    """Pupils with a draft of the whole year in this class who are not in it any more."""
    members = frappe.get_all(
        "Student Group Student", {"parent": student_group, "active": 1}, pluck="student", order_by="idx"
    )
    drafts = {"student_group": student_group, "state": "Draft", "page_kind": "CA_NAM"}
    return list(
        frappe.get_all(
            "HBS Record", {**drafts, "student": ("not in", members or [""])}, pluck="student", order_by="name"
        )
    )


def sentence(reason: str) -> str:
    """What the person who initialises reads about a pupil left out."""
    return _("The year is not confirmed yet ({0}). The principal confirms the class again when it is.").format(reason)

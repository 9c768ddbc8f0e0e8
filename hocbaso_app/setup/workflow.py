"""The Frappe Workflow that shows the stages on the desk and says which role may cause which move.

A move is made by a service; the Workflow is a second gate behind it. Its
transitions hold only while a service saves (``frappe.session.hbs_service``), so
the standard Actions menu, bulk approval and REST can't step over a signature.
Created when missing; an administrator's changes stay. Its states and actions are
closed lists and come as fixtures.
"""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import states
from hocbaso_app.setup import roles

NAME = "Học bạ số"
CONDITION = 'frappe.session.get("hbs_service")'

TEACHERS = (roles.SUBJECT_TEACHER, roles.HOMEROOM_TEACHER)
RETURNERS = (roles.HOMEROOM_TEACHER, roles.PRINCIPAL)
ASSIGNERS = (roles.PRINCIPAL, roles.SCHOOL_ADMIN, "System Manager")
"""Who changes assignments and staff entries; open tasks move with them."""

OFFICERS = (roles.OFFICE_OFFICER, roles.DEPARTMENT_OFFICER)

MOVES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (states.DRAFT, "Initialise", states.INITIALISED, (roles.PRINCIPAL, roles.CLERK)),
    (states.INITIALISED, "Confirm check", states.CHECKED, TEACHERS),
    (states.INITIALISED, "Confirm check", states.SUBJECT, TEACHERS),
    (states.INITIALISED, "Confirm check", states.HOMEROOM, TEACHERS),
    (states.INITIALISED, "Report fault", states.DRAFT, (*TEACHERS, roles.PRINCIPAL)),
    (states.CHECKED, "Report fault", states.DRAFT, (*TEACHERS, roles.PRINCIPAL)),
    (states.CHECKED, "Sign", states.SUBJECT, TEACHERS),
    (states.CHECKED, "Sign", states.HOMEROOM, TEACHERS),
    (states.SUBJECT, "Sign", states.HOMEROOM, TEACHERS),
    (states.HOMEROOM, "Sign", states.MANAGER, (roles.HOMEROOM_TEACHER,)),
    (states.MANAGER, "Sign", states.RELEASE, (roles.PRINCIPAL,)),
    (states.RELEASE, "Release record", states.RELEASED, (roles.CLERK,)),
    (states.SUBJECT, "Return record", states.DRAFT, RETURNERS),
    (states.HOMEROOM, "Return record", states.DRAFT, RETURNERS),
    (states.MANAGER, "Return record", states.DRAFT, RETURNERS),
    (states.RELEASE, "Return record", states.DRAFT, RETURNERS),
    (states.CHECKED, "Move task", states.INITIALISED, ASSIGNERS),
    (states.SUBJECT, "Move task", states.INITIALISED, ASSIGNERS),
    (states.HOMEROOM, "Move task", states.INITIALISED, ASSIGNERS),
    (states.MANAGER, "Move task", states.INITIALISED, ASSIGNERS),
    (states.MANAGER, "Move task", states.HOMEROOM, ASSIGNERS),
    (states.RELEASED, "Submit record", states.SUBMITTED, (roles.CLERK,)),
    (states.SUBMITTED, "Receive answer", states.ACCEPTED, (roles.CLERK,)),
    (states.SUBMITTED, "Receive answer", states.REJECTED, (roles.CLERK,)),
    (states.ACCEPTED, "Request recall", states.RECALL_REQUESTED, (roles.PRINCIPAL,)),
    (states.RECALL_REQUESTED, "Approve recall", states.RECALLED, OFFICERS),
    (states.RECALL_REQUESTED, "Refuse recall", states.ACCEPTED, OFFICERS),
    (states.SUBMITTED, "Send again", states.RELEASED, (roles.CLERK,)),
    (states.RELEASED, "Withdraw record", states.DRAFT, (roles.PRINCIPAL,)),
    (states.REJECTED, "Withdraw record", states.DRAFT, (roles.PRINCIPAL,)),
    (states.RECALLED, "Start correction", states.DRAFT, (roles.PRINCIPAL,)),
)
"""From, action, to, roles."""


def make_workflow() -> None:
    """The workflow, where it is missing; states and actions come as fixtures before it."""
    if frappe.db.exists("Workflow", {"document_type": "HBS Record"}):
        return
    editors = {states.DRAFT: (*TEACHERS, roles.PRINCIPAL)}
    _insert(
        {
            "doctype": "Workflow",
            "workflow_name": NAME,
            "document_type": "HBS Record",
            "workflow_state_field": "state",
            "is_active": 1,
            "override_status": 1,
            "send_email_alert": 0,
            "states": [
                {"state": state, "doc_status": "0", "allow_edit": role}
                for state in states.ALL
                for role in editors.get(state, (roles.PRINCIPAL,))
            ],
            "transitions": _transitions(),
        }
    )


def add_missing_moves() -> int:
    """For patches only: transitions that a site's older workflow lacks; what is there stays. Gives how many came."""
    if not frappe.db.exists("Workflow", {"document_type": "HBS Record"}):
        return 0
    for action in dict.fromkeys(move[1] for move in MOVES):
        if not frappe.db.exists("Workflow Action Master", action):
            _insert({"doctype": "Workflow Action Master", "workflow_action_name": action})
    workflow = frappe.get_doc("Workflow", {"document_type": "HBS Record"})
    known = {(row.state, row.next_state, row.allowed) for row in workflow.transitions}
    missing = [row for row in _transitions() if (row["state"], row["next_state"], row["allowed"]) not in known]
    if missing:
        workflow.extend("transitions", missing)
        workflow.save(ignore_permissions=True)
    return len(missing)


def _transitions() -> list[dict[str, Any]]:
    return [
        {
            "state": before,
            "action": action,
            "next_state": after,
            "allowed": role,
            "allow_self_approval": 1,
            "condition": CONDITION,
        }
        for before, action, after, held in MOVES
        for role in held
    ]


def _insert(values: dict[str, object]) -> None:
    frappe.get_doc(values).insert(ignore_permissions=True)

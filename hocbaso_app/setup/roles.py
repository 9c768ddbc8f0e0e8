"""The roles of the digital record. Created when missing, never changed afterwards: an administrator may edit them."""

from __future__ import annotations

import frappe

SUBJECT_TEACHER = "HBS Subject Teacher"
HOMEROOM_TEACHER = "HBS Homeroom Teacher"
PRINCIPAL = "HBS Principal"
CLERK = "HBS Clerk"
SCHOOL_ADMIN = "HBS School Admin"
OFFICE_OFFICER = "HBS Office Officer"
DEPARTMENT_OFFICER = "HBS Department Officer"
AUDITOR = "HBS Auditor"

ROLES = (
    SUBJECT_TEACHER,
    HOMEROOM_TEACHER,
    PRINCIPAL,
    CLERK,
    SCHOOL_ADMIN,
    OFFICE_OFFICER,
    DEPARTMENT_OFFICER,
    AUDITOR,
)
SIGNERS = (SUBJECT_TEACHER, HOMEROOM_TEACHER, PRINCIPAL, CLERK)
"""Roles that sign; two-factor login is switched on for them on the demo site."""


def make_roles() -> None:
    """Every role that is not there yet."""
    for name in ROLES:
        if not frappe.db.exists("Role", name):
            role = frappe.get_doc({"doctype": "Role", "role_name": name, "desk_access": 1, "search_bar": 1})
            role.insert(ignore_permissions=True)

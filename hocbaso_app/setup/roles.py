"""The roles of the digital record. They come as a fixture; what an administrator changed in them stays."""

from __future__ import annotations

from typing import Any

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


def keep_site_settings(doc: Any, method: str | None = None) -> None:
    """Before the fixture writes a role anew: what an administrator set, two-factor login above all, stays."""
    if doc.name in ROLES and frappe.db.exists("Role", doc.name):
        old = frappe.get_doc("Role", doc.name)
        doc.update({field.fieldname: old.get(field.fieldname) for field in doc.meta.fields})

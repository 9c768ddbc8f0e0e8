"""Parents of a few pupils per class of the demo school: a login for the portal, linked as Education's Guardian."""

from __future__ import annotations

import secrets
from typing import Any

import frappe

FAMILIES = 3
"""Pupils per class whose first guardian gets a login."""


def make_parents(
    world: Any, domain: str, families: int = FAMILIES, *, passwords: bool = False
) -> dict[str, dict[str, str]]:
    """Login → name and password of the new ones (empty without ``passwords``). Runs again without doubling anything."""
    logins: dict[str, dict[str, str]] = {}
    for school_class in world.school.classes:
        if school_class.name not in world.classes:
            continue
        for pupil in school_class.pupils[:families]:
            student = frappe.db.get_value("Student", {"hbs_pupil_code": pupil.code})
            email = f"ph{pupil.code}@{domain}"
            if student and not frappe.db.exists("User", email):
                password = make_parent(student, email, passwords=passwords)
                logins[email] = {"duty": f"Phụ huynh của {pupil.name}", "password": password}
    return logins


def make_parent(student: str, email: str, *, passwords: bool = False) -> str:
    """A website user without any role, entered at the pupil's first guardian; gives the password."""
    password = secrets.token_urlsafe(12) if passwords else ""
    row = frappe.get_all(
        "Student Guardian",
        {"parent": student, "parenttype": "Student"},
        ["guardian", "guardian_name"],
        order_by="idx",
        limit=1,
    )[0]
    user = frappe.get_doc(
        {
            "doctype": "User",
            "email": email,
            "first_name": row.guardian_name,
            "language": "vi",
            "user_type": "Website User",
            "send_welcome_email": 0,
        }
    )
    if password:
        user.new_password = password
    user.insert(ignore_permissions=True)
    guardian = frappe.get_doc("Guardian", row.guardian)
    guardian.user = email
    guardian.email_address = email
    guardian.save(ignore_permissions=True)
    return password

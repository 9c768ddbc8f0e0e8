"""Which classes of Education somebody may choose who has no right of Education's own on them."""

from __future__ import annotations

import frappe

from hocbaso_app.permissions.scope import scope_of
from hocbaso_app.setup import roles


def query_conditions(user: str | None = None, doctype: str = "") -> str:
    """Hook for Student Group: classes of grades 1 to 5 of one's own units or assignments.

    People who have a right of Education's own are judged by Education alone.
    """
    from hocbaso_app.education.classes import primary

    user = user or frappe.session.user
    if user == "Administrator" or not _chooses_only(user):
        return ""
    scope = scope_of(user)
    classes = scope.classes
    if classes is None:
        where = {"unit": ("in", sorted(scope.units) or [""])}
        classes = frozenset(
            frappe.get_all("HBS Teaching Assignment", where, pluck="student_group", distinct=True, order_by=None)
        )
    names = ", ".join(frappe.db.escape(name) for name in primary(classes))
    if not names:
        return "1=0"
    return f"`tabStudent Group`.`name` in ({names})"


def _chooses_only(user: str) -> bool:
    """Whether every rule that gives the user something on Student Group is one of ours."""
    held = set(frappe.get_roles(user))
    rules = frappe.get_meta("Student Group").permissions
    return not any(rule.read and rule.role in held and rule.role not in roles.ROLES for rule in rules)

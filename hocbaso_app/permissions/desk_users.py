"""Who has the desk at all: staff; parents have the portal."""

from __future__ import annotations

import frappe


def has_desk() -> bool:
    """Whether the app stands on the user's apps screen; a parent's login leads to the portal instead."""
    return frappe.db.get_value("User", frappe.session.user, "user_type") == "System User"

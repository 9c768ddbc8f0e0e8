"""Who keeps a site running hears that something of its nightly work needs a hand, not every night anew."""

from __future__ import annotations

import frappe
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.services import officers
from hocbaso_app.setup import roles

KEEPERS = (roles.SCHOOL_ADMIN, "System Manager")


def tell_once(subject: str, text: str, hours: int) -> bool:
    """One alert to each administrator, unless the same was told within so many hours."""
    since = add_to_date(now_datetime(), hours=-hours)
    if frappe.db.exists("Notification Log", {"subject": frappe.utils.escape_html(subject), "creation": (">", since)}):
        return False
    where = {"role": ("in", KEEPERS), "parenttype": "User"}
    holders = frappe.get_all("Has Role", where, pluck="parent", distinct=True, order_by="parent")
    opened = frappe.get_all("User", {"name": ("in", holders), "enabled": 1}, pluck="name", order_by="name")
    officers.tell(opened, subject, "HBS Settings", "HBS Settings", frappe.utils.escape_html(text))
    return True

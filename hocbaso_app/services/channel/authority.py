"""The unit that speaks to the schools of other sites, and the key it seals with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe

if TYPE_CHECKING:
    from hocbaso_app.signing.keys import KeySource

SETTINGS = "HBS Receiving Settings"


def unit() -> str | None:
    """The department or office whose site this is; None where nothing is received."""
    settings = frappe.get_cached_doc(SETTINGS)
    return str(settings.unit) if settings.enabled and settings.unit else None


def is_above(school: str) -> bool:
    """Whether the school's authority is this very site."""
    own = unit()
    if own is None:
        return False
    above = frappe.db.get_value("HBS Unit", own, ["lft", "rgt"])
    below = frappe.db.get_value("HBS Unit", school, ["lft", "rgt"])
    return bool(above and below and above[0] <= below[0] and below[1] <= above[1])


def key() -> KeySource:
    """What bulletins are sealed with; the same as receipts."""
    from hocbaso_app.services import keys

    return keys.open_of(frappe.get_single(SETTINGS))


def settings_for(school: str) -> dict[str, str | int]:
    """What a school must know of how its authority works."""
    settings = frappe.get_cached_doc(SETTINGS)
    told = {name: settings.get(name) for name in ("recall_tier", "recall_days", "late_policy", "public_address")}
    return {name: value for name, value in told.items() if value not in (None, "")}

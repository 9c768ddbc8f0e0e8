"""HBS Channel: what a school's site remembers of its conversation with the authority."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services import rows

CHANNEL, BULLETIN = "HBS Channel", "HBS Bulletin"


def of(unit: str, *, lock: bool = False) -> Any:
    """The school's row, made when missing."""
    if not frappe.db.exists(CHANNEL, unit):
        rows.insert(CHANNEL, [frappe._dict(doctype=CHANNEL, name=unit, unit=unit)])
    return frappe.db.get_value(CHANNEL, unit, ["*"], as_dict=True, for_update=lock)


def note(unit: str, **values: Any) -> None:
    """Facts about it."""
    of(unit)
    rows.update(CHANNEL, [unit], values)


def newest(unit: str) -> Any:
    """The bulletin the school goes by, opened; None before the first."""
    import base64

    from hocbaso_app.exchange.bulletin import KIND, Bulletin
    from hocbaso_app.signing.cose import open_seal

    name = frappe.db.get_value(CHANNEL, unit, "last_bulletin")
    content = frappe.db.get_value(BULLETIN, name, "content") if name else None
    return Bulletin(**open_seal(base64.b64decode(content), kind=KIND).claims) if content else None


def settings_of(unit: str) -> dict[str, Any]:
    """How the school's authority works: by its last bulletin, or this site's own where it is the authority."""
    from hocbaso_app.services.channel import authority

    if authority.is_above(unit):
        return dict(authority.settings_for(unit))
    found = newest(unit)
    return dict(found.settings) if found else {}

"""One row of a person's work that is counted for a unit as a whole, in the shape of ``tasks.for_user``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from frappe.utils import getdate


def of_unit(
    kind: str, title: str, place: str | None, unit: str, *, count: int, since: datetime, due: date | None, route: str
) -> dict[str, Any]:
    """``count``: pupils or things that wait, each one part of the work; ``since``: the oldest of them."""
    return {
        "kind": kind,
        "stage": "",
        "title": title,
        "place": place,
        "unit": unit,
        "student_group": "",
        "subjects": [],
        "homeroom": False,
        "pupils": count,
        "parts": count,
        "faults": 0,
        "since": since.isoformat(sep=" ", timespec="seconds"),
        "days": (getdate() - since.date()).days,
        "due": due.isoformat() if due else None,
        "days_left": (due - getdate()).days if due else None,
        "late": due is not None and due < getdate(),
        "route": route,
    }

"""What the columns are called, wherever they are shown."""

from __future__ import annotations

from frappe import _


def labels() -> dict[str, str]:
    """Column → heading, in the order of the year."""
    return {
        "records": _("Records"),
        "entry": _("Being entered"),
        "check": _("Being checked"),
        "subjects": _("Subject teachers sign"),
        "homeroom": _("Homeroom signs"),
        "manager": _("Manager signs"),
        "sealing": _("Waits for the seal"),
        "released": _("Released in all"),
        "unsent": _("Released, not sent"),
        "submitted": _("Sent, no answer yet"),
        "refused": _("Refused"),
        "accepted": _("Accepted"),
        "asked_back": _("Recall asked"),
        "recalled": _("Recalled"),
        "received": _("Received here"),
        "received_late": _("Of these late"),
        "received_recalled": _("Recalled here"),
        "waiting_recalls": _("Recalls to decide"),
        "late": _("Past the last day"),
    }


PREFIXES = ("Trường ", "Tiểu học ", "Ủy ban nhân dân ", "UBND ")


def short(name: str) -> str:
    """A unit's name for the foot of a bar: without what all of them begin with."""
    for prefix in PREFIXES:
        if len(name) > len(prefix):
            name = name.removeprefix(prefix)
    return name

"""Units change by date: today's tree shortly after midnight, and the sentences of the records below."""

from __future__ import annotations

import frappe

from hocbaso_app.services.units import follow


def follow_dates() -> list[str]:
    """Units whose day has come get the name and place of today."""
    units = follow.follow_dates()
    refresh(units)
    return units


def refresh(units: list[str]) -> None:
    """The sentences of their records name the unit above and its dates; written anew in the background."""
    for unit in units:
        frappe.enqueue(
            "hocbaso_app.services.units.follow.refresh_sentences", queue="long", enqueue_after_commit=True, unit=unit
        )

"""Whom this site trusts: the anchors of the authority's sealed list, with the last decision about each."""

from __future__ import annotations

from typing import Any

from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows and a note."""
    from hocbaso_app.services import trust_desk

    rows = trust_desk.anchors()
    note = None if rows else _("This folder has no list of anchors yet, so it serves practice only.")
    return _columns(), rows, note


def _columns() -> list[dict[str, Any]]:
    def column(name: str, label: str, kind: str, width: int) -> dict[str, Any]:
        return {"fieldname": name, "label": label, "fieldtype": kind, "width": width}

    return [
        column("anchor_name", _("Anchor"), "Data", 230),
        column("kind", _("Kind of anchor"), "Data", 150),
        column("purposes", _("For"), "Data", 200),
        column("counts_from", _("From"), "Datetime", 175),
        column("counts_until", _("Until"), "Datetime", 175),
        column("reason", _("Reason of the last decision"), "Data", 260),
        column("people", _("Decided by"), "Data", 220),
        column("source", _("Where it was taken from"), "Data", 260),
        column("sha256", "SHA-256", "Data", 480),
    ]

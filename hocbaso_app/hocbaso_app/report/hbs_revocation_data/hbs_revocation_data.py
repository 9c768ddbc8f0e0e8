"""How fresh the lists of revoked certificates are, and when signing stops without newer ones."""

from __future__ import annotations

from typing import Any

from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows and what failed the last time."""
    from hocbaso_app.services.revocation import ages, fetching

    rows = [{**row, "state": _(row["state"])} for row in ages.rows()]
    failed = "<br>".join(sorted({row["sentence"] for row in fetching.failures()}))
    return _columns(), rows, failed or None


def _columns() -> list[dict[str, Any]]:
    def column(name: str, label: str, kind: str, width: int) -> dict[str, Any]:
        return {"fieldname": name, "label": label, "fieldtype": kind, "width": width}

    return [
        column("authority", _("Certificate authority"), "Data", 280),
        column("state", _("State of the list"), "Data", 180),
        column("made", _("List made at"), "Datetime", 175),
        column("until", _("Signing stops at"), "Datetime", 175),
        column("revoked", _("Revoked"), "Int", 100),
        column("sha256", "SHA-256", "Data", 480),
    ]

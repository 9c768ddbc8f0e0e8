"""What in the signing looks like one person signing for many: facts with a weight, and the principal's answer."""

from __future__ import annotations

from typing import Any

from frappe import _


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Columns, rows, and how they are to be read."""
    from hocbaso_app.services.patterns import answer

    kind = (filters or {}).get("kind")
    rows = [row for row in answer.rows() if not kind or row["kind"] == kind]
    note = _(
        "These are facts to look into, no accusation. The weight says how seldom it is where all sign for themselves."
    )
    return _columns(), rows, note


def _columns() -> list[dict[str, Any]]:
    def column(name: str, label: str, kind: str, width: int, **more: Any) -> dict[str, Any]:
        return {"fieldname": name, "label": label, "fieldtype": kind, "width": width, **more}

    return [
        column("name", _("Pattern"), "Link", 130, options="HBS Signing Pattern"),
        column("weight", _("Weight"), "Int", 90),
        column("kind", _("What was noticed"), "Data", 210),
        column("sentence", _("In words"), "Small Text", 460),
        column("first_at", _("Between"), "Datetime", 150),
        column("last_at", _("And"), "Datetime", 150),
        column("comment", _("Answer of the principal"), "Small Text", 240),
        column("answer_until", _("Answer until"), "Date", 120),
        column("unit", _("School"), "Link", 120, options="HBS Unit"),
    ]

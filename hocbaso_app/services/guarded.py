"""Documents that only a service may write: saved past their guard, and the guard stands again whatever happens."""

from __future__ import annotations

from typing import Any

from hocbaso_app.services import audit


def save(doc: Any, action: str | None = None, details: dict[str, Any] | None = None) -> None:
    """Saved as a service; with an entry in the trail when ``action`` says what it is."""
    doc.flags.hbs_service = True
    try:
        doc.save(ignore_permissions=True)
    finally:
        doc.flags.hbs_service = False
    if action:
        audit.write(action, doc.doctype, doc.name, doc.unit, details or {})

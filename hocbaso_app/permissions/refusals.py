"""Attempts to read what is not one's own are logged.

Form, REST, print, file, comment, tag and every other path to a single document ask the ``has_permission`` hook; it
tells this module. A refused request is rolled back, so the entries are written when the request is over.
"""

from __future__ import annotations

from typing import Any

import frappe

MOST = 20
"""Entries per request: one request that asks for very many documents can't fill the log."""


def remember(doc: Any, user: str | None) -> None:
    """Keep a refusal until the request ends; checks about other people and outside requests are none."""
    if not getattr(frappe.local, "request", None) or (user or frappe.session.user) != frappe.session.user:
        return
    waiting = getattr(frappe.local, "hbs_refusals", None)
    if waiting is None:
        waiting = frappe.local.hbs_refusals = {}
    unit = doc.name if doc.doctype == "HBS Unit" else doc.get("unit")
    if doc.name and len(waiting) < MOST:
        waiting[doc.doctype, str(doc.name)] = (unit, frappe.session.user)


def write(response: Any = None, request: Any = None) -> None:
    """Hook ``after_request``: what the request left uncommitted is dropped, the refusals are kept."""
    waiting = getattr(frappe.local, "hbs_refusals", None)
    if not waiting:
        return
    from hocbaso_app.services import refused

    frappe.local.hbs_refusals = {}
    frappe.db.rollback()
    for (doctype, name), (unit, actor) in waiting.items():
        refused.note(doctype, name, unit, actor, request.path if request else "")
    frappe.db.commit()  # nosemgrep: the request is over; its own transaction was rolled back or committed

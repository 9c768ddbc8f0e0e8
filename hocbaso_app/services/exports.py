"""What leaves the desk as a file is noted in the access log: whose rows, how many, by which filters (QĐ Điều 6.e)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.permissions.scoped import ROWS_OF, SCOPED_DOCTYPES
from hocbaso_app.services import access
from hocbaso_app.services.notices import recipients


def note_list(doctype: str | None, filters: Any, selected: Any) -> None:
    """An export of a list, before Frappe makes it: counted as the user's own list would show it."""
    if not doctype:
        frappe.throw(_("Say which list is to be exported."), HbsError)
    if doctype not in SCOPED_DOCTYPES or not frappe.has_permission(doctype, "export"):
        return
    wanted = {"name": ("in", readable(selected))} if selected else readable(filters) or {}
    column = "name" if doctype == "HBS Unit" else "unit"
    units = frappe.get_list(doctype, wanted, pluck=column, limit_page_length=0, order_by="name")
    for unit, count in sorted(Counter(unit for unit in units if unit).items()):
        access.note_export(unit, count, access.LIST, f"{_(doctype)}: {_said(wanted)}")


def require_export(doctype: str) -> None:
    """Of our documents only with the right to export; Frappe's template of an import asks for reading alone."""
    if doctype in SCOPED_DOCTYPES or doctype in ROWS_OF:
        frappe.has_permission(doctype, "export", throw=True)


def note_report(report: str | None, filters: Any) -> None:
    """An export of a report of this app: of the school it was filtered by, or in the name of the reader's own unit."""
    if not report or not frappe.db.exists("Report", report):
        frappe.throw(_("Say which report is to be exported."), HbsError)
    doctype = frappe.get_cached_value("Report", report, "ref_doctype")
    if doctype not in SCOPED_DOCTYPES:
        return
    wanted = readable(filters) or {}
    chosen = wanted.get("unit") if isinstance(wanted, dict) else None
    chosen = chosen if isinstance(chosen, str) and frappe.db.exists("HBS Unit", chosen) else None
    for unit in [chosen] if chosen else recipients.own_units(frappe.session.user):
        access.note_export(unit, 0, access.REPORT, f"{_(report)}: {_said(wanted)}")


def readable(value: Any) -> Any:
    """JSON that a client sent as text."""
    try:
        return frappe.parse_json(value) if isinstance(value, str) else value
    except ValueError:
        frappe.throw(_("These filters can't be read. Set them in the list again."), HbsError)


def _said(filters: Any) -> str:
    return json.dumps(filters, ensure_ascii=False, default=str)

"""Endpoints of records that pupils bring along from other schools."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.transfer_in import keep


@frappe.whitelist(methods=["POST"])
@limited(120, 60 * 60)
def receive(unit: str, content: str, student: str | None = None) -> list[dict[str, Any]]:
    """A record file or a hand-over package, base64; what became of each record in it."""
    try:
        data = base64.b64decode(content.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        frappe.throw(_("The file did not arrive whole. Try again."), HbsError)
    return keep.receive(unit, data, student)


@frappe.whitelist(methods=["POST"])
def link(name: str, student: str) -> None:
    """Whose record it is."""
    keep.link(name, student)

"""Endpoints of frozen reports."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.services.frozen import making, sending, showing


@frappe.whitelist(methods=["POST"])
def make(unit: str, kind: str, academic_year: str, as_of: str | None = None) -> str:
    """A report, now or as of a past moment; gives its name."""
    return making.make(unit, kind, academic_year, as_of)


@frappe.whitelist(methods=["POST"])
def send(name: str) -> None:
    """To the unit above."""
    sending.send(name)


@frappe.whitelist(methods=["POST"])
def opened(name: str) -> bool:
    """Somebody of the unit above reads it."""
    return sending.opened(name)


@frappe.whitelist()
def shown(name: str) -> dict[str, Any]:
    """Its table."""
    return showing.shown(name)


@frappe.whitelist()
def behind(name: str, row: int, column: str) -> dict[str, Any]:
    """The list of records behind one number."""
    return showing.behind(name, row, column)

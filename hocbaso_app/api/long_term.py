"""Endpoints of evidence: the line on a form, file and evidence together."""

from __future__ import annotations

from typing import Any, Literal

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.long_term import showing


@frappe.whitelist()
def of_record(name: str) -> dict[str, Any]:
    """“Evidence until …” of a record's current file, and when it was last verified in full."""
    return showing.of_record(name)


@frappe.whitelist()
def of_received(name: str) -> dict[str, Any]:
    """The same for a received record."""
    return showing.of_received(name)


@frappe.whitelist(methods=["GET", "POST"])
@limited(60, 60 * 60)
def package(name: str) -> None:
    """Original and evidence of a released record."""
    _send(*showing.package(name))


@frappe.whitelist(methods=["GET", "POST"])
@limited(60, 60 * 60)
def received_package(name: str) -> None:
    """Original and evidence of a received record."""
    _send(*showing.received_package(name))


@frappe.whitelist(methods=["GET", "POST"])
@limited(30, 60 * 60)
def copy(name: str, level: Literal["LT", "LTA"] = "LTA") -> None:
    """A copy of a released record with all validation data inside."""
    _send(*showing.copy(name, level))


@frappe.whitelist(methods=["GET", "POST"])
@limited(30, 60 * 60)
def received_copy(name: str, level: Literal["LT", "LTA"] = "LTA") -> None:
    """The same of a received record."""
    _send(*showing.received_copy(name, level))


def _send(data: bytes, file_name: str) -> None:
    frappe.response.update(type="download", filename=file_name, filecontent=data)

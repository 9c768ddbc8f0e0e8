"""Endpoints of the daily roots: whether one is right, proofs to take away."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.roots import proofs


@frappe.whitelist()
def root(name: str) -> list[dict[str, Any]]:
    """Whether a daily root on the desk is right: list, place, seal, receipt."""
    return proofs.view(name)


@frappe.whitelist()
@limited(60, 60 * 60)
def record_proof(name: str) -> None:
    """The proof that a record's file stood under a daily root, to be verified by anyone."""
    _send(*proofs.of_record(name))


@frappe.whitelist()
@limited(60, 60 * 60)
def received_proof(name: str) -> None:
    """The same for a received record."""
    _send(*proofs.of_received(name))


def _send(data: bytes, file_name: str) -> None:
    frappe.response.update(type="download", filename=file_name, filecontent=data)

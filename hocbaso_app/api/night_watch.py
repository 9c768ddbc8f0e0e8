"""Endpoints of the night watch and the daily roots: how a file stands, proofs to take away."""

from __future__ import annotations

from typing import Any

import frappe

from hocbaso_app.permissions.limits import limited
from hocbaso_app.services.night_watch import state
from hocbaso_app.services.roots import proofs


@frappe.whitelist()
def of_record(name: str) -> dict[str, Any]:
    """When the record's current file was last verified in full, and how that ended."""
    return state.of_record(name)


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
    frappe.response.update(type="binary", filename=file_name, filecontent=data)

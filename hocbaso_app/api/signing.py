"""Endpoints of the signing page: what waits for me, sign, or sign in two steps with a key that is elsewhere."""

from __future__ import annotations

import base64
from typing import Any

import frappe
from frappe.rate_limiter import rate_limit

from hocbaso_app.services import sign, waiting


@frappe.whitelist()
def waiting_for_me() -> list[dict[str, Any]]:
    """Per stage and class: how many records and parts wait for the user's signature, the odd ones first."""
    return waiting.for_user(frappe.session.user)


@frappe.whitelist(methods=["POST"])
@rate_limit(key="stage", limit=60, seconds=60 * 60)
def sign_with_demo_key(stage: str, names: list[str] | str, pin: str) -> dict[str, Any]:
    """One confirmation with the PIN of a practice site's key file; the batch with an outcome per part."""
    return _answer(sign.sign(stage, _names(names), pin))


@frappe.whitelist(methods=["POST"])
def open_batch(stage: str, names: list[str] | str) -> dict[str, Any]:
    """First step for a token or a remote service: the batch and the bytes to be signed, base64, in order."""
    batch, to_be_signed = sign.open_batch(stage, _names(names))
    return {"batch": batch.name, "to_be_signed": [base64.b64encode(item).decode() for item in to_be_signed]}


@frappe.whitelist(methods=["POST"])
def finish_batch(batch: str, values: list[str] | str) -> dict[str, Any]:
    """Second step: the values, base64, in the same order; each is verified before anything is written."""
    doc = frappe.get_doc("HBS Signing Batch", batch, for_update=True)
    if doc.signer != frappe.session.user:
        raise frappe.PermissionError
    sign.add_values(doc, [base64.b64decode(value, validate=True) for value in _names(values)])
    return _answer(sign.run_batch(batch))


@frappe.whitelist(methods=["POST"])
def resume_batch(batch: str) -> dict[str, Any]:
    """Go on with a batch that was cut off; its values are stored, so no key is needed."""
    doc = frappe.get_doc("HBS Signing Batch", batch)
    doc.check_permission("read")
    return _answer(sign.run_batch(batch))


def _answer(batch: Any) -> dict[str, Any]:
    refused = [
        {"record": i.record, "slot": i.slot_id, "message": i.message} for i in batch.items if i.outcome == "Refused"
    ]
    return {
        "batch": batch.name,
        "status": batch.status,
        "signed": batch.signed,
        "total": batch.total,
        "refused": refused,
    }


def _names(names: list[str] | str) -> list[str]:
    return frappe.parse_json(names) if isinstance(names, str) else names

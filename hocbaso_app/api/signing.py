"""Endpoints of the signing page: what waits for me, sign, or sign in two steps with a key that is elsewhere."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.jobs import signing as jobs
from hocbaso_app.permissions.limits import limited
from hocbaso_app.services import sign
from hocbaso_app.services.signing import asking, batches, browser, desk, preview, progress, run, values

SECONDS_PER_REQUEST = 5.0


@frappe.whitelist()
def overview() -> dict[str, Any]:
    """The page's first view: what waits, and what the user confirmed that is not finished."""
    return {
        "waiting": desk.overview(frappe.session.user),
        "unfinished": progress.unfinished(frappe.session.user),
    }


@frappe.whitelist()
def pupils(stage: str, student_group: str) -> dict[str, Any]:
    """Pupils of a class whose parts wait for the user, those with something to look at first."""
    return desk.pupils(frappe.session.user, stage, student_group)


@frappe.whitelist(methods=["POST"])
def look(record: str, stage: str) -> dict[str, Any]:
    """The very bytes to be signed as a page, with what changed since the user's last look; noted as a look."""
    return preview.look(record, stage)


@frappe.whitelist(methods=["POST"])
@limited(120, 60 * 60)
def start(
    stage: str,
    names: list[str] | str,
    password: str = "",
    passwd: str = "",
    certificate: str | None = None,
    device: str | None = None,
) -> dict[str, Any]:
    """One confirmation with the key of ``certificate`` (PIN: ``password``, one-time code: ``passwd``); the batch.

    A worker writes the files. The same parts confirmed again meanwhile give the batch that is at work already.
    """
    try:
        batch = sign.confirm(stage, _names(names), password, passwd, certificate=certificate, device=device).name
    except batches.InHandError as error:
        batch = values.own(error.batch).name
    jobs.follow(batch)
    return {"batch": batch}


@frappe.whitelist(methods=["POST"])
@limited(120, 60 * 60)
def ask_again(batch: str, password: str = "", passwd: str = "", anew: bool = False) -> dict[str, Any]:
    """Another try for what the batch still lacks, with the same key: PIN typed anew, or the phone asked once more."""
    sign.again(batch, password, passwd, anew=anew)
    return _followed(batch)


@frappe.whitelist(methods=["POST"])
@limited(120, 60 * 60)
def continue_batch(
    batch: str, certificate: str, password: str = "", passwd: str = "", device: str | None = None
) -> dict[str, Any]:
    """What the batch still lacks, with another certificate or on this device: the new batch."""
    new = sign.go_on(batch, certificate, password, passwd, device=device).name
    jobs.follow(new)
    return {"batch": new}


@frappe.whitelist(methods=["POST"])
def collect(batch: str) -> dict[str, Any]:
    """Look for the answer from the signer's phone now; the worker does so too, page or no page."""
    _own(batch)
    asking.collect(batch)
    return _followed(batch)


@frappe.whitelist()
def parts(batch: str) -> dict[str, Any]:
    """For the plug-in on the signer's machine: the hashes (base64 of SHA-256) of the parts that lack a value."""
    return browser.parts(batch)


@frappe.whitelist(methods=["POST"])
def take_values(batch: str, values: dict[str, str] | str) -> dict[str, Any]:
    """Values (base64) by the names that ``parts`` gave, as many as there are; the rest may come from anywhere later."""
    given = frappe.parse_json(values)
    if not isinstance(given, dict):
        frappe.throw(_("The signing service returned something that is no signature."), HbsError)
    taken = browser.take(batch, {str(part): _octets(value) for part, value in given.items()})
    jobs.follow(batch)
    return taken


@frappe.whitelist()
def batch_status(batch: str) -> dict[str, Any]:
    """How far a batch of the user's is."""
    return progress.status(batch, jobs.worker_is_there())


@frappe.whitelist(methods=["POST"])
@limited(120, 60 * 60)
def sign_with_demo_key(stage: str, names: list[str] | str, password: str) -> dict[str, Any]:
    """The same in one request, for a few records; the batch with an outcome per part."""
    return _answer(sign.sign(stage, _names(names), password))


@frappe.whitelist(methods=["POST"])
@limited(120, 60 * 60)
def open_batch(stage: str, names: list[str] | str) -> dict[str, Any]:
    """First step for a token or a remote service: the batch and the bytes to be signed, base64, in order."""
    batch, to_be_signed = sign.open_batch(stage, _names(names))
    return {
        "batch": batch.name,
        "expires_at": batch.expires_at,
        "to_be_signed": [base64.b64encode(item).decode() for item in to_be_signed],
        "refused": _refused(batch),
    }


@frappe.whitelist(methods=["POST"])
def finish_batch(batch: str, values: list[str] | str) -> dict[str, Any]:
    """Second step: the values, base64, in the same order; each is verified before it is written."""
    doc = _own(batch)
    sign.add_values(doc, [_octets(value) for value in _names(values)])
    return _answer(sign.run_batch(batch))


@frappe.whitelist(methods=["POST"])
def resume_batch(batch: str) -> dict[str, Any]:
    """Go on with a batch that was cut off; its values are stored, so no key is needed. Wakes a worker."""
    _own(batch)
    jobs.wake(batch)
    return progress.status(batch, jobs.worker_is_there())


@frappe.whitelist(methods=["POST"])
def run_here(batch: str) -> dict[str, Any]:
    """Some seconds of the batch's work in this request, for a server whose worker does not run."""
    _own(batch)
    run.run_batch(batch, keep_each=True, seconds=SECONDS_PER_REQUEST)
    asking.ask_next(batch)
    return progress.status(batch, jobs.worker_is_there())


@frappe.whitelist(methods=["POST"])
def discard_batch(batch: str, reason: str | None = None) -> None:
    """Give up a batch that never got its values; it stays on record."""
    values.discard(batch, reason)


def _own(batch: str) -> Any:
    return values.own(batch)


def _followed(batch: str) -> dict[str, Any]:
    jobs.follow(batch)
    return progress.status(batch, jobs.worker_is_there())


def _answer(batch: Any) -> dict[str, Any]:
    return {
        "batch": batch.name,
        "status": batch.status,
        "signed": batch.signed,
        "total": batch.total,
        "refused": _refused(batch),
    }


def _refused(batch: Any) -> list[dict[str, Any]]:
    return [
        {"record": i.record, "slot": i.slot_id, "message": i.message, "next_step": i.next_step}
        for i in batch.items
        if i.outcome == batches.REFUSED
    ]


def _octets(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        frappe.throw(_("The signing service returned something that is no signature."), HbsError)
        raise AssertionError from None


def _names(names: list[str] | str) -> list[str]:
    found = frappe.parse_json(names) if isinstance(names, str) else names
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        frappe.throw(_("Choose at least one record."), HbsError)
    return list(found)

"""Signing on the desk: one person, one confirmation, many parts; two steps, so that any key source fits.

``open_batch`` prepares every part and stores who confirms what, when and with which certificate. Values come from
``add_values`` (all at once), from ``signing/asking`` (keys that the server reaches, phones that are asked) or through
the signer's page (``signing/browser``). ``run_batch`` puts them into the files; it may be run again at any time and by
any worker, since signer, consent and time are stored and no key is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe

from hocbaso_app.services import keys
from hocbaso_app.services.key_sources import kinds
from hocbaso_app.services.signing import asking, continued, ways
from hocbaso_app.services.signing.batches import STATES_OF
from hocbaso_app.services.signing.prepare import open_batch, open_slots
from hocbaso_app.services.signing.run import run_batch
from hocbaso_app.services.signing.values import add_values

__all__ = ["STATES_OF", "add_values", "again", "confirm", "go_on", "open_batch", "open_slots", "run_batch", "sign"]


def sign(stage: str, names: Sequence[str], password: str) -> Any:
    """All steps at once with the signer's demo key; gives the finished HBS Signing Batch."""
    return run_batch(confirm(stage, names, password).name)


def confirm(
    stage: str,
    names: Sequence[str],
    password: str = "",
    passwd: str = "",
    *,
    certificate: str | None = None,
    device: str | None = None,
) -> Any:
    """The signer's own request: consent stored, his key used as far as this request can; files are not touched.

    ``password``: PIN, ``passwd``: one-time code; so called since Frappe hides variables of these names in its error
    log. A key that can't sign now leaves the batch prepared, with its fault; only a practice site's key file
    leaves nothing.
    """
    batch, to_be_signed = open_batch(stage, names, certificate, device=device)
    if certificate:
        ways.remember(stage, batch.staff, certificate)
    return _use_key(batch, to_be_signed, password, passwd)


def go_on(name: str, certificate: str, password: str = "", passwd: str = "", *, device: str | None = None) -> Any:
    """What a batch of the signer's still lacks, with another key or on another device; the new batch."""
    batch, to_be_signed = continued.go_on(name, certificate, device)
    ways.remember(batch.stage, batch.staff, certificate)
    return _use_key(batch, to_be_signed, password, passwd)


def again(name: str, password: str = "", passwd: str = "", *, anew: bool = False) -> None:
    """Another try with the same key; ``anew``: the question that still waits on the phone is forgotten."""
    from hocbaso_app.signing.keys import Secrets

    if anew:
        asking.withdraw(name)
    asking.sign_or_ask(name, Secrets(pin=password or None, otp=passwd or None))


def _use_key(batch: Any, to_be_signed: Sequence[bytes], password: str, passwd: str) -> Any:
    if batch.method == kinds.PKCS12:
        sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
        add_values(batch, keys.sign_by_pin(sha256, password, to_be_signed))
    elif batch.method != kinds.PLUGIN:
        again(batch.name, password, passwd)
    return batch

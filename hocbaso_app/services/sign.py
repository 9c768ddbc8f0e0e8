"""Signing on the desk: one person, one confirmation, many parts; two steps, so that any key source fits.

``open_batch`` prepares every part and stores who confirms what, when and with
which certificate. ``add_values`` takes the values from the key source.
``run_batch`` puts them into the files; it may be run again at any time and by
any worker, since signer, consent and time are stored and no key is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe

from hocbaso_app.services import keys
from hocbaso_app.services.signing.batches import STATES_OF
from hocbaso_app.services.signing.prepare import open_batch, open_slots
from hocbaso_app.services.signing.run import run_batch
from hocbaso_app.services.signing.values import add_values

__all__ = ["STATES_OF", "add_values", "confirm", "open_batch", "open_slots", "run_batch", "sign"]


def sign(stage: str, names: Sequence[str], password: str) -> Any:
    """All steps at once with the signer's demo key; gives the finished HBS Signing Batch."""
    return run_batch(confirm(stage, names, password).name)


def confirm(stage: str, names: Sequence[str], password: str) -> Any:
    """The signer's own request: consent and values stored, hashes signed with his demo key; files are not touched."""
    batch, to_be_signed = open_batch(stage, names)
    sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
    add_values(batch, keys.sign_by_pin(sha256, password, to_be_signed))
    return batch

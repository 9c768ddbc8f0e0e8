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
from frappe import _
from frappe.auth import LoginAttemptTracker

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import keys
from hocbaso_app.services.signing.batches import STATES_OF
from hocbaso_app.services.signing.prepare import open_batch, open_slots
from hocbaso_app.services.signing.run import run_batch
from hocbaso_app.services.signing.values import add_values

__all__ = ["STATES_OF", "add_values", "confirm", "open_batch", "open_slots", "run_batch", "sign"]

WRONG_PINS, LOCKED_SECONDS = 5, 15 * 60
"""After so many wrong PINs in a row the demo key stays closed for so long."""


def sign(stage: str, names: Sequence[str], password: str) -> Any:
    """All steps at once with the signer's demo key; gives the finished HBS Signing Batch."""
    return run_batch(confirm(stage, names, password).name)


def confirm(stage: str, names: Sequence[str], password: str) -> Any:
    """The signer's own request: consent stored, hashes signed with his demo key, values stored; files are not touched.

    The PIN is called ``password`` all the way, since Frappe hides variables of that name in its error log.
    """
    batch, to_be_signed = open_batch(stage, names)
    tracker = LoginAttemptTracker(f"hbs-pin-{frappe.session.user}", WRONG_PINS - 1, LOCKED_SECONDS)
    if not tracker.is_user_allowed():
        frappe.throw(_("Too many wrong PINs. Wait {0} minutes, then try again.").format(LOCKED_SECONDS // 60), HbsError)
    sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
    try:
        values = keys.open_key(sha256, password).sign(to_be_signed)
    except HocBaSoError as error:
        tracker.add_failure_attempt()
        wrong = error.code == "PKCS12_UNREADABLE"
        frappe.throw(_("The PIN is wrong. Nothing was signed; try again.") if wrong else error.message_vi, HbsError)
    tracker.add_success_attempt()
    add_values(batch, values)
    return batch

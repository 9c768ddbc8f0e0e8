"""The words of a signing batch, and what makes one record stay behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe import _
from frappe.translate import get_user_lang

from hocbaso_app.exceptions import EvidenceError, HbsError, LockedError, NotYoursError, StepOrderError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import states

DOCTYPE, ITEM = "HBS Signing Batch", "HBS Signing Batch Item"

PREPARED, READY, RUNNING = "Prepared", "Ready", "Running"
DONE, PARTLY_DONE, DISCARDED, EXPIRED = "Done", "Partly done", "Discarded", "Expired"
IN_HAND = (READY, RUNNING)
"""The values are here; only writing them into the files is left."""

WAITING, SIGNED, ALREADY_SIGNED, REFUSED = "Waiting", "Signed", "Already signed", "Refused"
CONTINUED = "Continued"
"""Taken over by another batch, with another key or on another device."""

STATES_OF = {
    "gvbm": (states.CHECKED, states.SUBJECT),
    "gvcn": (states.HOMEROOM,),
    "cbql": (states.MANAGER,),
    "release": (states.RELEASE,),
}
"""Stage → states in which it may be signed."""

REFUSALS = (HocBaSoError, frappe.ValidationError, frappe.PermissionError)
"""What makes one record of a batch stay behind; anything else stops the run, which may be started again."""


class InHandError(HbsError):
    """These parts are confirmed already and are being signed in another batch."""

    def __init__(self, message: str, batch: str) -> None:
        super().__init__(message)
        self.batch = batch


def message_of(error: Exception) -> str:
    """The sentence a person sees."""
    text = error.message_vi if isinstance(error, HocBaSoError) else str(error)
    return frappe.utils.strip_html(text)[:250]


def next_step(error: Exception) -> str:
    """What the signer does about a part that was not signed."""
    code = error.code if isinstance(error, HocBaSoError) else ""
    if code == "VALUE_WRONG":
        return str(_("Sign this pupil again. If it happens again, have the signing device checked."))
    if code in ("DATA_CHANGED", "SLOT_FILLED", "SLOT_UNKNOWN"):
        return str(_("Open the pupil again, look at what is new, and sign again."))
    if isinstance(error, LockedError):
        return str(_("Sign again when it is open; until then nothing of this pupil is lost."))
    if isinstance(error, EvidenceError):
        return str(_("Sign nothing more of this pupil and tell the school's administrator at once."))
    if isinstance(error, StepOrderError):
        return str(_("Load the list again: it shows whose turn it is. Sign this pupil when he waits for you."))
    if isinstance(error, NotYoursError | frappe.PermissionError):
        return str(_("Ask the school's administrator whether your assignment is entered rightly."))
    return str(_("Open the pupil, have the fault mended, and sign again."))


@contextmanager
def quietly() -> Iterator[None]:
    """Messages of a refusal that is caught are not shown a second time by the desk."""
    before = len(frappe.local.message_log)
    try:
        yield
    finally:
        del frappe.local.message_log[before:]


def consent_of(stage: str, parts: int, pupils: int) -> str:
    """The sentence that a signer confirms."""
    if stage == "release":
        return str(_("I have checked and release {0} records with the school's seal.").format(pupils))
    return str(_("I have checked and sign {0} parts of {1} pupils with my own certificate.").format(parts, pupils))


def open_items(batch: Any) -> list[Any]:
    """Parts that still lack a value."""
    return [item for item in batch.items if item.outcome == WAITING and not item.value]


def update(doctype: str, name: str, **values: Any) -> None:
    """Past the form's guards, a single row; a class has hundreds of parts and none may be lost with the others."""
    frappe.db.set_value(doctype, name, values)


@contextmanager
def as_signer(user: str) -> Iterator[None]:
    """Trail and workflow see the signer, whoever woke the run; sentences are in his language."""
    before, language = frappe.session.user, frappe.local.lang
    if before != user:
        frappe.set_user(user)
    frappe.local.lang = get_user_lang(user)
    try:
        yield
    finally:
        frappe.local.lang = language
        if before != user:
            frappe.set_user(before)

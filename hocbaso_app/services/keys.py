"""Keys that a site can use by itself: PKCS#12 files of a practice site, each closed with its owner's own PIN.

They lie in the site's private folder beside Frappe's files, not among them, and
not in the database; the PIN is never stored. A production site has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import frappe
from frappe import _
from frappe.auth import LoginAttemptTracker

from hocbaso_app.exceptions import HbsError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services import own_hands
from hocbaso_app.signing.keys import KeySource, LocalKey, Pkcs12Key

WRONG_PINS, LOCKED_SECONDS = 5, 15 * 60
"""After so many wrong PINs in a row the demo key stays closed for so long."""

KEY_SOURCE = "PKCS#12 file (demo)"
"""How HBS Certificate names a key that lies here."""


def folder() -> Path:
    """``private/hbs-demo-keys`` of this site."""
    return Path(frappe.get_site_path("private", "hbs-demo-keys"))


def store(sha256: str, pkcs12: bytes) -> None:
    """Keep a key file, readable by the site's system user only."""
    _require_practice()
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _path(sha256)
    path.touch(mode=0o600)
    path.write_bytes(pkcs12)


def open_key(sha256: str, password: str) -> LocalKey:
    """The key of a certificate; refuses on a production site, without a file, with a wrong PIN."""
    path = path_of(sha256)
    return Pkcs12Key.load(path.read_bytes(), password.encode())


def open_of(doc: Any) -> KeySource:
    """The key of a document's ``certificate``, closed with the ``pin`` that is kept in its Password field.

    It signs when nobody is there, so it is an HSM's, or on a practice site a key file.
    """
    sha256 = frappe.db.get_value("HBS Certificate", doc.certificate, "sha256")
    try:
        return _open_at_once(sha256, doc.get_password("pin", raise_exception=False) or "")
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error


def sign_by_pin(sha256: str, password: str, to_be_signed: Sequence[bytes]) -> list[bytes]:
    """Values of the user's own key in a file or an HSM; wrong PINs are counted and stop him for a while.

    The PIN is called ``password`` all the way, since Frappe hides variables of that name in its error log.
    """
    own_hands.require_own_session()
    tracker = pin_attempts(frappe.session.user)
    try:
        values = _open_at_once(sha256, password).sign(to_be_signed)
    except HocBaSoError as error:
        tracker.add_failure_attempt()
        wrong = error.code == "PKCS12_UNREADABLE"
        frappe.throw(_("The PIN is wrong. Nothing was signed; try again.") if wrong else error.message_vi, HbsError)
        raise AssertionError from error
    tracker.add_success_attempt()
    return values


def pin_attempts(user: str) -> LoginAttemptTracker:
    """The count of a signer's wrong PINs and codes; refused while too many were wrong."""
    tracker = LoginAttemptTracker(f"hbs-pin-{user}", WRONG_PINS - 1, LOCKED_SECONDS)
    if not tracker.is_user_allowed():
        frappe.throw(_("Too many wrong PINs. Wait {0} minutes, then try again.").format(LOCKED_SECONDS // 60), HbsError)
    return tracker


def _open_at_once(sha256: str, password: str) -> KeySource:
    from hocbaso_app.services import key_sources
    from hocbaso_app.services.key_sources import kinds
    from hocbaso_app.signing.keys import Secrets

    name, kind = frappe.db.get_value("HBS Certificate", {"sha256": sha256}, ["name", "key_source"])
    if kind not in (kinds.PKCS12, kinds.PKCS11):
        frappe.throw(_("Here only a key in an HSM signs, or on a practice site one in a file."), HbsError)
    return key_sources.open(name, Secrets(pin=password or None))


def path_of(sha256: str) -> Path:
    """The key file of a certificate; refuses on a production site and where there is none."""
    _require_practice()
    path = _path(sha256)
    if not path.exists():
        frappe.throw(_("There is no demo key for this certificate on this site."), HbsError)
    return path


def _path(sha256: str) -> Path:
    if not re.fullmatch("[0-9a-f]{64}", sha256 or ""):
        frappe.throw(_("This is not the hash of a certificate."), HbsError)
    return folder() / f"{sha256}.p12"


def _require_practice() -> None:
    if frappe.db.get_single_value("HBS Settings", "environment") != "practice":
        frappe.throw(_("Key files are for practice sites only. Use a token or a remote signing service."), HbsError)

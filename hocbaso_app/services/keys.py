"""Keys that a site can use by itself: PKCS#12 files of a practice site, each closed with its owner's own PIN.

They lie in the site's private folder beside Frappe's files, not among them, and
not in the database; the PIN is never stored. A production site has none.
"""

from __future__ import annotations

import re
from pathlib import Path

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError
from hocbaso_app.signing.keys import LocalKey, Pkcs12Key

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
    _require_practice()
    path = _path(sha256)
    if not path.exists():
        frappe.throw(_("There is no demo key for this certificate on this site."), HbsError)
    return Pkcs12Key.load(path.read_bytes(), password.encode())


def _path(sha256: str) -> Path:
    if not re.fullmatch("[0-9a-f]{64}", sha256 or ""):
        frappe.throw(_("This is not the hash of a certificate."), HbsError)
    return folder() / f"{sha256}.p12"


def _require_practice() -> None:
    if frappe.db.get_single_value("HBS Settings", "environment") != "practice":
        frappe.throw(_("Key files are for practice sites only. Use a token or a remote signing service."), HbsError)

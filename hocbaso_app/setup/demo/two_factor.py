"""Two-factor login on the demo site: whoever signs needs a code of his authenticator app besides the password.

Frappe would mail each person a picture to enrol with; the demo people have no mailbox, so their secrets are made here
and kept beside their passwords. ``bench execute hocbaso_app.setup.demo.two_factor.code --args "['USER']"`` prints the
code of the moment.
"""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe.utils.password import encrypt

from hocbaso_app.setup import roles
from hocbaso_app.setup.demo import secrets_file

ISSUER = "Hoc ba so (thu nghiem)"


def switch_on(users: Iterable[str]) -> None:
    """Ask the signer roles for a second factor and enrol these users; nobody is enrolled twice."""
    if frappe.db.get_single_value("HBS Settings", "environment") == "production":
        frappe.throw("Demo secrets belong on a practice site only.")
    settings = frappe.get_single("System Settings")
    settings.update({"enable_two_factor_auth": 1, "two_factor_method": "OTP App", "otp_issuer_name": ISSUER})
    settings.flags.ignore_mandatory = True
    settings.save(ignore_permissions=True)
    frappe.db.set_value("Role", "All", "two_factor_auth", 0)  # Frappe asks everybody by default, parents too
    for role in roles.SIGNERS:
        frappe.db.set_value("Role", role, "two_factor_auth", 1)
    for user in users:
        if set(roles.SIGNERS) & set(frappe.get_roles(user)):
            _enrol(user)


def code(user: str) -> str:
    """The six digits that this demo person's app would show now; printed by ``bench execute``."""
    import pyotp

    secret = secrets_file.known().get(user, {}).get("authenticator")
    if not secret:
        frappe.throw(f"{user} has no authenticator on this site.")
    return str(pyotp.TOTP(secret).now())


def _enrol(user: str) -> None:
    """The secret goes where Frappe looks for it, encrypted with the site's key; the app counts as set up."""
    import pyotp
    from frappe.twofactor import set_default

    secret = secrets_file.known().get(user, {}).get("authenticator") or pyotp.random_base32()
    secrets_file.keep({user: {"authenticator": secret}})
    set_default(f"{user}_otpsecret", encrypt(secret))
    set_default(f"{user}_otplogin", 1)

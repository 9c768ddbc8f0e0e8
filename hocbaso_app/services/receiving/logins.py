"""HBS Portal Login: the accounts of schools at this site, and the tokens of those that have logged in.

A token lives in Redis, named there by its hash, for a set time. CV 2088 sends
the password's SHA-256; that is what is hashed slowly here, and what a session
compares with when transactions 1 and 5 repeat it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from hocbaso_app.exceptions import HbsError
from hocbaso_app.exchange import codes
from hocbaso_app.exchange.codes import CodeSet
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.receiving.accounts import Account, same
from hocbaso_app.exchange.transactions import hash_password
from hocbaso_app.services.receiving import settings

DOCTYPE = "HBS Portal Login"
SHORTEST = 12
SESSION_SECONDS = 1800
PER_ACCOUNT = 20
"""Times the number of wrong passwords from one address that an account stands from all addresses together."""


def check(doc: Any) -> None:
    """The controller's ``validate``."""
    if frappe.db.get_value("HBS Unit", doc.unit, "kind") != "School":
        frappe.throw(_("Only schools send records."), HbsError)
    if doc.new_password:
        if len(doc.new_password) < SHORTEST:
            frappe.throw(_("The password needs at least {0} characters.").format(SHORTEST), HbsError)
        doc.password_hash = _context().hash(hash_password(doc.new_password))
        doc.password_set_at = now_datetime()
    elif doc.is_new():
        frappe.throw(_("Enter a password."), HbsError)
    elif not doc.flags.hbs_service:
        before = doc.get_doc_before_save()
        doc.password_hash = before.password_hash
    doc.new_password = None


class SiteAccounts:
    """Fulfils :class:`~hocbaso_app.exchange.receiving.accounts.Accounts`."""

    def __init__(self, known: CodeSet) -> None:
        """``known``: the codes to refuse with."""
        self._codes = known

    def log_in(self, user_name: object, password: object) -> str | None:
        """A new token; ``None`` for a wrong one, :class:`RefusedError` after too many."""
        if not isinstance(user_name, str) or not isinstance(password, str):
            return None
        name, given = user_name[:140], password[:500]
        attempts = _Attempts(name)
        if attempts.too_many():
            raise RefusedError.of(self._codes.code(codes.TOO_MANY))
        row = frappe.db.get_value(DOCTYPE, {"user_name": name, "enabled": 1}, ["unit", "password_hash"], as_dict=True)
        right = _verify(given, row.password_hash if row else None)
        if row is None or not right:
            attempts.add()
            return None
        attempts.forget()
        token = secrets.token_urlsafe(32)
        session = {"user_name": name, "unit": row.unit, "proof": _proof(token, given)}
        frappe.cache.set_value(_key(token), session, expires_in_sec=SESSION_SECONDS)
        frappe.db.set_value(DOCTYPE, name, "last_login_at", now_datetime(), update_modified=False)
        frappe.db.commit()  # nosemgrep: the token is given out with it
        return token

    def account(self, token: object) -> Account | None:
        """Whose token it is, while his account is enabled."""
        session = _session(token)
        if session is None or not frappe.db.get_value(DOCTYPE, session["user_name"], "enabled"):
            return None
        return Account(session["user_name"], session["unit"])

    def confirms(self, token: str, user_name: object, password: object) -> bool:
        """Whether they are those of the session."""
        session = _session(token)
        if session is None or session["user_name"] != user_name or not isinstance(password, str):
            return False
        return same(session["proof"], _proof(token, password))


class _Attempts:
    """Wrong passwords of one account: from one address, so that a stranger locks nobody out, and from all of them."""

    def __init__(self, user_name: str) -> None:
        own = settings.get()
        self._most = int(own.lockout_attempts or 5)
        self._seconds = int(own.lockout_minutes or 15) * 60
        address = getattr(frappe.local, "request_ip", None) or "-"
        name = hashlib.sha256(user_name.encode(errors="surrogatepass")).hexdigest()
        self._keys = {f"hbs-portal-wrong:{name}:{address}": 1, f"hbs-portal-wrong:{name}": PER_ACCOUNT}

    def too_many(self) -> bool:
        return any(
            int(frappe.cache.get(frappe.cache.make_key(key)) or 0) >= self._most * factor
            for key, factor in self._keys.items()
        )

    def add(self) -> None:
        for key in self._keys:
            made = frappe.cache.make_key(key)
            if frappe.cache.incrby(made, 1) == 1:
                frappe.cache.expire(made, self._seconds)

    def forget(self) -> None:
        frappe.cache.delete(frappe.cache.make_key(next(iter(self._keys))))


def _session(token: object) -> dict[str, str] | None:
    if not isinstance(token, str) or not token:
        return None
    found: dict[str, str] | None = frappe.cache.get_value(_key(token), expires=True)
    return found


def _key(token: str) -> str:
    return f"hbs-portal-session:{hashlib.sha256(token.encode(errors='surrogatepass')).hexdigest()}"


def _proof(token: str, password: str) -> str:
    return hmac.new(token.encode(), password.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _verify(given: str, kept: str | None) -> bool:
    """In the same time whether there is such an account or not."""
    context = _context()
    if not kept:
        context.dummy_verify()
        return False
    return bool(context.verify(given.encode(errors="surrogatepass"), kept))


def _context() -> Any:
    from frappe.utils.password import passlibctx

    return passlibctx

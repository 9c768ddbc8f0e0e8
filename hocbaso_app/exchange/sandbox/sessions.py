"""Accounts and their sessions: the token service whose address CV 2088 leaves to its missing annex."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from ..transactions import hash_password

SESSION_SECONDS = 1800.0


@dataclass(frozen=True)
class Account:
    """A unit's account; the password is kept as its SHA-256, as CV 2088 II.2.2 sends it."""

    user_name: str
    password_hash: str = field(repr=False)
    unit: str

    @classmethod
    def of(cls, user_name: str, password: str, unit: str) -> Account:
        """From the password itself."""
        return cls(user_name, hash_password(password), unit)


def same(a: str, b: object) -> bool:
    """Whether two secrets are equal, in a time that tells nothing; any text may come from outside."""
    return isinstance(b, str) and hmac.compare_digest(a.encode(), b.encode(errors="surrogatepass"))


class Sessions:
    """Who has logged in, each for a set time."""

    def __init__(self, accounts: Iterable[Account], seconds: float = SESSION_SECONDS) -> None:
        """``seconds``: how long a token is good."""
        self._accounts = {a.user_name: a for a in accounts}
        self._seconds = seconds
        self._open: dict[str, tuple[Account, float]] = {}
        self._lock = Lock()

    def add(self, account: Account) -> None:
        """One more account."""
        self._accounts[account.user_name] = account

    def log_in(self, user_name: object, password: object) -> str | None:
        """A new token; ``None`` for a wrong account or password."""
        account = self._accounts.get(user_name) if isinstance(user_name, str) else None
        if account is None or not same(account.password_hash, password):
            return None
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._open = {t: s for t, s in self._open.items() if s[1] > now}
            self._open[token] = (account, now + self._seconds)
        return token

    def account(self, token: object) -> Account | None:
        """Whose token it is; ``None`` when it is unknown or over."""
        with self._lock:
            account, end = self._open.get(token, (None, 0.0)) if isinstance(token, str) else (None, 0.0)
        return account if end > time.monotonic() else None

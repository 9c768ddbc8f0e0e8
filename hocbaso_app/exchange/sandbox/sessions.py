"""Accounts of the sandbox, kept in memory."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from ..receiving.accounts import Account, same
from ..transactions import hash_password

SESSION_SECONDS = 1800.0


@dataclass(frozen=True)
class Login:
    """A unit's account with its password, kept as its SHA-256, as CV 2088 II.2.2 sends it."""

    user_name: str
    password_hash: str = field(repr=False)
    unit: str

    @classmethod
    def of(cls, user_name: str, password: str, unit: str) -> Login:
        """From the password itself."""
        return cls(user_name, hash_password(password), unit)


class Sessions:
    """Who has logged in, each for a set time."""

    def __init__(self, logins: Iterable[Login], seconds: float = SESSION_SECONDS) -> None:
        """``seconds``: how long a token is good."""
        self._logins = {login.user_name: login for login in logins}
        self._seconds = seconds
        self._open: dict[str, tuple[Login, float]] = {}
        self._lock = Lock()

    def add(self, login: Login) -> None:
        """One more account."""
        self._logins[login.user_name] = login

    def log_in(self, user_name: object, password: object) -> str | None:
        """A new token; ``None`` for a wrong account or password."""
        login = self._logins.get(user_name) if isinstance(user_name, str) else None
        if login is None or not same(login.password_hash, password):
            return None
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._open = {t: s for t, s in self._open.items() if s[1] > now}
            self._open[token] = (login, now + self._seconds)
        return token

    def account(self, token: object) -> Account | None:
        """Whose token it is; ``None`` when it is unknown or over."""
        login = self._login(token)
        return Account(login.user_name, login.unit) if login else None

    def confirms(self, token: str, user_name: object, password: object) -> bool:
        """Whether they are those of the token."""
        login = self._login(token)
        return login is not None and login.user_name == user_name and same(login.password_hash, password)

    def _login(self, token: object) -> Login | None:
        with self._lock:
            login, end = self._open.get(token, (None, 0.0)) if isinstance(token, str) else (None, 0.0)
        return login if end > time.monotonic() else None

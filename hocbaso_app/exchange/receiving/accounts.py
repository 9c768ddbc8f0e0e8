"""Accounts and their sessions: the token service whose address CV 2088 leaves to its missing annex."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Account:
    """Who speaks: a unit's account."""

    user_name: str
    unit: str


class Accounts(Protocol):
    """Who may log in, and who has. Passwords arrive as their SHA-256, as CV 2088 II.2.2 sends them."""

    def log_in(self, user_name: object, password: object) -> str | None:
        """A new token; ``None`` for a wrong account or password; ``RefusedError`` after too many."""
        ...

    def account(self, token: object) -> Account | None:
        """Whose token it is; ``None`` when it is unknown or over."""
        ...

    def confirms(self, token: str, user_name: object, password: object) -> bool:
        """Whether account and password, which transactions 1 and 5 repeat, are those of the token."""
        ...


def same(a: str, b: object) -> bool:
    """Whether two secrets are equal, in a time that tells nothing; any text may come from outside."""
    return isinstance(b, str) and hmac.compare_digest(a.encode(), b.encode(errors="surrogatepass"))

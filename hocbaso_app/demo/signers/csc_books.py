"""What a CSC service remembers: tokens, authorisations, and the rules about them."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from .subscribers import Subscriber

TOKEN_SECONDS = 3600
SAD_SECONDS = 300


class CscError(Exception):
    """An answer with an error of the specification."""

    def __init__(self, description: str, error: str = "invalid_request", status: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.error = error
        self.status = status


@dataclass
class Authorisation:
    """What one SAD is good for."""

    subscriber: Subscriber
    hashes: Counter[bytes]
    left: int
    expires_at: datetime
    client: str
    sad: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def spend(self, digests: list[bytes], now: datetime) -> None:
        """Use it up for these hashes; :class:`CscError` unless all are pinned and it is still good."""
        if now > self.expires_at:
            raise CscError("SAD expired")
        asked = Counter(digests)
        if any(count > self.hashes[digest] for digest, count in asked.items()):
            raise CscError("Hash is not authorized by the SAD")
        if len(digests) > self.left:
            raise CscError("Invalid parameter SAD")
        self.hashes -= asked
        self.left -= len(digests)


class CscBooks:
    """Tokens and authorisations of one service."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._authorisations: dict[str, Authorisation] = {}
        self._lock = Lock()

    def token_for(self, client: str, now: datetime) -> str:
        """A new service token."""
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (client, now + timedelta(seconds=TOKEN_SECONDS))
        return token

    def client_of(self, token: str, now: datetime) -> str:
        """Whose token it is."""
        client, until = self._tokens.get(token, ("", now))
        if not client:
            raise CscError("The access token is not valid", "invalid_token", 401)
        if now > until:
            raise CscError("The access token is expired", "expired_token", 401)
        return client

    def forget_tokens(self) -> None:
        """All of them."""
        self._tokens.clear()

    def authorise(self, subscriber: Subscriber, digests: list[bytes], client: str, now: datetime) -> Authorisation:
        """A new SAD, pinned to the hashes."""
        expires_at = now + timedelta(seconds=SAD_SECONDS)
        made = Authorisation(subscriber, Counter(digests), len(digests), expires_at, client)
        self._authorisations[made.sad] = made
        return made

    def spend(self, sad: str, subscriber: Subscriber, digests: list[bytes], client: str, now: datetime) -> None:
        """Use a SAD; gone when its signatures are used up."""
        with self._lock:
            found = self._authorisations.get(sad)
            if found is None or found.subscriber is not subscriber or found.client != client:
                raise CscError("Invalid parameter SAD")
            found.spend(digests, now)
            if not found.left:
                del self._authorisations[sad]

"""One service of the Cloud Signature Consortium API: what it offers, the service token, authorised calls."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import cached_property
from typing import Any

import requests

from ...online import NOBODY, Bearer
from ..source import KeySourceError, Secrets
from .csc_errors import refusal
from .failures import ANSWER, CLIENT
from .reading import mapping, part, text, texts, words
from .room import Answer, Basic, Room
from .settings import Settings

NO_LOG_IN = ("external", "TLS", "tls")
"""authType of services that know their clients by other means."""
DISCOVERY = "/.well-known/oauth-authorization-server"
_DISCOVERED = {"token": "token_endpoint", "authorize": "authorization_endpoint"}


class CscService:
    """Paths are relative to ``/csc/v1`` or ``/csc/v2``. The token lives in this object only."""

    def __init__(self, room: Room, prefix: str, settings: Settings, secrets: Secrets) -> None:
        self._room = room
        self.prefix = prefix
        self.settings = settings
        self._secrets = secrets
        self._token: Bearer | None = None

    @cached_property
    def info(self) -> dict[str, Any]:
        """``info``, asked once."""
        answer = self._room.ask(f"{self.prefix}/info", {})
        if not answer.ok:
            raise self.refused(answer, "info")
        return mapping(answer.body, "info")

    @cached_property
    def kind_of_log_in(self) -> str:
        """The service's authType that our settings can satisfy."""
        offered = texts(self.info, "authType")
        if self._secrets.client_secret and "oauth2client" in offered:
            return "oauth2client"
        if self._secrets.client_secret and "basic" in offered:
            return "basic"
        for kind in NO_LOG_IN:
            if kind in offered:
                return kind
        raise CLIENT.error(f"no way to log in: {', '.join(offered)[:200]}")

    @property
    def is_of_one_user(self) -> bool:
        """Whether the token is the signer's own, so that no user may be named."""
        return self.kind_of_log_in == "basic"

    def ask(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """A question; :class:`KeySourceError` unless it is answered."""
        answer = self.asked(method, body)
        if not answer.ok:
            raise self.refused(answer, method)
        return mapping(answer.body if answer.body is not None else {}, method)

    def asked(self, method: str, body: dict[str, Any]) -> Answer:
        """A question and its answer, whatever it is."""
        path = f"{self.prefix}/{method}"
        return self._with_token(lambda token: self._room.ask(path, body, token))

    def order(self, method: str, body: dict[str, Any], patience: float | None = None) -> Answer:
        """An order and its answer, whatever it is."""
        path = f"{self.prefix}/{method}"
        return self._with_token(lambda token: self._room.order(path, body, token, patience))

    def _with_token(self, send: Callable[[Bearer], Answer]) -> Answer:
        answer = send(self._log_in())
        if answer.status == requests.codes.unauthorized and self.kind_of_log_in not in NO_LOG_IN:
            self._token = None  # over or withdrawn; nothing was taken, so once more with a new one
            answer = send(self._log_in())
        return answer

    def _log_in(self) -> Bearer:
        if self._token is None:
            kind = self.kind_of_log_in
            if kind == "oauth2client":
                self._token = Bearer(self._client_token())
            else:
                self._token = Bearer(self._user_token()) if kind == "basic" else NOBODY
        return self._token

    def _client_token(self) -> str:
        answer = self.token_form({"grant_type": "client_credentials", "scope": "service"})
        if not answer.ok:
            raise self._log_in_refused(answer)
        return self.access_token(answer)

    def access_token(self, answer: Answer) -> str:
        """Of a granted log-in or authorisation; never in a message."""
        return self._room.secret(text(mapping(answer.body, "token"), "access_token"))

    def token_form(self, fields: dict[str, str]) -> Answer:
        """The authorisation server's answer to a grant."""
        return self._room.form(self._endpoint("token"), {**fields, **self._client()})

    def authorise_address(self) -> str:
        """Where a person goes with a browser."""
        return self._endpoint("authorize")

    def derived(self, what: str) -> bytes:
        """A secret of this application for one purpose; known to nobody else, and the same in any process."""
        if not self._secrets.client_secret:
            raise CLIENT.error("no client secret")
        return hmac.digest(self._secrets.client_secret.encode(), what.encode(), "sha256")

    def refused(self, answer: Answer, what: str, *, with_otp: bool = False) -> KeySourceError:
        """What a refused call means, without secrets that the service may have echoed."""
        return self._room.error(*refusal(answer, what, with_otp=with_otp))

    def _log_in_refused(self, answer: Answer) -> KeySourceError:
        return CLIENT.error(self.refused(answer, "log-in").message_en)

    def _client(self) -> dict[str, str]:
        return {"client_id": self.settings.client_id, "client_secret": self._secrets.client_secret or ""}

    def _user_token(self) -> str:
        user = self.settings.account or self.settings.client_id
        secret = self._secrets.client_secret or ""
        answer = self._room.ask(
            f"{self.prefix}/auth/login", {"rememberMe": False}, Basic(user.encode(), secret.encode())
        )
        if not answer.ok:
            raise self._log_in_refused(answer)
        return self.access_token(answer)

    def _endpoint(self, name: str) -> str:
        base = words(self.info, "oauth2")
        if base:
            return f"{base.rstrip('/')}/oauth2/{name}"
        issuer = text(self.info, "oauth2Issuer")
        answer = self._room.look(issuer.rstrip("/") + DISCOVERY)
        found = mapping(answer.body, "discovery")
        if not answer.ok or words(found, "issuer") != issuer:
            raise ANSWER.error(f"discovery of the authorisation server: HTTP {answer.status}")
        return text(found, _DISCOVERED[name])


def state_of(info: dict[str, Any]) -> tuple[str, str]:
    """Status of key and certificate in a credential's information."""
    return words(part(info, "key"), "status").casefold(), words(part(info, "cert"), "status").casefold()

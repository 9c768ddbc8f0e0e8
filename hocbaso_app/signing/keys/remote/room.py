"""The one HTTP room of every remote signing service.

Questions are repeated with back-off. An order to sign is sent once: only when
it certainly never arrived (no connection) does it leave again; without a usable
answer it ends as :class:`~.failures.AnswerLostError`, and the dialect asks for
it by its id where it has one. TLS is always verified; plain HTTP is for a
simulator on this machine.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ...online import NOBODY, body_of, carries_secrets, causes, is_this_machine
from ..source import KeySourceError
from .failures import ADDRESS, ANSWER, BUSY, LOST, UNREACHABLE, UNTRUSTED, Failure

MAX_ANSWER = 8 * 1024 * 1024
TIMEOUTS = (10.0, 30.0)
TRIES = 3
PAUSE = 0.5
NOT_TAKEN = (requests.codes.too_many_requests, requests.codes.service_unavailable)
BAD_REQUEST, FIRST_FAULT = 400, 500


@dataclass(frozen=True)
class Answer:
    """What came back: ``body`` is JSON, ``None`` for an empty one."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked."""
        return self.status < BAD_REQUEST


Basic = HTTPBasicAuth


class _NotSentError(KeySourceError):
    """Nothing left this machine, or nothing of it was taken."""


class _NoAnswerError(KeySourceError):
    """A question without a usable answer."""


class Room:
    """Requests to one service."""

    def __init__(
        self,
        address: str,
        *,
        hidden: Sequence[str] = (),
        timeouts: tuple[float, float] = TIMEOUTS,
        pause: float = PAUSE,
        session: requests.Session | None = None,
    ) -> None:
        """``hidden``: secrets that must not appear in any message, should a service echo them."""
        self.address = checked_address(address)
        self._hidden = [secret.strip() for secret in hidden if secret.strip()]
        self._timeouts = timeouts
        self._pause = pause
        self._session = session or requests.Session()
        if is_this_machine(address):
            self._session.trust_env = False

    def ask(self, path: str, body: Any, auth: AuthBase = NOBODY) -> Answer:
        """A question: harmless, so it is repeated when no answer comes."""
        return self._repeated((_NotSentError, _NoAnswerError), lambda: self._question("POST", path, auth, json=body))

    def look(self, url: str) -> Answer:
        """A public document."""
        return self._repeated((_NotSentError, _NoAnswerError), lambda: self._question("GET", url, NOBODY))

    def form(self, url: str, fields: dict[str, str]) -> Answer:
        """A form to an OAuth 2.0 endpoint; a token too many is harmless."""
        return self._repeated((_NotSentError, _NoAnswerError), lambda: self._question("POST", url, NOBODY, data=fields))

    def order(self, path: str, body: Any, auth: AuthBase = NOBODY, patience: float | None = None) -> Answer:
        """An order: sent once. ``patience``: how long its answer may take, where a signer confirms meanwhile."""
        self._session.close()  # a kept connection may be dead, and nobody could tell whether the order got through
        return self._repeated((_NotSentError,), lambda: self._order(path, body, auth, patience))

    def secret(self, text: str) -> str:
        """The same text, from now on kept out of messages."""
        if text.strip():
            self._hidden.append(text.strip())
        return text

    def error(self, failure: Failure, detail: str) -> KeySourceError:
        """A failure whose detail holds the service's own words."""
        return failure.error(self.clean(detail))

    def clean(self, detail: str) -> str:
        """Without the secrets; before anything is cut off, since half a secret is not found."""
        for secret in sorted(self._hidden, key=len, reverse=True):
            detail = detail.replace(secret, "…")
        return detail

    def _repeated(self, kinds: tuple[type[KeySourceError], ...], send: Callable[[], Answer]) -> Answer:
        retrying = Retrying(
            retry=retry_if_exception_type(kinds),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(multiplier=self._pause, max=5),
            reraise=True,
        )
        answer: Answer = retrying(send)
        return answer

    def _question(self, method: str, path: str, auth: AuthBase, **more: Any) -> Answer:
        try:
            status, body = self._send(method, path, auth, self._timeouts, **more)
        except requests.RequestException as error:
            if _never_left(error):
                raise self._not_sent(error) from error
            raise _same(UNREACHABLE.error(self.clean(str(error))), _NoAnswerError) from error
        if status >= FIRST_FAULT or status in NOT_TAKEN:
            raise _same(BUSY.error(f"HTTP {status}"), _NoAnswerError)
        answer = _read(status, body)
        if answer is None:
            raise ANSWER.error(f"HTTP {status} without JSON")
        return answer

    def _order(self, path: str, body: Any, auth: AuthBase, patience: float | None) -> Answer:
        connect, read = self._timeouts
        try:
            status, told = self._send("POST", path, auth, (connect, patience or read), json=body)
        except requests.RequestException as error:
            if _never_left(error):
                raise self._not_sent(error) from error
            raise LOST.lost(self.clean(str(error))) from error
        if status in NOT_TAKEN:
            raise BUSY.error(f"HTTP {status}")
        if status >= FIRST_FAULT:
            raise LOST.lost(f"HTTP {status}")
        answer = _read(status, told)
        if answer is None:
            raise LOST.lost(f"HTTP {status} without JSON")
        return answer

    def _send(
        self, method: str, path: str, auth: AuthBase, timeouts: tuple[float, float], **more: Any
    ) -> tuple[int, bytes]:
        url = checked_address(path) if "://" in path else f"{self.address}{path}"
        with self._session.request(
            method, url, timeout=timeouts, auth=auth, allow_redirects=False, stream=True, **more
        ) as response:
            return response.status_code, body_of(response, MAX_ANSWER, timeouts[1])

    def _not_sent(self, error: requests.RequestException) -> KeySourceError:
        if _is_tls(error):
            return UNTRUSTED.error(self.clean(str(error)))
        return _same(UNREACHABLE.error(self.clean(str(error))), _NotSentError)


def checked_address(address: str) -> str:
    """Without the slash at its end; :class:`KeySourceError` unless it is https, or http to this machine."""
    try:
        parts = urlsplit(address)
        good = bool(parts.hostname) and carries_secrets(address)
    except ValueError:
        good = False
    if not good or parts.scheme not in ("http", "https") or parts.username or parts.password:
        raise ADDRESS.error("the address is not https")
    return address.rstrip("/")


def _same(error: KeySourceError, kind: type[KeySourceError]) -> KeySourceError:
    return kind(error.code, error.message_vi, error.message_en)


def _read(status: int, body: bytes) -> Answer | None:
    if len(body) > MAX_ANSWER:
        return None
    if not body.strip():
        return Answer(status, None)
    try:
        return Answer(status, json.loads(body))
    except (ValueError, RecursionError):
        # an error page: its status says enough
        return Answer(status, None) if status >= BAD_REQUEST else None


_NO_CONNECTION = re.compile(
    "NewConnectionError|NameResolutionError|ConnectTimeoutError|Connection refused|Tunnel connection failed|"
    "Cannot connect to proxy"
)
_GREETING = re.compile(
    "CERTIFICATE_VERIFY_FAILED|certificate verify failed|WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|HANDSHAKE_FAILURE|"
    "UNKNOWN_PROTOCOL|HTTP_REQUEST|match|ALERT"
)
"""TLS faults before which nothing is read over there; a connection cut later may have carried the order."""


def _never_left(error: requests.RequestException) -> bool:
    return isinstance(error, requests.ConnectionError) and bool(
        _NO_CONNECTION.search(_told(error)) or (_is_tls(error) and _GREETING.search(_told(error)))
    )


def _is_tls(error: requests.RequestException) -> bool:
    return any(isinstance(cause, ssl.SSLError) for cause in causes(error))


def _told(error: requests.RequestException) -> str:
    return " ".join(repr(cause) for cause in causes(error))

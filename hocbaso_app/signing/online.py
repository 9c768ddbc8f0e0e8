"""What every HTTP exchange has in common: who is on this machine, log-in, an end to reading, causes of an error."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

_PIECE = 1 << 16


class Bearer(AuthBase):
    """As an auth object, so that a .netrc file on the machine can't put another header in its place."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


NOBODY = Bearer(None)


def is_this_machine(address: str) -> bool:
    """Whether a request to ``address`` never leaves the machine, so that it may go without TLS."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def carries_secrets(address: str) -> bool:
    """Whether nobody between reads what goes to ``address``: TLS, or no network at all."""
    return urlsplit(address).scheme == "https" or is_this_machine(address)


def body_of(response: requests.Response, limit: int, seconds: float) -> bytes:
    """The octets of a streamed answer, no more than a piece beyond ``limit``.

    :class:`requests.RequestException` when they are torn off or not all there after ``seconds``, however
    steadily they drip.
    """
    until = time.monotonic() + seconds
    body = bytearray()
    try:
        while len(body) <= limit:
            piece = response.raw.read1(_PIECE, decode_content=True)
            if not piece:
                break
            body += piece
            if time.monotonic() > until:
                raise requests.ReadTimeout(f"not all there after {seconds:g} s")
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(str(error)) from error
    except (HTTPError, OSError) as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.exceptions.ChunkedEncodingError(str(error)) from error
    return bytes(body)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that it was made of, each once; libraries hide the first cause in arguments and reasons."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]

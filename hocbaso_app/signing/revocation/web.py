"""One careful HTTP exchange with a certificate authority's server: plain schemes, small answers, an end to waiting."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests

from hocbaso_app.record.errors import HocBaSoError

from ..online import NOBODY, body_of

SCHEMES = ("http", "https")
"""CRLs and answers are signed themselves, so http is as good; ldap, ftp and file are never asked."""
_REDIRECTS = 3


class WebError(HocBaSoError):
    """Nothing usable came."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets and seconds."""

    crl: int = 32 * 1024 * 1024
    ocsp: int = 256 * 1024
    connect: float = 5
    read: float = 10
    whole: float = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """Octets, or that they are still those of last time."""

    data: bytes
    unchanged: bool = False
    etag: str | None = None
    last_modified: str | None = None


@dataclass
class Web:
    """``session`` may bring a proxy; ``hosts``, where given, are the only ones asked.

    Whoever is asked may send us on, but not to a machine on the inside: only ``hosts`` can name such a one.
    """

    limits: Limits = field(default_factory=Limits)
    session: requests.Session = field(default_factory=requests.Session)
    hosts: frozenset[str] | None = None

    def get(self, address: str, limit: int, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
        """What lies at ``address``; :class:`WebError` for whatever is not it."""
        return self._ask("GET", address, limit, headers=dict(headers))

    def post(self, address: str, body: bytes, content_type: str, limit: int) -> Answer:
        """The answer to ``body``."""
        return self._ask("POST", address, limit, data=body, headers={"Content-Type": content_type})

    def _ask(self, method: str, address: str, limit: int, **more: Any) -> Answer:
        until = time.monotonic() + self.limits.whole
        asked: SplitResult | None = None
        for _ in range(_REDIRECTS + 1):
            asked = self._checked(address, asked)
            try:
                timeouts = (self.limits.connect, self.limits.read)
                with self.session.request(
                    method, address, timeout=timeouts, auth=NOBODY, allow_redirects=False, stream=True, **more
                ) as response:
                    if response.is_redirect:
                        address = urljoin(address, response.headers["Location"])
                        continue
                    return _read(response, address, limit, until)
            except (requests.RequestException, ValueError) as error:
                raise _no(address, "không trả lời", str(error)) from error
        raise _no(address, "chuyển hướng vòng quanh", "too many redirects")

    def _checked(self, address: str, before: SplitResult | None) -> SplitResult:
        """The parts of an address that may be asked; ``before``: of whoever sent us there."""
        try:
            parts = urlsplit(address)
        except ValueError as error:
            raise _no(address, "không phải địa chỉ http/https", str(error)) from error
        if parts.scheme not in SCHEMES or not parts.hostname or parts.username or parts.password:
            raise _no(address, "không phải địa chỉ http/https", "only plain http and https addresses are asked")
        if parts.hostname.endswith(".invalid"):  # RFC 2606: made-up authorities of a demo
            raise _no(address, "là địa chỉ giả của dữ liệu thử nghiệm", "a made-up address")
        if self.hosts is not None and parts.hostname not in self.hosts:
            raise _no(address, "không có trong danh sách máy chủ được phép", "the host is not on the list")
        sent_on = before is not None and before[:2] != parts[:2]
        if sent_on and self.hosts is None and _is_inside(parts.hostname):
            raise _no(address, "là máy trong mạng nội bộ", "redirected to an address on the inside")
        return parts


def _is_inside(host: str) -> bool:
    """Whether the name leads to this machine or its own network. One that can't be looked up is left to the proxy."""
    try:
        found = {str(place[0]) for *_, place in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return not all(_is_public(ipaddress.ip_address(one)) for one in found)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    plain = getattr(address, "ipv4_mapped", None) or address
    return plain.is_global and not plain.is_multicast


def _read(response: requests.Response, address: str, limit: int, until: float) -> Answer:
    if response.status_code == requests.codes.not_modified:
        return Answer(b"", unchanged=True)
    if response.status_code != requests.codes.ok:
        raise _no(address, f"báo lỗi {response.status_code}", f"HTTP {response.status_code}")
    data = body_of(response, limit, until - time.monotonic())
    if len(data) > limit:
        raise _no(address, "gửi tệp quá lớn", f"more than {limit} octets")
    return Answer(data, False, response.headers.get("ETag"), response.headers.get("Last-Modified"))


def _no(address: str, what: str, why: str) -> WebError:
    return WebError(
        "REVOCATION_UNREACHABLE",
        f"Máy chủ của tổ chức cấp chứng thư số ({address}) {what}. Sẽ thử lại; bản đang giữ vẫn dùng tới hết hạn.",
        f"{address}: {why}",
    )

"""One careful HTTP exchange with a certificate authority's server: plain schemes, small answers, an end to waiting."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from hocbaso_app.record.errors import HocBaSoError

SCHEMES = ("http", "https")
"""CRLs and answers are signed themselves, so http is as good; ldap, ftp and file are never asked."""
_REDIRECTS = 3
_CHUNK = 64 * 1024


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
    """``session`` may bring a proxy; ``hosts``, where given, are the only ones asked."""

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
        for _ in range(_REDIRECTS + 1):
            self._check(address)
            try:
                timeouts = (self.limits.connect, self.limits.read)
                with self.session.request(
                    method, address, timeout=timeouts, allow_redirects=False, stream=True, **more
                ) as response:
                    if response.is_redirect:
                        address = urljoin(address, response.headers["Location"])
                        continue
                    return _read(response, address, limit, until)
            except requests.RequestException as error:
                raise _no(address, "không trả lời", str(error)) from error
        raise _no(address, "chuyển hướng vòng quanh", "too many redirects")

    def _check(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in SCHEMES or not parts.hostname or parts.username or parts.password:
            raise _no(address, "không phải địa chỉ http/https", "only plain http and https addresses are asked")
        if parts.hostname.endswith(".invalid"):  # RFC 2606: made-up authorities of a demo
            raise _no(address, "là địa chỉ giả của dữ liệu thử nghiệm", "a made-up address")
        if self.hosts is not None and parts.hostname not in self.hosts:
            raise _no(address, "không có trong danh sách máy chủ được phép", "the host is not on the list")


def _read(response: requests.Response, address: str, limit: int, until: float) -> Answer:
    if response.status_code == requests.codes.not_modified:
        return Answer(b"", unchanged=True)
    if response.status_code != requests.codes.ok:
        raise _no(address, f"báo lỗi {response.status_code}", f"HTTP {response.status_code}")
    data = bytearray()
    for chunk in response.iter_content(_CHUNK):
        data += chunk
        if len(data) > limit:
            raise _no(address, "gửi tệp quá lớn", f"more than {limit} octets")
        if time.monotonic() > until:
            raise _no(address, "gửi quá chậm", "too slow")
    return Answer(bytes(data), False, response.headers.get("ETag"), response.headers.get("Last-Modified"))


def _no(address: str, what: str, why: str) -> WebError:
    return WebError(
        "REVOCATION_UNREACHABLE",
        f"Máy chủ của tổ chức cấp chứng thư số ({address}) {what}. Sẽ thử lại; bản đang giữ vẫn dùng tới hết hạn.",
        f"{address}: {why}",
    )

"""The authority's status list named on the command line: a file, or an address that is fetched because it was named."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hocbaso_app.exchange import status_list
from hocbaso_app.exchange.status_list import StatusList
from hocbaso_app.signing.trust import TrustStore

from .exits import InputError
from .inputs import MAX_BYTES, read

TIMEOUTS = (5.0, 30.0)
"""Seconds to connect and to wait."""


def load(where: str, trust: TrustStore, at: datetime | None = None) -> StatusList:
    """The list, its seal checked; :class:`InputError` when it can't be had."""
    token = _fetch(where) if where.startswith(("https://", "http://")) else read(Path(where))
    return status_list.read(token, trust, at=at)


def _fetch(url: str) -> bytes:
    """One request, no redirect; the seal tells whether what came is genuine."""
    import requests

    try:
        with requests.get(url, timeout=TIMEOUTS, allow_redirects=False, stream=True) as answer:
            data: bytes = answer.raw.read(MAX_BYTES + 1, decode_content=True)
    except requests.RequestException as error:
        raise InputError("UNREACHABLE", f"Không lấy được danh sách trạng thái từ {url}.", f"{url}: {error}") from error
    if answer.status_code != requests.codes.ok or len(data) > MAX_BYTES:
        said = f"HTTP {answer.status_code}, {len(data)} byte"
        raise InputError("UNREACHABLE", f"Không lấy được danh sách trạng thái từ {url}: {said}.", f"{url}: {said}")
    return data

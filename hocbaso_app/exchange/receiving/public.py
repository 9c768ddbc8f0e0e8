"""What anyone may ask: the look-up page of a record code, slowed down against guessing."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from html import escape
from typing import Any

from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Request, Response

from .portal import Portal

Limit = Callable[[str], bool]
"""Whether an address may ask once more now."""

_TITLES = {
    "genuine": "Học bạ số này ĐANG LƯU HÀNH",
    "recalled": "Học bạ số này ĐÃ BỊ THU HỒI",
    "unknown": "Không có học bạ số với mã này",
}


class LookUp:
    """The look-up link; it names no pupil."""

    def __init__(self, portal: Portal, limit: Limit, note: str = "") -> None:
        """Of one portal; ``note`` stands at the foot of the page."""
        self._portal = portal
        self._limit = limit
        self._note = note

    def answer(self, request: Request, code: str) -> Response:
        """A page, or JSON for who asks for it."""
        if not self._limit(request.remote_addr or ""):
            raise TooManyRequests("Tra cứu quá nhiều lần; hãy thử lại sau một phút.")
        found = self._portal.look_up(code)
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
            return reply(found)
        lines = [f"Mã tra cứu: {code}"]
        if found["status"] == "recalled":
            lines.append(f"Thu hồi lúc {found['recalled_at']}.")
            if found["replaced_by"]:
                lines.append(f"Được thay bằng học bạ có mã {found['replaced_by']}.")
        elif found["status"] == "genuine":
            lines.append(f"Lần phát hành {found['issue']}, tiếp nhận lúc {found['received_at']}.")
            lines.append(f"SHA-256 của bản gốc: {found['sha256']}")
        return page(_TITLES[found["status"]], *lines, note=self._note)


class PerMinute:
    """So many questions a minute from each address, counted in this process."""

    def __init__(self, times: int = 60) -> None:
        """``times`` a minute."""
        self._times = times
        self._recent: dict[str, deque[float]] = {}

    def __call__(self, address: str) -> bool:
        """Count one more, if it may be."""
        now = time.monotonic()
        recent = self._recent.setdefault(address, deque())
        while recent and recent[0] < now - 60:
            recent.popleft()
        if len(recent) >= self._times:
            return False
        recent.append(now)
        return True


def reply(value: Any, status: int = 200) -> Response:
    """JSON; what came in and is no text goes back as question marks."""
    return Response(json.dumps(value, ensure_ascii=False).encode(errors="replace"), status, mimetype="application/json")


def page(title: str, *lines: str, note: str = "") -> Response:
    """A small page; everything in it is escaped."""
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    html = (
        '<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<style>body{font:18px/1.5 serif;max-width:36rem;margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}"
        f"small{{color:#666}}</style><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
        f"<small>{escape(note)}</small></html>"
    )
    return Response(html, mimetype="text/html")

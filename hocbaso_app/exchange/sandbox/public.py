"""What anyone may ask: the look-up page of a record code, slowed down against guessing."""

from __future__ import annotations

import json
import time
from collections import deque
from html import escape
from typing import Any

from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Request, Response

from .portal import Portal

_LOOKUPS_PER_MINUTE = 60
_TITLES = {
    "genuine": "Học bạ số này ĐANG LƯU HÀNH",
    "recalled": "Học bạ số này ĐÃ BỊ THU HỒI",
    "unknown": "Không có học bạ số với mã này",
}


class LookUp:
    """The look-up link; it names no pupil."""

    def __init__(self, portal: Portal) -> None:
        """Of one portal."""
        self._portal = portal
        self._recent: dict[str, deque[float]] = {}

    def answer(self, request: Request, code: str) -> Response:
        """A page, or JSON for who asks for it."""
        self._slow_down_guessing(request.remote_addr or "")
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
        return page(_TITLES[found["status"]], *lines)

    def _slow_down_guessing(self, address: str) -> None:
        now = time.monotonic()
        recent = self._recent.setdefault(address, deque())
        while recent and recent[0] < now - 60:
            recent.popleft()
        if len(recent) >= _LOOKUPS_PER_MINUTE:
            raise TooManyRequests("Tra cứu quá nhiều lần; hãy thử lại sau một phút.")
        recent.append(now)


def reply(value: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(value, ensure_ascii=False), status, mimetype="application/json")


def page(title: str, *lines: str) -> Response:
    """A small page; everything in it is escaped."""
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    html = (
        '<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<style>body{font:18px/1.5 serif;max-width:36rem;margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}"
        f"small{{color:#666}}</style><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
        "<small>Cổng thử nghiệm – không có giá trị pháp lý</small></html>"
    )
    return Response(html, mimetype="text/html")

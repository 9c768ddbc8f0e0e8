"""The line between the school and the department: HTTP passed on, until it is cut."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import requests

_OF_ONE_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "host", "accept-encoding"}


class Cut(str, Enum):
    """Where the line breaks."""

    NONE = "none"
    BEFORE = "before"
    """The request is read and lost."""
    AFTER = "after"
    """The other side got it and answered; the answer is lost."""


class Wire:
    """On loopback, in threads; passes requests on to ``target`` and loses those that a cut says."""

    def __init__(self, port: int, target: str) -> None:
        self.target = target
        self.passed: Counter[str] = Counter()
        """Path → requests that the other side answered."""
        self._port = port
        self._server: ThreadingHTTPServer | None = None
        self._cut, self._path, self._left = Cut.NONE, "", 0
        self._lock = Lock()

    def plug(self) -> None:
        """It can be reached."""
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
            Thread(target=self._server.serve_forever, daemon=True).start()

    def unplug(self) -> None:
        """Nobody listens any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def cut(self, cut: Cut, path: str = "", times: int = 1) -> None:
        """The next ``times`` requests to a path that ends so."""
        with self._lock:
            self._cut, self._path, self._left = cut, path, times

    def take(self, path: str) -> Cut:
        """What becomes of a request to this path."""
        with self._lock:
            if self._left == 0 or not path.endswith(self._path):
                return Cut.NONE
            self._left -= 1
            return self._cut


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            cut = wire.take(self.path)
            self.close_connection = True
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if cut is Cut.BEFORE:
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_HOP}
            try:
                answer = requests.request(
                    self.command,
                    wire.target + self.path,
                    data=body,
                    headers=headers,
                    timeout=120,
                    allow_redirects=False,
                )
            except requests.RequestException:
                return
            wire.passed[self.path] += 1
            if cut is not Cut.AFTER:
                self._answer(answer)

        def _answer(self, answer: requests.Response) -> None:
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            return

    return Handler

"""Running the portal on this machine: in a thread for demo and tests, or until Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import PortalApp

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        return


def server(app: PortalApp, port: int = 0, *, quiet: bool = True) -> BaseWSGIServer:
    """A threaded server bound to loopback; ``port`` 0 takes a free one."""
    handler = _Quiet if quiet else WSGIRequestHandler
    made = make_server(HOST, port, app, threaded=True, request_handler=handler)
    app.portal.base_url = f"http://{HOST}:{made.server_port}"
    return made


@contextmanager
def running(app: PortalApp, port: int = 0) -> Iterator[str]:
    """The portal in a thread; gives its address."""
    made = server(app, port)
    thread = Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield app.portal.base_url
    finally:
        made.shutdown()
        thread.join()
        made.server_close()

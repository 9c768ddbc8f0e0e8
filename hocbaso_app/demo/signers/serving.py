"""A simulator on loopback: in a thread for tests, or until Ctrl-C for ``hocbaso sandbox``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        return


def server(app: WSGIApplication, port: int = 0, *, quiet: bool = True) -> BaseWSGIServer:
    """A threaded server bound to loopback; ``port`` 0 takes a free one."""
    return make_server(HOST, port, app, threaded=True, request_handler=_Quiet if quiet else WSGIRequestHandler)


@contextmanager
def running(app: WSGIApplication, port: int = 0) -> Iterator[str]:
    """The service in a thread; gives its address."""
    made = server(app, port)
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()

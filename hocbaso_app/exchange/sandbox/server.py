"""Running the portal on this machine: in a thread for demo and tests, or until Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import PortalApp

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        return


def bound(app: WSGIApplication, port: int = 0, *, quiet: bool = True) -> BaseWSGIServer:
    """A threaded server of any practice service, bound to loopback; ``port`` 0 takes a free one."""
    return make_server(HOST, port, app, threaded=True, request_handler=_Quiet if quiet else WSGIRequestHandler)


@contextmanager
def in_thread(made: BaseWSGIServer) -> Iterator[str]:
    """A bound server at work; gives its address."""
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def server(app: PortalApp, port: int = 0, *, quiet: bool = True) -> BaseWSGIServer:
    """The portal, which learns its own address."""
    made = bound(app, port, quiet=quiet)
    app.portal.base_url = f"http://{HOST}:{made.server_port}"
    return made


@contextmanager
def running(app: PortalApp, port: int = 0) -> Iterator[str]:
    """The portal in a thread; gives its address."""
    with in_thread(server(app, port)) as address:
        yield address

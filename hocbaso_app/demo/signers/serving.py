"""A simulator on loopback, in a thread for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hocbaso_app.exchange.sandbox.server import bound, in_thread

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@contextmanager
def running(app: WSGIApplication, port: int = 0) -> Iterator[str]:
    """The service in a thread; gives its address."""
    with in_thread(bound(app, port)) as address:
        yield address

"""How a service of the CSC's shape says that something is wrong."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from .app import reply
from .csc_books import CscError


def guarded(handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A :class:`CscError` of the handler as the answer that the specification prescribes."""

    def answer(request: Request) -> Response:
        try:
            return handler(request)
        except CscError as error:
            return reply({"error": error.error, "error_description": error.description}, error.status)

    return answer

"""What the simulated signing services have in common: routes, JSON, the phone, faults, a clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .faults import Faults
from .phone import Phone
from .remote_faults import SignerFault, cut
from .subscribers import Subscriber

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY = 8 << 20
Clock = Callable[[], datetime]


def now() -> datetime:
    """The clock of everyday."""
    return datetime.now(timezone.utc)


class SignerApp:
    """A WSGI app. ``orders`` counts what was really taken, so that a test sees an order given twice."""

    def __init__(self, subscribers: Sequence[Subscriber], clock: Clock = now) -> None:
        self.subscribers = list(subscribers)
        self.clock = clock
        self.faults: Faults[SignerFault] = Faults(SignerFault)
        self.phone = Phone(self.subscribers, clock)
        self.orders: list[list[bytes]] = []
        self._map = Map([*self.rules(), *self.phone.rules()])

    def rules(self) -> list[Rule]:
        """The protocol's own routes."""
        raise NotImplementedError

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ)
        try:
            endpoint, arguments = self._map.bind_to_environ(environ).match()
            down = self.faults.take(SignerFault.DOWN)
            response = Response(status=503) if down else endpoint(request, **arguments)
        except HTTPException as error:
            response = Response(error.get_body(environ), error.code, error.get_headers(environ))
        return response(environ, start_response)

    def taken(self, request: Request, digests: list[bytes], answer: Callable[[], Response]) -> Response:
        """An order is taken; then whatever is to go wrong with its answer."""
        if self.faults.take(SignerFault.LOST_BEFORE):
            cut(request.environ)
            return Response(status=500)
        self.orders.append(digests)
        made = answer()
        if self.faults.take(SignerFault.LOST_AFTER):
            cut(request.environ)
        if self.faults.take(SignerFault.SERVER_ERROR):
            return Response(status=500)
        if self.faults.take(SignerFault.NOT_JSON):
            return Response("<html>Hệ thống đang bảo trì</html>", mimetype="text/html")
        return made

    def values(self, subscriber: Subscriber, digests: Sequence[bytes]) -> list[bytes]:
        """Signatures, perhaps not as they should be."""
        values = [subscriber.sign(digest) for digest in digests]
        if self.faults.take(SignerFault.FOREIGN_VALUE):
            values[-1] = subscriber.sign(bytes(32))
        if self.faults.take(SignerFault.MISSING_VALUE):
            del values[-1]
        if self.faults.take(SignerFault.REVERSED):
            values.reverse()
        return values


def body_of(request: Request) -> dict[str, Any]:
    """A JSON object, else 400."""
    data = request.get_data(cache=False)
    try:
        body = json.loads(data) if 0 < len(data) <= MAX_BODY else None
    except (ValueError, RecursionError) as error:
        raise BadRequest from error
    if not isinstance(body, dict):
        raise BadRequest
    return body


def reply(body: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")

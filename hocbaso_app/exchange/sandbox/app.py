"""The portal over HTTP (Werkzeug): token service, six transactions, look-up, status list, and an officer's desk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .. import codes
from ..compression import MAX_TRANSACTION
from ..errors import RefusedError
from ..transactions import Kind, to_json
from . import answers, envelope
from .desk import Desk
from .desk_page import DESK_PAGE
from .faults import Fault, Faults
from .portal import Portal
from .public import LookUp, page, reply
from .sessions import SESSION_SECONDS, Account, Sessions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Account", "PortalApp"]

_HTTP_STATUS = {codes.TOKEN_WRONG: 401, codes.ACCOUNT_WRONG: 401, codes.TOO_LARGE: 413}


class PortalApp:
    """A WSGI application. ``officers``: token → name of each officer, or the token of the only one."""

    def __init__(
        self,
        portal: Portal,
        accounts: Iterable[Account],
        officers: Mapping[str, str] | str,
        faults: Faults,
        session_seconds: float = SESSION_SECONDS,
    ) -> None:
        """One portal, its accounts and its faults; ``session_seconds``: how long a log-in lasts."""
        self.portal = portal
        self.faults = faults
        self.sessions = Sessions(accounts, session_seconds)
        self._desk = Desk(portal, officers, faults)
        self._look_up = LookUp(portal)
        post, get = ["POST"], ["GET"]
        self._map = Map(
            [
                Rule(portal.codes.token_path, endpoint=self._token, methods=post),
                *(Rule(portal.codes.paths[k], endpoint=self._transaction(k), methods=post) for k in Kind),
                Rule("/tra-cuu/<code>", endpoint=self._look_up.answer, methods=get),
                Rule("/danh-sach-trang-thai", endpoint=self._status_list, methods=get),
                Rule("/can-bo", endpoint=self._desk_page, methods=get),
                Rule("/can-bo/cho-quyet-dinh", endpoint=self._waiting, methods=get),
                Rule("/can-bo/<action>", endpoint=self._officer, methods=post),
                Rule("/", endpoint=self._home, methods=get),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ)
        request.max_content_length = MAX_TRANSACTION
        try:
            endpoint, values = self._map.bind_to_environ(environ).match()
            response = endpoint(request, **values)
        except HTTPException as error:
            response = error.get_response(environ)
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _home(self, request: Request) -> Response:
        return page(
            "Cổng tiếp nhận học bạ số (thử nghiệm)",
            "Không có giá trị pháp lý. Tra cứu: /tra-cuu/mã-học-bạ. Bàn cán bộ: /can-bo",
        )

    def _token(self, request: Request) -> Response:
        body = _json(request)
        token = self.sessions.log_in(body.get("user_name"), body.get("password"))
        if token is None:
            return self._refusal(None, "", "", self.portal.office.refusal(codes.ACCOUNT_WRONG))
        return reply({"token": token})

    def _transaction(self, kind: Kind) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            message_id = unit = ""
            try:
                body = _json(request)
                given = envelope.parameters(kind, body)
                message_id, unit = str(given.get("messageid", "")), str(given.get("ma_don_vi", ""))
                account = envelope.check(kind, body, _bearer(request), self.portal.office, self.sessions)
                if kind is Kind.QUERY_SUBMISSION and self.faults.take(Fault.LOST_QUERY):
                    return Response(status=503)
                if kind is Kind.SUBMIT:
                    return self._submit(account, message_id, body["content"])
                return reply(self._do(kind, account, message_id, body))
            except RequestEntityTooLarge:
                error = self.portal.office.refusal(codes.TOO_LARGE)
            except RefusedError as refused:
                error = refused
            return self._refusal(kind, message_id, unit, error)

        return endpoint

    def _refusal(self, kind: Kind | None, message_id: str, unit: str, error: RefusedError) -> Response:
        raw = answers.refusal(self.portal.codes, kind, message_id, unit, error)
        return reply(raw, _HTTP_STATUS.get(error.code, 200))

    def _do(self, kind: Kind, account: Account, message_id: str, body: dict[str, Any]) -> dict[str, Any]:
        if kind is Kind.QUERY_SUBMISSION:
            return self.portal.query_submission(account.unit, message_id)
        if kind is Kind.REGISTER_CERTIFICATE:
            return to_json(self.portal.register_certificate(account.unit, message_id, body))
        if kind is Kind.QUERY_CERTIFICATE:
            return self.portal.query_certificate(account.unit, message_id)
        if kind is Kind.RECALL:
            return to_json(self.portal.request_recall(account.unit, message_id, body["content"], account.user_name))
        return self.portal.query_recall(account.unit, message_id)

    def _submit(self, account: Account, message_id: str, content: str) -> Response:
        faults = self.faults
        if faults.take(Fault.SERVER_ERROR):
            return Response(status=500)
        if faults.take(Fault.REFUSE):
            raise self.portal.office.refusal(codes.CLOSED)
        if faults.take(Fault.TIMEOUT_BEFORE_STORE):
            time.sleep(faults.hang_seconds)
            return Response(status=503)
        if faults.take(Fault.SLOW):
            time.sleep(faults.slow_seconds)
        answer = self.portal.submit(account.unit, message_id, content)
        if faults.take(Fault.DUPLICATE):
            answer = self.portal.submit(account.unit, message_id, content)
        if faults.take(Fault.TIMEOUT_AFTER_STORE):
            time.sleep(faults.hang_seconds)
        if faults.take(Fault.ERROR_AFTER_STORE):
            return Response(status=500)
        if faults.take(Fault.WRONG_ANSWER):
            return reply({"MessageId": "khac", "Error": 7})
        return reply(to_json(answer))

    def _status_list(self, request: Request) -> Response:
        return Response(self.portal.status_list(), mimetype="application/cose")

    def _desk_page(self, request: Request) -> Response:
        return Response(DESK_PAGE, mimetype="text/html")

    def _waiting(self, request: Request) -> Response:
        self._desk.officer(_bearer(request))
        return reply(self.portal.waiting())

    def _officer(self, request: Request, action: str) -> Response:
        officer = self._desk.officer(_bearer(request))
        try:
            self._desk.act(officer, action, _json(request))
        except RefusedError as error:
            return reply({"Error": error.code, "ErrorDescription": error.message_vi}, 409)
        accepted = self.portal.codes.code(codes.ACCEPTED)
        return reply({"Error": accepted.code, "ErrorDescription": accepted.message_vi})


def _bearer(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _json(request: Request) -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest
    return body

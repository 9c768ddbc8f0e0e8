"""The portal over HTTP (Werkzeug): token service, six transactions, extensions, look-up, status list, registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .. import codes
from ..compression import MAX_TRANSACTION
from ..errors import RefusedError
from ..extensions import EXTENSION_PATH, REGISTRY_PATH, TRUST_LIST_PATH
from ..recalls import STATUS_LIST_PATH
from ..transactions import Kind, to_json
from . import answers, envelope
from .accounts import Account, Accounts
from .portal import Portal
from .public import Limit, LookUp, PerMinute, reply

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Extension = Callable[[Account, dict[str, Any]], dict[str, Any]]
"""What answers one extension: whose account asks, what is asked; what a unit did wrong comes as ``RefusedError``."""

PUBLISHED_SECONDS = 300
"""How long a list may be kept without asking again."""

_HTTP_STATUS = {codes.TOKEN_WRONG: 401, codes.ACCOUNT_WRONG: 401, codes.TOO_LARGE: 413, codes.TOO_MANY: 429}


class PortalApp:
    """A WSGI application over one portal and its accounts."""

    title = "Cổng tiếp nhận học bạ số"
    note = ""

    def __init__(
        self,
        portal: Portal,
        accounts: Accounts,
        extensions: Mapping[str, Extension] | None = None,
        look_up_limit: Limit | None = None,
    ) -> None:
        """``extensions``: what is offered beside CV 2088, by name. ``look_up_limit``: how often one may ask."""
        self.portal = portal
        self.accounts = accounts
        self.extensions = dict(extensions or {})
        self._look_up = LookUp(portal, look_up_limit or PerMinute(), self.note)
        self._map = Map(self.rules())

    def rules(self) -> list[Rule]:
        """What is served where."""
        post, get, known = ["POST"], ["GET"], self.portal.office.codes
        return [
            Rule(known.token_path, endpoint=self._token, methods=post),
            *(Rule(known.paths[kind], endpoint=self._transaction(kind), methods=post) for kind in Kind),
            Rule(f"{EXTENSION_PATH}/<name>", endpoint=self._extension, methods=post),
            Rule("/tra-cuu/<code>", endpoint=self._look_up.answer, methods=get),
            Rule(STATUS_LIST_PATH, endpoint=self._status_list, methods=get),
            Rule(REGISTRY_PATH, endpoint=self._registry, methods=get),
            Rule(TRUST_LIST_PATH, endpoint=self._trust_list, methods=get),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        answer: Iterable[bytes] = self.respond(Request(environ))(environ, start_response)
        return answer

    def respond(self, request: Request) -> Response:
        """The answer to one request, wherever it came from."""
        request.max_content_length = MAX_TRANSACTION
        try:
            endpoint, values = self._map.bind_to_environ(request.environ).match()
            found: Response = endpoint(request, **values)
        except HTTPException as error:
            found = Response.force_type(error.get_response(request.environ), request.environ)
        return found

    def submit(self, account: Account, message_id: str, content: str) -> Response:
        """Transaction 1."""
        return reply(to_json(self.portal.submit(account.unit, message_id, content)))

    def query_submission(self, account: Account, message_id: str) -> Response:
        """Transaction 2."""
        return reply(self.portal.query_submission(account.unit, message_id))

    def _token(self, request: Request) -> Response:
        body = json_of(request)
        try:
            token = self.accounts.log_in(body.get("user_name"), body.get("password"))
            if token is None:
                raise self.portal.office.refusal(codes.ACCOUNT_WRONG)
        except RefusedError as error:
            return self._refusal(None, "", "", error)
        return reply({"token": token})

    def _transaction(self, kind: Kind) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            message_id = unit = ""
            try:
                body = json_of(request)
                given = envelope.parameters(kind, body)
                message_id, unit = str(given.get("messageid", "")), str(given.get("ma_don_vi", ""))
                account = envelope.check(kind, body, bearer_of(request), self.portal.office, self.accounts)
                return self._do(kind, account, message_id, body)
            except RequestEntityTooLarge:
                error = self.portal.office.refusal(codes.TOO_LARGE)
            except RefusedError as refused:
                error = refused
            return self._refusal(kind, message_id, unit, error)

        return endpoint

    def _refusal(self, kind: Kind | None, message_id: str, unit: str, error: RefusedError) -> Response:
        raw = answers.refusal(self.portal.office.codes, kind, message_id, unit, error)
        return reply(raw, _HTTP_STATUS.get(error.code, 200))

    def _do(self, kind: Kind, account: Account, message_id: str, body: dict[str, Any]) -> Response:
        portal, unit = self.portal, account.unit
        if kind is Kind.SUBMIT:
            return self.submit(account, message_id, body["content"])
        if kind is Kind.QUERY_SUBMISSION:
            return self.query_submission(account, message_id)
        if kind is Kind.REGISTER_CERTIFICATE:
            return reply(to_json(portal.register_certificate(unit, message_id, body)))
        if kind is Kind.QUERY_CERTIFICATE:
            return reply(portal.query_certificate(unit, message_id))
        if kind is Kind.RECALL:
            return reply(to_json(portal.request_recall(unit, message_id, body["content"], account.user_name)))
        return reply(portal.query_recall(unit, message_id))

    def _extension(self, request: Request, name: str) -> Response:
        """Ours, beside CV 2088: JSON in, JSON out; a refusal says so in ``Error`` as in the transactions."""
        office = self.portal.office
        try:
            account = self.accounts.account(bearer_of(request))
            if account is None:
                raise office.refusal(codes.TOKEN_WRONG)
            handler = self.extensions.get(name)
            if handler is None:
                raise office.refusal(codes.FUNCTION_WRONG, f"Cổng không có chức năng {name}.", name)
            return reply(handler(account, json_of(request)))
        except RequestEntityTooLarge:
            error = office.refusal(codes.TOO_LARGE)
        except RefusedError as refused:
            error = refused
        said = {"Error": error.code, "ErrorDescription": error.message_vi}
        return reply(said, _HTTP_STATUS.get(error.code, 200))

    def _status_list(self, request: Request) -> Response:
        return published(request, self.portal.status_list())

    def _registry(self, request: Request) -> Response:
        return published(request, self.portal.registry())

    def _trust_list(self, request: Request) -> Response:
        token = self.portal.office.trust_list()
        return published(request, token) if token is not None else Response("no list of anchors yet", 404)


def published(request: Request, token: bytes) -> Response:
    """A sealed list for everybody; whoever has this very one already gets 304."""
    response = Response(token, mimetype="application/cose")
    response.cache_control.public = True
    response.cache_control.max_age = PUBLISHED_SECONDS
    response.set_etag(hashlib.sha256(token).hexdigest()[:32])
    return response.make_conditional(request)


def bearer_of(request: Request) -> str:
    """The token in the header."""
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def json_of(request: Request) -> dict[str, Any]:
    """The body; 400 for anything but an object, and for text that is none: half a surrogate pair."""
    data = request.get_data()
    if len(data) > MAX_TRANSACTION:  # who serves us may have read it already, with another limit
        raise RequestEntityTooLarge
    try:
        body = request.get_json(silent=True)
        if b"\\u" in data:
            json.dumps(body, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError) as error:
        raise BadRequest from error
    if not isinstance(body, dict):
        raise BadRequest
    return body

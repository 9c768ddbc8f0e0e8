"""The portal over HTTP (Werkzeug): token service, six transactions, look-up, status list, and an officer's desk."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException, NotFound, TooManyRequests, Unauthorized
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ..client import PATHS
from ..compression import MAX_TRANSACTION
from ..errors import RefusedError
from ..transactions import Answer, Kind, hash_password, to_json
from .faults import Fault, Faults
from .portal import Portal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LOOKUPS_PER_MINUTE = 60
_TITLES = {
    "genuine": "Học bạ số này ĐANG LƯU HÀNH",
    "recalled": "Học bạ số này ĐÃ BỊ THU HỒI",
    "unknown": "Không có học bạ số với mã này",
}


@dataclass(frozen=True)
class Account:
    """A unit's account; the password is kept as its SHA-256, as CV 2088 sends it."""

    user_name: str
    password_hash: str = field(repr=False)
    unit: str

    @classmethod
    def of(cls, user_name: str, password: str, unit: str) -> Account:
        """From the password itself."""
        return cls(user_name, hash_password(password), unit)


class PortalApp:
    """A WSGI application. ``officer_token`` opens the officer's desk (decisions and faults)."""

    def __init__(self, portal: Portal, accounts: Iterable[Account], officer_token: str, faults: Faults) -> None:
        """One portal, its accounts and its faults."""
        self.portal = portal
        self.faults = faults
        self._accounts = {a.user_name: a for a in accounts}
        self._officer_token = officer_token
        self._sessions: dict[str, str] = {}
        self._lookups: dict[str, deque[float]] = {}
        post, get = ["POST"], ["GET"]
        self._map = Map(
            [
                Rule(PATHS["token"], endpoint=self._token, methods=post),
                *(Rule(PATHS[k], endpoint=self._transaction(k), methods=post) for k in Kind),
                Rule("/tra-cuu/<code>", endpoint=self._look_up, methods=get),
                Rule("/danh-sach-trang-thai", endpoint=self._status_list, methods=get),
                Rule("/can-bo/<action>", endpoint=self._officer, methods=post),
                Rule("/", endpoint=self._home, methods=get),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ)
        request.max_content_length = MAX_TRANSACTION + 65536
        try:
            endpoint, values = self._map.bind_to_environ(environ).match()
            response = endpoint(request, **values)
        except HTTPException as error:
            response = error.get_response(environ)
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _home(self, request: Request) -> Response:
        return _page("Cổng tiếp nhận học bạ số (thử nghiệm)", "Không có giá trị pháp lý. Tra cứu: /tra-cuu/mã-học-bạ")

    def _token(self, request: Request) -> Response:
        body = _json(request)
        account = self._accounts.get(str(body.get("user_name")))
        if account is None or not hmac.compare_digest(account.password_hash, str(body.get("password"))):
            raise Unauthorized
        token = secrets.token_urlsafe(32)
        self._sessions[token] = account.user_name
        return _reply({"token": token})

    def _transaction(self, kind: Kind) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            body = _json(request)
            authentication = body.get("authenticationRequest")
            if not isinstance(authentication, dict):
                raise BadRequest
            account = self._authenticate(authentication)
            message_id = str(authentication.get("messageid"))
            if kind is Kind.SUBMIT:
                return self._submit(account, message_id, body)
            if kind is Kind.QUERY_SUBMISSION and self.faults.take(Fault.LOST_QUERY):
                return Response(status=503)
            return self._answer(message_id, lambda: self._do(kind, account, message_id, body))

        return endpoint

    def _authenticate(self, authentication: dict[str, Any]) -> Account:
        user = self._sessions.get(str(authentication.get("token")))
        account = self._accounts.get(user or "")
        if account is None or account.user_name != authentication.get("user_name"):
            raise Unauthorized
        right = hmac.compare_digest(account.password_hash, str(authentication.get("password")))
        if not right or account.unit != authentication.get("ma_don_vi"):
            raise Unauthorized
        return account

    def _do(self, kind: Kind, account: Account, message_id: str, body: dict[str, Any]) -> Any:
        if kind is Kind.QUERY_SUBMISSION:
            return self.portal.query_submission(account.unit, message_id)
        if kind is Kind.REGISTER_CERTIFICATE:
            return self.portal.register_certificate(account.unit, message_id, body)
        if kind is Kind.QUERY_CERTIFICATE:
            return self.portal.query_certificate(account.unit, message_id)
        if kind is Kind.RECALL:
            return self.portal.request_recall(account.unit, message_id, str(body.get("content")), account.user_name)
        return self.portal.query_recall(account.unit, message_id)

    @staticmethod
    def _answer(message_id: str, work: Callable[[], Any]) -> Response:
        try:
            answer = work()
        except RefusedError as error:
            answer = Answer(message_id, error.code, error.message_vi, "TU_CHOI", error.message_en)
        return _reply(to_json(answer) if isinstance(answer, Answer) else answer)

    def _submit(self, account: Account, message_id: str, body: dict[str, Any]) -> Response:
        faults, content = self.faults, str(body.get("content"))

        def work() -> Answer:
            return self.portal.submit(account.unit, message_id, content)

        if faults.take(Fault.SERVER_ERROR):
            return Response(status=500)
        if faults.take(Fault.REFUSE):
            return _reply(to_json(Answer(message_id, "TAM_DUNG", "Cổng tạm dừng tiếp nhận.", "TU_CHOI", "paused")))
        if faults.take(Fault.TIMEOUT_BEFORE_STORE):
            time.sleep(faults.hang_seconds)
            return Response(status=503)
        if faults.take(Fault.SLOW):
            time.sleep(faults.slow_seconds)
        response = self._answer(message_id, work)
        if faults.take(Fault.DUPLICATE):
            response = self._answer(message_id, work)
        if faults.take(Fault.TIMEOUT_AFTER_STORE):
            time.sleep(faults.hang_seconds)
        if faults.take(Fault.ERROR_AFTER_STORE):
            return Response(status=500)
        if faults.take(Fault.WRONG_ANSWER):
            return _reply({"MessageId": "khac", "Error": 7})
        return response

    def _look_up(self, request: Request, code: str) -> Response:
        self._slow_down_guessing(request.remote_addr or "")
        found = self.portal.look_up(code)
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
            return _reply(found)
        lines = [f"Mã tra cứu: {code}"]
        if found["status"] == "recalled":
            lines.append(f"Thu hồi lúc {found['recalled_at']}.")
            if found["replaced_by"]:
                lines.append(f"Được thay bằng học bạ có mã {found['replaced_by']}.")
        elif found["status"] == "genuine":
            lines.append(f"Lần phát hành {found['issue']}, tiếp nhận lúc {found['received_at']}.")
            lines.append(f"SHA-256 của bản gốc: {found['sha256']}")
        return _page(_TITLES[found["status"]], *lines)

    def _slow_down_guessing(self, address: str) -> None:
        now = time.monotonic()
        recent = self._lookups.setdefault(address, deque())
        while recent and recent[0] < now - 60:
            recent.popleft()
        if len(recent) >= _LOOKUPS_PER_MINUTE:
            raise TooManyRequests("Tra cứu quá nhiều lần; hãy thử lại sau một phút.")
        recent.append(now)

    def _status_list(self, request: Request) -> Response:
        return Response(self.portal.status_list(), mimetype="application/cose")

    def _officer(self, request: Request, action: str) -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given, self._officer_token):
            raise Unauthorized
        body = _json(request)
        try:
            if action == "duyet-chung-thu":
                self.portal.decide_certificate(
                    str(body["messageid"]), approve=bool(body["duyet"]), note=str(body.get("ly_do", ""))
                )
            elif action == "duyet-thu-hoi":
                self.portal.decide_recall(
                    str(body["messageid"]),
                    str(body["ma_tra_cuu_uuid"]),
                    approve=bool(body["duyet"]),
                    by=str(body["nguoi_duyet"]),
                    note=str(body.get("ly_do", "")),
                )
            elif action == "loi":
                self.faults.switch(Fault(str(body["ten"])), int(body.get("so_lan", 1)))
            else:
                raise NotFound
        except (KeyError, ValueError) as error:
            raise BadRequest(f"missing or wrong field: {error}") from error
        except RefusedError as error:
            return _reply({"Error": error.code, "ErrorDescription": error.message_vi}, 409)
        return _reply({"Error": "0"})


def _json(request: Request) -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest
    return body


def _reply(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, mimetype="application/json")


def _page(title: str, *lines: str) -> Response:
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    html = (
        '<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<style>body{font:18px/1.5 serif;max-width:36rem;margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}"
        f"small{{color:#666}}</style><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
        "<small>Cổng thử nghiệm – không có giá trị pháp lý</small></html>"
    )
    return Response(html, mimetype="text/html")

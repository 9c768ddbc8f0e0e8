"""One HTTP exchange with a portal, and what each way of failing means for what was sent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import requests

from hocbaso_app.signing.online import NOBODY, Bearer

from . import codes
from .codes import Disposition
from .compression import MAX_TRANSACTION
from .endpoint import Endpoint
from .errors import PackageError, RefusedError, SessionOverError, UncertainError, UnreachableError
from .failures import explain, without_certificate
from .guard import Guard, NoGuard, Purpose
from .retry_after import retry_after
from .transactions import Kind

MAX_ANSWER = 32 * 1024 * 1024
LEAST_PAUSE = timedelta(seconds=30)
"""After 429 without a time."""


class Transport:
    """Requests to one endpoint; never follows a redirect, never repeats anything."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None = None, guard: Guard | None = None) -> None:
        """A session may bring certificates or a proxy; to this machine no proxy of the environment is used."""
        self._endpoint = endpoint
        self.guard = guard or NoGuard()
        self._session = session or requests.Session()
        if endpoint.is_this_machine:
            self._session.trust_env = False

    def post(self, path: str, body: dict[str, Any], token: str | None = None) -> Any:
        """The JSON that came back; ``token`` goes in ``Authorization: Bearer``.

        Raises :class:`PackageError` (larger than CV 2088 II.2.8 allows, not sent), :class:`RefusedError`,
        :class:`UnreachableError` (not taken) or :class:`UncertainError` (perhaps taken).
        """
        data = json.dumps(body, ensure_ascii=False).encode()
        if len(data) > MAX_TRANSACTION:
            raise PackageError("PACKAGE_TOO_LARGE", "Giao dịch vượt quá 10 MB; chưa gửi.", f"{len(data)} octets")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        response = self._read("POST", path, data=data, headers=headers, auth=Bearer(token))
        raw = _json(response)
        if raw is None:
            raise UncertainError("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", "not JSON")
        self._check_session(raw)
        return raw

    def get(self, path: str) -> bytes:
        """A public resource."""
        return self._read("GET", path, auth=NOBODY).content

    def _check_session(self, raw: Any) -> None:
        error = error_of(raw)
        if error and self._endpoint.codes.code(error).disposition is Disposition.AUTHENTICATE:
            raise SessionOverError(error, "Phiên giao dịch hết hạn; sẽ đăng nhập lại.", "session over")

    def _read(self, method: str, path: str, **more: Any) -> requests.Response:
        self.guard.enter(Purpose.SEND if path == self._endpoint.codes.paths[Kind.SUBMIT] else Purpose.ASK)
        try:
            response = self._requested(method, path, **more)
        except (UncertainError, UnreachableError) as error:
            if isinstance(error, SessionOverError):
                self.guard.answered()
            else:
                self.guard.failed(error)
            raise
        except RefusedError:
            self.guard.answered()
            raise
        self.guard.answered()
        return response

    def _requested(self, method: str, path: str, **more: Any) -> requests.Response:
        url = self._endpoint.address.rstrip("/") + path
        try:
            response = self._session.request(
                method, url, timeout=self._endpoint.timeouts, allow_redirects=False, **more
            )
        except requests.RequestException as error:
            raise explain(error) from error
        self._check_status(response)
        return response

    def _check_status(self, response: requests.Response) -> None:
        status, known = response.status_code, self._endpoint.codes
        if status == requests.codes.unauthorized:
            raw = _json(response)
            self._check_session(raw)
            code = error_of(raw)
            if code is None:
                raise SessionOverError("UNAUTHORISED", "Phiên giao dịch hết hạn; sẽ đăng nhập lại.", "401")
            raise RefusedError.of(known.code(code))
        if status == requests.codes.request_entity_too_large:
            raise RefusedError.of(known.code(codes.TOO_LARGE), "", "413")
        if status == requests.codes.bad_request and "SSL certificate" in response.text:
            raise without_certificate("HTTP 400 of a web server in front: no or wrong SSL certificate")
        wait = retry_after(response.headers.get("Retry-After"))
        if status == requests.codes.too_many_requests:
            message = "Cổng tiếp nhận yêu cầu gửi chậm lại."
            raise UnreachableError("TOO_MANY", message, "429", retry_after=wait or LEAST_PAUSE)
        if status == requests.codes.proxy_authentication_required:
            message = "Máy chủ proxy từ chối tài khoản; người quản trị kiểm tra tên và mật khẩu proxy."
            raise UnreachableError("PROXY_LOGIN", message, "407")
        if not response.ok or len(response.content) > MAX_ANSWER:
            message = "Cổng tiếp nhận đang lỗi; sẽ hỏi lại."
            raise UncertainError("SERVER_ERROR", message, f"HTTP {status}", retry_after=wait)


def error_of(raw: Any) -> str | None:
    """The error code of any answer: ``Error`` of transactions 1, 2, 5 and 6, ``error`` of 3 and 4."""
    found = raw.get("Error", raw.get("error")) if isinstance(raw, dict) else None
    return found if isinstance(found, str) else None


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None

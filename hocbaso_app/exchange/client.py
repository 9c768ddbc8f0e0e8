"""Talking to the authority: six transactions over HTTP, and what each kind of failure means.

A submission is sent once per call, never repeated here: after a failure the
outbox knows whether it may be sent again (:class:`UnreachableError`) or only
asked about (:class:`UncertainError`). Questions are harmless and are repeated
with back-off (tenacity).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import requests
from cryptography.hazmat.primitives.serialization import Encoding
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.signing.keys import KeySource

from .errors import RefusedError, UncertainError, UnreachableError
from .transactions import (
    Answer,
    Authentication,
    CertificateAnswer,
    Kind,
    RecordAnswer,
    hash_password,
    read_answer,
    to_json,
)

T = TypeVar("T")
MAX_ANSWER = 32 * 1024 * 1024
PATHS = {
    "token": "/api/token",
    Kind.SUBMIT: "/api/hoc-ba/nop",
    Kind.QUERY_SUBMISSION: "/api/hoc-ba/truy-van-nop",
    Kind.REGISTER_CERTIFICATE: "/api/chung-thu-so/dang-ky",
    Kind.QUERY_CERTIFICATE: "/api/chung-thu-so/truy-van",
    Kind.RECALL: "/api/hoc-ba/thu-hoi",
    Kind.QUERY_RECALL: "/api/hoc-ba/truy-van-thu-hoi",
}
"""Assumed: the annex of CV 2088 with the addresses is not public."""

NOT_KNOWN = "CHUA_NHAN"
"""Error of a query about a message that the other side never took (assumed)."""


@dataclass(frozen=True)
class Endpoint:
    """Where and as whom. ``timeouts``: seconds to connect and to wait for an answer."""

    address: str
    user_name: str
    password: str = field(repr=False)
    unit_code: str
    school_year: int
    timeouts: tuple[float, float] = (5.0, 60.0)
    question_attempts: int = 4
    longest_wait: float = 8.0

    def __post_init__(self) -> None:
        """Real data never goes over plain http."""
        parts = urlsplit(self.address)
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
            raise HocBaSoError(
                "PLAIN_HTTP",
                f"Địa chỉ {self.address} không dùng https; dữ liệu thật không được gửi qua http.",
                "only https, or http to this machine, is allowed",
            )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class PortalClient:
    """One school's connection."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None = None) -> None:
        """A session may be given for certificates or a proxy."""
        self._endpoint = endpoint
        self._session = session or requests.Session()
        self._token: str | None = None

    def submit(self, content: str, message_id: str) -> Answer:
        """Transaction 1; refusals as :class:`RefusedError`, no usable answer as :class:`UncertainError`."""
        return self._transact(Kind.SUBMIT, message_id, {"content": content})

    def query_submission(self, message_id: str) -> list[RecordAnswer] | None:
        """Transaction 2; ``None`` when the authority says it never took that message."""
        return self._ask(lambda: self._records(Kind.QUERY_SUBMISSION, message_id))

    def register_certificate(self, key: KeySource, kind: str, issuer: str, content: str) -> str:
        """Transaction 3; returns the message id to ask with. ``content`` proves possession of the key."""
        certificate = key.certificate
        message_id = str(uuid4())
        fields = {
            "serial_number": format(certificate.serial_number, "x"),
            "ngay_hieu_luc": certificate.not_valid_before_utc.isoformat(),
            "ma_kieu_chu_ky": kind,
            "nha_phat_hanh": issuer,
            "content": content,
            "chung_thu": certificate.public_bytes(Encoding.PEM).decode(),
        }
        self._ask(lambda: self._transact(Kind.REGISTER_CERTIFICATE, message_id, fields))
        return message_id

    def query_certificate(self, message_id: str) -> CertificateAnswer:
        """Transaction 4."""
        raw = self._ask(lambda: self._post(Kind.QUERY_CERTIFICATE, self._envelope(Kind.QUERY_CERTIFICATE, message_id)))
        answer: CertificateAnswer = read_answer(CertificateAnswer, raw)
        return answer

    def request_recall(self, content: str, message_id: str) -> Answer:
        """Transaction 5; sending the same message again is harmless, so it is repeated like a question."""
        return self._ask(lambda: self._transact(Kind.RECALL, message_id, {"content": content}))

    def query_recall(self, message_id: str) -> list[RecordAnswer] | None:
        """Transaction 6."""
        return self._ask(lambda: self._records(Kind.QUERY_RECALL, message_id))

    def get(self, path: str) -> bytes:
        """A public resource of the portal, such as the status list."""
        return self._ask(lambda: self._read(lambda: self._session.get(self._url(path), **self._limits())).content)

    def _url(self, path: str) -> str:
        return self._endpoint.address.rstrip("/") + path

    def _limits(self) -> dict[str, Any]:
        return {"timeout": self._endpoint.timeouts, "allow_redirects": False}

    def _ask(self, question: Callable[[], T]) -> T:
        retrying = Retrying(
            retry=retry_if_exception_type((UncertainError, UnreachableError)),
            stop=stop_after_attempt(self._endpoint.question_attempts),
            wait=wait_random_exponential(multiplier=0.2, max=self._endpoint.longest_wait),
            reraise=True,
        )
        return retrying(question)

    def _envelope(self, kind: Kind, message_id: str) -> dict[str, Any]:
        if self._token is None:
            self._token = self._fetch_token()
        authentication = Authentication(
            self._token,
            self._endpoint.user_name,
            hash_password(self._endpoint.password),
            self._endpoint.unit_code,
            self._endpoint.school_year,
            message_id,
            kind.value,
            kind.value,
        )
        return {"authenticationRequest": to_json(authentication)}

    def _fetch_token(self) -> str:
        body = {"user_name": self._endpoint.user_name, "password": hash_password(self._endpoint.password)}
        raw = self._post("token", body)
        token = raw.get("token") if isinstance(raw, dict) else None
        if not isinstance(token, str) or not token:
            raise UnreachableError("TOKEN_MISSING", "Không lấy được mã phiên của cổng tiếp nhận.", "no token")
        return token

    def _transact(self, kind: Kind, message_id: str, fields: dict[str, Any]) -> Answer:
        raw = self._post(kind, {**self._envelope(kind, message_id), **fields})
        answer: Answer = read_answer(Answer, raw)
        if answer.MessageId != message_id:
            raise UncertainError("ANSWER_OF_ANOTHER", "Cổng trả lời cho gói tin khác.", "not our message")
        if not answer.accepted:
            raise RefusedError(answer.Error, answer.ErrorDescription, f"refused: {answer.ResponseDescription}")
        return answer

    def _records(self, kind: Kind, message_id: str) -> list[RecordAnswer] | None:
        raw = self._post(kind, self._envelope(kind, message_id))
        if isinstance(raw, dict) and raw.get("Error") == NOT_KNOWN and raw.get("MessageId") == message_id:
            return None
        if (
            not isinstance(raw, dict)
            or raw.get("MessageId") != message_id
            or not isinstance(raw.get("danh_sach"), list)
        ):
            raise UncertainError("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", "no record list")
        return [read_answer(RecordAnswer, item) for item in raw["danh_sach"]]

    def _post(self, path: Kind | str, body: dict[str, Any]) -> Any:
        response = self._read(lambda: self._session.post(self._url(PATHS[path]), json=body, **self._limits()))
        try:
            return response.json()
        except ValueError as error:
            raise UncertainError(
                "ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức.", "answer is not JSON"
            ) from error

    def _read(self, request: Callable[[], requests.Response]) -> requests.Response:
        try:
            response = request()
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise UnreachableError(
                "UNREACHABLE", "Không kết nối được cổng tiếp nhận; sẽ thử lại.", str(error)
            ) from error
        except requests.ConnectionError as error:
            if _never_left(error):
                raise UnreachableError(
                    "UNREACHABLE", "Không kết nối được cổng tiếp nhận; sẽ thử lại.", str(error)
                ) from error
            raise UncertainError("CONNECTION_LOST", "Mất kết nối khi đang gửi; sẽ hỏi lại.", str(error)) from error
        except requests.RequestException as error:
            raise UncertainError("NO_ANSWER", "Cổng tiếp nhận không trả lời kịp; sẽ hỏi lại.", str(error)) from error
        if response.status_code == requests.codes.unauthorized:
            self._token = None
            raise UnreachableError("UNAUTHORISED", "Phiên hết hạn hoặc sai tài khoản; sẽ đăng nhập lại.", "401")
        if response.status_code == requests.codes.too_many_requests:
            raise UnreachableError("TOO_MANY", "Cổng tiếp nhận yêu cầu gửi chậm lại.", "429")
        if not response.ok or len(response.content) > MAX_ANSWER:
            raise UncertainError("SERVER_ERROR", "Cổng tiếp nhận đang lỗi; sẽ hỏi lại.", f"HTTP {response.status_code}")
        return response


def _never_left(error: requests.ConnectionError) -> bool:
    return "NewConnectionError" in repr(error) or "Name or service" in repr(error)

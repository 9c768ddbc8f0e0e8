"""Talking to the authority: the six transactions of CV 2088 II.2, and what each kind of failure means.

A submission is sent once per call, never repeated here: after a failure the
outbox knows whether it may be sent again (:class:`UnreachableError`) or only
asked about (:class:`UncertainError`). Questions are harmless and are repeated
with back-off (tenacity). Only a session that is over is renewed once, for then
nothing was taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import requests
from cryptography.hazmat.primitives.serialization import Encoding
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.keys import KeySource

from . import codes
from .codes import CodeSet, Disposition
from .endpoint import Endpoint
from .errors import NoAnswerError, PausedError, RefusedError, SessionOverError, UncertainError, UnreachableError
from .extensions import EXTENSION_PATH
from .guard import Guard, NoGuard
from .transactions import (
    Answer,
    Authentication,
    CertificateAnswer,
    CertificateQuery,
    Kind,
    Query,
    RecordAnswer,
    Registration,
    RegistrationAnswer,
    hash_password,
    read_answer,
    to_json,
)
from .transport import Transport, error_of

__all__ = ["Endpoint", "PortalClient"]

T = TypeVar("T")
_TAKEN = (Disposition.ACCEPTED, Disposition.DUPLICATE, Disposition.PENDING)


class PortalClient:
    """One school's connection."""

    def __init__(self, endpoint: Endpoint, session: requests.Session | None = None, guard: Guard | None = None) -> None:
        """A session may be given for certificates or a proxy, a guard for what holds up requests."""
        self.endpoint = endpoint
        self.guard = guard or NoGuard()
        self._transport = Transport(endpoint, session, self.guard)
        self._token: str | None = None

    @property
    def codes(self) -> CodeSet:
        """The portal's codes."""
        return self.endpoint.codes

    def submit(self, content: str, message_id: str) -> Answer:
        """Transaction 1 (II.2.2).

        Raises :class:`RefusedError` (its ``disposition`` says what next), :class:`UnreachableError` or
        :class:`PackageError` (nothing was taken) or :class:`UncertainError`.
        """
        return self._list(Kind.SUBMIT, content, message_id)

    def query_submission(self, message_id: str) -> list[RecordAnswer] | None:
        """Transaction 2 (II.2.3); ``None`` when the authority says it never took that message."""
        return self._ask(lambda: self._records(Kind.QUERY_SUBMISSION, message_id))

    def register_certificate(
        self, key: KeySource, kind: str, issuer: str, content: str, message_id: str | None = None
    ) -> str:
        """Transaction 3 (II.2.4); returns the message id to ask with. ``content`` proves possession of the key."""
        certificate = key.certificate
        asked = Registration(
            message_id or str(uuid4()),
            Kind.REGISTER_CERTIFICATE.value,
            self.codes.functions[Kind.REGISTER_CERTIFICATE],
            self.endpoint.unit_code,
            format(certificate.serial_number, "x"),
            write_instant(certificate.not_valid_before_utc),
            kind,
            issuer,
            content,
            certificate.public_bytes(Encoding.PEM).decode(),
        )

        def register() -> None:
            raw = self._post(Kind.REGISTER_CERTIFICATE, lambda _: to_json(asked))
            answer: RegistrationAnswer = read_answer(RegistrationAnswer, raw)
            self._expect(asked.messageid, answer.messageid)
            self._check(answer.error, answer.error_description)

        self._ask(register)
        return asked.messageid

    def query_certificate(self, message_id: str) -> CertificateAnswer:
        """Transaction 4 (II.2.5); :class:`RefusedError` when the authority does not know the registration."""
        asked = CertificateQuery(message_id, self.endpoint.unit_code, self.endpoint.school_year)

        def query() -> CertificateAnswer:
            raw = self._post(Kind.QUERY_CERTIFICATE, lambda _: to_json(asked))
            answer: CertificateAnswer = read_answer(CertificateAnswer, raw)
            self._expect(message_id, answer.messageid)
            if answer.error and answer.error != codes.CERTIFICATE_REFUSED:
                self._check(answer.error, answer.error_description)
            return answer

        return self._ask(query)

    def request_recall(self, content: str, message_id: str) -> Answer:
        """Transaction 5 (II.2.6); the same message again is harmless, so it is repeated like a question."""
        return self._ask(lambda: self._list(Kind.RECALL, content, message_id))

    def query_recall(self, message_id: str) -> list[RecordAnswer] | None:
        """Transaction 6 (II.2.7); ``None`` as in :meth:`query_submission`."""
        return self._ask(lambda: self._records(Kind.QUERY_RECALL, message_id))

    def extension(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """What our portals offer beside CV 2088; repeated like a question, so it must be harmless twice.

        :class:`RefusedError` when the portal says no or does not have it.
        """

        def ask() -> dict[str, Any]:
            raw = self._post_path(f"{EXTENSION_PATH}/{name}", lambda _: body)
            error = error_of(raw)
            if error is not None:
                self._check(error, str(raw.get("ErrorDescription", "")))
            if not isinstance(raw, dict):
                raise UncertainError("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", "no object")
            return raw

        return self._ask(ask)

    def get(self, path: str) -> bytes:
        """A public resource of the portal, such as the status list."""
        return self._ask(lambda: self._transport.get(path))

    def _ask(self, question: Callable[[], T]) -> T:
        retrying = Retrying(
            retry=retry_if_exception(_worth_another_try),
            stop=stop_after_attempt(self.endpoint.question_attempts),
            wait=wait_random_exponential(multiplier=0.2, max=self.endpoint.longest_wait),
            reraise=True,
        )
        return retrying(question)

    def _list(self, kind: Kind, content: str, message_id: str) -> Answer:
        def body(token: str) -> dict[str, Any]:
            return {"authenticationRequest": self._authentication(kind, message_id, token), "content": content}

        answer: Answer = read_answer(Answer, self._post(kind, body))
        self._expect(message_id, answer.MessageId)
        self._check(answer.Error, answer.ResponseDescription)
        return answer

    def _authentication(self, kind: Kind, message_id: str, token: str) -> dict[str, Any]:
        own = self.endpoint
        password = hash_password(own.password)
        function = self.codes.functions[kind]
        return to_json(
            Authentication(
                token, own.user_name, password, own.unit_code, own.school_year, message_id, kind.value, function
            )
        )

    def _records(self, kind: Kind, message_id: str) -> list[RecordAnswer] | None:
        query = Query(message_id, self.endpoint.unit_code, kind.value, self.codes.functions[kind])
        raw = self._post(kind, lambda _: to_json(query))
        found = raw  # the bare list that CV 2088 prints, or our object around it
        if isinstance(raw, dict):
            self._expect(message_id, raw.get("MessageId"))
            error = error_of(raw)
            if error is not None and self.codes.code(error).disposition is Disposition.UNKNOWN:
                return None
            if error is not None:
                self._check(error, str(raw.get("ErrorDescription", "")))
            found = raw.get("danh_sach")
        if not isinstance(found, list):
            raise UncertainError("ANSWER_WRONG", "Cổng tiếp nhận trả lời sai thể thức; sẽ hỏi lại.", "no record list")
        return [read_answer(RecordAnswer, item) for item in found]

    def _post(self, kind: Kind, body: Callable[[str], dict[str, Any]]) -> Any:
        return self._post_path(self.codes.paths[kind], body)

    def _post_path(self, path: str, body: Callable[[str], dict[str, Any]]) -> Any:
        try:
            return self._post_once(path, body)
        except SessionOverError:
            self._token = None
            return self._post_once(path, body)

    def _post_once(self, path: str, body: Callable[[str], dict[str, Any]]) -> Any:
        if self._token is None:
            self._token = self._log_in()
        return self._transport.post(path, body(self._token), self._token)

    def _log_in(self) -> str:
        account = {"user_name": self.endpoint.user_name, "password": hash_password(self.endpoint.password)}
        try:
            raw = self._transport.post(self.codes.token_path, account)
        except UncertainError as error:  # whatever became of the log-in: the transaction itself was not sent
            raise UnreachableError(error.code, error.message_vi, f"log-in: {error.message_en}") from error
        token, refusal = raw.get("token") if isinstance(raw, dict) else None, error_of(raw)
        if token is None and refusal is not None:
            self._check(refusal, "")
        if not isinstance(token, str) or not token:
            raise UnreachableError("TOKEN_MISSING", "Không lấy được mã phiên của cổng tiếp nhận.", "no token")
        return token

    def _check(self, error: str, detail: str) -> None:
        code = self.codes.code(error)
        if code.disposition not in _TAKEN:
            raise RefusedError.of(code, detail, detail)

    @staticmethod
    def _expect(message_id: str, answered: object) -> None:
        if answered != message_id:
            raise UncertainError("ANSWER_OF_ANOTHER", "Cổng trả lời cho gói tin khác; sẽ hỏi lại.", "not our message")


def _worth_another_try(error: BaseException) -> bool:
    """Not when nothing may go now, nor when the other side said how long to stay away."""
    return isinstance(error, NoAnswerError) and not isinstance(error, PausedError) and error.retry_after is None

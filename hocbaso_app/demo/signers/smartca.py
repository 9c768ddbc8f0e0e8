"""A service that speaks VNPT SmartCA's ``sca/sp769/v1`` and means it.

Shapes and codes are those of VNPT's integration document (v4.1); what it leaves
open (the words of a refused or expired transaction) is chosen here and said in
docs/keys.md.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import sandbox
from .app import Clock, SignerApp, body_of, now, reply
from .phone import Prompt
from .subscribers import Subscriber, of_account

PREFIX = "/sca/sp769"
PORT = 8783
CONFIRM_SECONDS = 300
KEPT_SECONDS = 24 * 3600
MAX_FILES = 50
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STATES = {"valid": "Đang hoạt động", "suspended": "Tạm dừng", "revoked": "Đã thu hồi", "expired": "Hết hạn"}


class SmartCaError(Exception):
    """An answer with another ``status_code``."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class Transaction:
    """An order under the client's own id."""

    subscriber: Subscriber
    files: dict[str, bytes]
    prompt: Prompt
    asked_at: datetime
    signatures: list[dict[str, Any]] | None = None


class SmartCaSigner(SignerApp):
    """``client`` is ``sp_id`` and ``sp_password``."""

    def __init__(self, subscribers: Sequence[Subscriber], client: tuple[str, str], clock: Clock = now) -> None:
        super().__init__(subscribers, clock)
        self.client_id, self.client_secret = client
        self.transactions: dict[str, Transaction] = {}

    def rules(self) -> list[Rule]:
        """Of the document's chapter 3."""
        found: dict[str, Callable[..., Response | dict[str, Any]]] = {
            "credentials/get_certificate": self._get_certificate,
            "signatures/sign": self._sign,
            "signatures/sign/<transaction>/status": self._status,
        }
        return [
            Rule(f"{PREFIX}/v1/{path}", endpoint=self._guarded(handler), methods=["POST"])
            for path, handler in found.items()
        ]

    def _get_certificate(self, request: Request) -> dict[str, Any]:
        body = body_of(request)
        people = self._subscribers(body)
        transaction = self._text(body, "transaction_id")
        return _said("Success", {"user_certificates": [self._facts(s, transaction) for s in people]})

    def _facts(self, subscriber: Subscriber, transaction: str) -> dict[str, Any]:
        own, *issuers = (base64.b64encode(der).decode() for der in subscriber.chain())
        certificate = subscriber.key.certificate
        return {
            "service_type": "SMARTCA",
            "service_name": "SMARTCA PERSONAL (thử nghiệm)",
            "cert_id": subscriber.id,
            "cert_status": _STATES[subscriber.state(self.clock())],
            "serial_number": subscriber.serial,
            "cert_subject": certificate.subject.rfc4514_string(),
            "cert_valid_from": certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cert_valid_to": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cert_data": own,
            "chain_data": {"ca_cert": issuers[0] if issuers else None, "root_cert": None},
            "transaction_id": transaction,
        }

    def _sign(self, request: Request) -> Response | dict[str, Any]:
        body = body_of(request)
        people = self._subscribers(body)
        if len(people) != 1:
            raise SmartCaError(400, "serial_number is required")
        (subscriber,) = people
        state = subscriber.state(self.clock())
        if state != "valid":
            raise SmartCaError(403, f"CREDENTIAL_STATUS_INVALID: {_STATES[state]}")
        name = self._text(body, "transaction_id")
        if name in self.transactions:
            raise SmartCaError(400, "transaction_id is not unique")
        files = self._files(body)
        title = str(body.get("transaction_desc") or "Ký số")

        def answer() -> Response:
            until = self.clock() + timedelta(seconds=CONFIRM_SECONDS)
            prompt = self.phone.prompt(Prompt(subscriber.account, title, len(files), until))
            self.transactions[name] = Transaction(subscriber, files, prompt, self.clock())
            data = {"transaction_id": name, "tran_code": str(uuid4())}
            return reply(_said("sig_wait_for_user_confirm", data))

        return self.taken(request, list(files.values()), answer)

    def _status(self, request: Request, transaction: str) -> dict[str, Any]:
        found = self.transactions.get(transaction)
        if found is None or self.clock() > found.asked_at + timedelta(seconds=KEPT_SECONDS):
            raise SmartCaError(400, "signature_transaction_not_found")
        if found.prompt.answer is None:
            if self.clock() > found.prompt.expires_at:
                raise SmartCaError(400, "sig_transaction_expired")
            return _said("sig_wait_for_user_confirm", {"transaction_id": transaction})
        if not found.prompt.answer:
            raise SmartCaError(400, "sig_user_rejected")
        if found.signatures is None:
            found.signatures = self._signatures(found)
        return _said("SUCCESS", {"transaction_id": transaction, "signatures": found.signatures})

    def _signatures(self, found: Transaction) -> list[dict[str, Any]]:
        values = self.values(found.subscriber, list(found.files.values()))
        return [
            {"doc_id": name, "signature_value": base64.b64encode(value).decode(), "timestamp_signature": None}
            for name, value in zip(found.files, values, strict=False)
        ]

    def _subscribers(self, body: dict[str, Any]) -> list[Subscriber]:
        given = self._text(body, "sp_password").encode()
        known = self._text(body, "sp_id") == self.client_id
        if not known or not hmac.compare_digest(given, self.client_secret.encode()):
            raise SmartCaError(401, "SP_CREDENTIAL_INVALID")
        people = of_account(self.subscribers, self._text(body, "user_id"))
        if not people:
            raise SmartCaError(401, "user_id is not a subscriber")
        serial = body.get("serial_number") or ""
        return [s for s in people if serial in ("", s.serial)]

    def _files(self, body: dict[str, Any]) -> dict[str, bytes]:
        given = body.get("sign_files")
        if not isinstance(given, list) or not given:
            raise SmartCaError(400, "sign_files is required")
        if len(given) > MAX_FILES:
            raise SmartCaError(400, "too many sign_files")
        files: dict[str, bytes] = {}
        for one in given:
            if not isinstance(one, dict) or one.get("sign_type") != "hash" or not isinstance(one.get("file_type"), str):
                raise SmartCaError(400, "only sign_type hash is supported")
            data = self._text(one, "data_to_be_signed")
            if not _SHA256.fullmatch(data):
                raise SmartCaError(400, "data_to_be_signed must be the hexadecimal hash")
            files[self._text(one, "doc_id")] = bytes.fromhex(data)
        if len(files) != len(given):
            raise SmartCaError(400, "doc_id is not unique")
        return files

    @staticmethod
    def _text(body: dict[str, Any], name: str) -> str:
        value = body.get(name)
        if not isinstance(value, str) or not value:
            raise SmartCaError(400, f"{name} is required")
        return value

    @staticmethod
    def _guarded(handler: Callable[..., Response | dict[str, Any]]) -> Callable[..., Response]:
        def answer(request: Request, **arguments: str) -> Response:
            try:
                found = handler(request, **arguments)
            except SmartCaError as error:
                found = {"status_code": error.code, "message": error.message, "data": None}
            return found if isinstance(found, Response) else reply(found)

        return answer


def _said(message: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"status_code": 200, "message": message, "data": data}


def serve(port: int, faults: Sequence[str]) -> None:
    """``hocbaso sandbox --signer smartca``."""
    sandbox.serve(SmartCaSigner, "smartca", port, faults, path=PREFIX)

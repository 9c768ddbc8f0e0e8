"""A service that speaks Viettel MySign's ``vtss/service`` and means it.

Paths and fields are those of public integrations; what they leave open is
chosen here and said in docs/keys.md.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import sandbox
from .app import Clock, SignerApp, body_of, now, reply
from .csc_answers import guarded
from .csc_books import TOKEN_SECONDS, CscBooks, CscError
from .phone import Prompt
from .remote_faults import SignerFault
from .subscribers import Subscriber, of_account

PORT = 8784
PROFILE = "adss:ras:profile:001"
SHA256 = "2.16.840.1.101.3.4.2.1"
RSA, ECDSA_SHA256 = "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.2"
CONFIRM_SECONDS = 180
KEPT_SECONDS = 24 * 3600
POLLING = (1, 2)


@dataclass
class Transaction:
    """An order under the service's id."""

    subscriber: Subscriber
    digests: list[bytes]
    prompt: Prompt
    asked_at: datetime
    signatures: list[str] | None = None


class MySignSigner(SignerApp):
    """``client`` is the application's id and secret; a token is good for the user who logged in."""

    def __init__(self, subscribers: Sequence[Subscriber], client: tuple[str, str], clock: Clock = now) -> None:
        super().__init__(subscribers, clock)
        self.client_id, self.client_secret = client
        self.books = CscBooks()
        self.transactions: dict[str, Transaction] = {}

    def rules(self) -> list[Rule]:
        """The four calls of signing a hash."""
        found: dict[str, Callable[[Request], Response]] = {
            "ras/v1/login": self._login,
            "certificates/info": self._certificates_info,
            "signHash": self._sign_hash,
            "requests/status": self._status,
        }
        return [
            Rule(f"/vtss/service/{path}", endpoint=guarded(handler), methods=["POST"])
            for path, handler in found.items()
        ]

    def _login(self, request: Request) -> Response:
        body = body_of(request)
        self._check_client(body)
        people = of_account(self.subscribers, self._text(body, "user_id"))
        if not people:
            raise CscError("User not found", "invalid_user")
        token = self.books.token_for(people[0].account, self.clock())
        return reply({"access_token": token, "token_type": "Bearer", "expires_in": str(TOKEN_SECONDS)})

    def _certificates_info(self, request: Request) -> Response:
        account, body = self._account(request), body_of(request)
        self._check_client(body)
        if body.get("user_id") != account:
            raise CscError("User not found", "invalid_user")
        return reply([self._facts(s) for s in of_account(self.subscribers, account)])

    def _facts(self, subscriber: Subscriber) -> dict[str, Any]:
        certificate = subscriber.key.certificate
        state = subscriber.state(self.clock())
        return {
            "credential_id": subscriber.id,
            "description": "Chứng thư số thử nghiệm",
            "key": {"status": "enabled" if state == "valid" else "disabled", "algo": [_algorithm(subscriber)]},
            "cert": {
                "status": state,
                "certificates": [_in_lines(der) for der in subscriber.chain()],
                "serialNumber": subscriber.serial,
                "subjectDN": certificate.subject.rfc4514_string(),
                "issuerDN": certificate.issuer.rfc4514_string(),
                "validFrom": certificate.not_valid_before_utc.strftime("%Y%m%d%H%M%SZ"),
                "validTo": certificate.not_valid_after_utc.strftime("%Y%m%d%H%M%SZ"),
            },
            "authMode": "explicit",
            "multisign": subscriber.multisign,
        }

    def _sign_hash(self, request: Request) -> Response:
        account, body = self._account(request), body_of(request)
        self._check_client(body)
        subscriber = self._subscriber(account, self._text(body, "credentialID"))
        digests = self._digests(subscriber, body)
        if body.get("async") not in POLLING:
            raise CscError("async must be 1 or 2 here")

        def answer() -> Response:
            until = self.clock() + timedelta(seconds=CONFIRM_SECONDS)
            title = str(body["documents"][0].get("document_name") or "Ký số")
            prompt = self.phone.prompt(Prompt(account, title, len(digests), until))
            name = str(uuid4())
            self.transactions[name] = Transaction(subscriber, digests, prompt, self.clock())
            return reply({"transactionId": name})

        return self.taken(request, digests, answer)

    def _status(self, request: Request) -> Response:
        account, body = self._account(request), body_of(request)
        found = self.transactions.get(self._text(body, "transactionId"))
        if found is None or found.subscriber.account != account or self._is_old(found):
            raise CscError("Transaction not found", "invalid_transaction")
        return reply(self._answer(found))

    def _answer(self, found: Transaction) -> dict[str, Any]:
        if found.prompt.answer is None:
            if self.clock() > found.prompt.expires_at:
                return {"status": "4001", "message": "Hết thời gian xác nhận", "signatures": None}
            return {"status": "4000", "message": "Chờ xác nhận", "signatures": None}
        if not found.prompt.answer:
            return {"status": "4002", "message": "Người dùng từ chối", "signatures": None}
        if found.signatures is None:
            found.signatures = [_in_lines(value) for value in self.values(found.subscriber, found.digests)]
        return {"status": "1", "message": "Ký thành công", "signatures": found.signatures}

    def _is_old(self, found: Transaction) -> bool:
        return self.clock() > found.asked_at + timedelta(seconds=KEPT_SECONDS)

    def _digests(self, subscriber: Subscriber, body: dict[str, Any]) -> list[bytes]:
        given, documents = body.get("hash"), body.get("documents")
        if not isinstance(given, list) or not isinstance(documents, list) or not given:
            raise CscError("hash and documents are required")
        if body.get("numSignatures") != len(given) or len(documents) != len(given):
            raise CscError("numSignatures, documents and hash differ")
        if not all(isinstance(one, dict) and one.get("document_id") for one in documents):
            raise CscError("document_id is required")
        if len(given) > subscriber.multisign:
            raise CscError("Numbers of signatures is too high")
        if body.get("hashAlgo") != SHA256 or body.get("signAlgo") != _algorithm(subscriber):
            raise CscError("Invalid parameter signAlgo")
        try:
            digests = [base64.b64decode(one, validate=True) for one in given]
        except (TypeError, ValueError, binascii.Error) as error:
            raise CscError("Invalid Base64 hash string parameter") from error
        if any(len(digest) != 32 for digest in digests):
            raise CscError("Invalid digest value length")
        return digests

    def _subscriber(self, account: str, name: str) -> Subscriber:
        for subscriber in of_account(self.subscribers, account):
            if subscriber.id == name:
                state = subscriber.state(self.clock())
                if state == "expired":
                    raise CscError("Signing certificate is expired")
                if state != "valid":
                    raise CscError("The credential is disabled")
                return subscriber
        raise CscError("Invalid parameter credentialID")

    def _account(self, request: Request) -> str:
        if self.faults.take(SignerFault.TOKEN_OVER):
            self.books.forget_tokens()
        given = request.authorization
        if given is None or given.type != "bearer" or not given.token:
            raise CscError("No access token", "invalid_token", 401)
        return self.books.client_of(given.token, self.clock())

    def _check_client(self, body: dict[str, Any]) -> None:
        secret = self._text(body, "client_secret").encode()
        if body.get("client_id") != self.client_id or not hmac.compare_digest(secret, self.client_secret.encode()):
            raise CscError("Client authentication failed", "invalid_client")
        if body.get("profile_id", PROFILE) != PROFILE:
            raise CscError("Client has no such profile", "invalid_client")

    @staticmethod
    def _text(body: dict[str, Any], name: str) -> str:
        value = body.get(name)
        if not isinstance(value, str) or not value:
            raise CscError(f"{name} is required")
        return value


def _algorithm(subscriber: Subscriber) -> str:
    return RSA if isinstance(subscriber.key.private_key, rsa.RSAPrivateKey) else ECDSA_SHA256


def _in_lines(octets: bytes) -> str:
    """Base64 broken into lines, as this service is known to answer."""
    return base64.encodebytes(octets).decode().replace("\n", "\r\n")


def serve(port: int, faults: Sequence[str]) -> None:
    """``hocbaso sandbox --signer mysign``."""
    sandbox.serve(MySignSigner, "mysign", port, faults)

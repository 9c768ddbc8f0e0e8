"""Viettel MySign (``vtss/service``): log in for one user, hashes in one order, confirmation in the MySign app.

The transaction id is the service's: an order whose answer was lost can't be
asked for, the signer refuses it on the phone and orders anew.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ...online import Bearer
from ..source import KeySourceError, Secrets, SourceDescription
from .digests import right_value_of_digest
from .failures import (
    ACCOUNT,
    ANSWER,
    BUSY,
    CLIENT,
    DISABLED,
    EXPIRED,
    NO_KEY,
    OTP_WRONG,
    REFUSED,
    TICKET,
    TIMED_OUT,
    TOO_MANY,
    Failure,
)
from .oids import ECDSA_SHA256, RSA, SHA256
from .phone_orders import document_ids, fault_of
from .reading import certificates, listing, mapping, number, octets, part, text, texts, words
from .room import Answer
from .source import Credential, Part, RemoteSource, State

PROFILE = "adss:ras:profile:001"
LATER = 2
"""``async``: answered by polling (0 at once, 3 by webhook)."""
SIGNED, WAITING = ("1",), ("0", "4000")
_BY_STATUS = {"4001": TIMED_OUT, "4002": REFUSED, "4003": OTP_WRONG, "4004": ANSWER, "4005": TICKET}
_BY_WORD: tuple[tuple[str, Failure], ...] = (
    ("từ chối", REFUSED),
    ("reject", REFUSED),
    ("denied", REFUSED),
    ("timeout", TIMED_OUT),
    ("timed out", TIMED_OUT),
    ("hết thời gian", TIMED_OUT),
    ("quá thời gian", TIMED_OUT),
    ("transaction", TICKET),
    ("giao dịch", TICKET),
    ("too high", TOO_MANY),
    ("certificate is expired", EXPIRED),
    ("disabled", DISABLED),
    ("suspended", DISABLED),
    ("credential", NO_KEY),
    ("user", ACCOUNT),
    ("client", CLIENT),
)


class MySignSource(RemoteSource):
    """A subscriber's certificate at Viettel."""

    kind = "mysign"
    _token: Bearer | None = None

    def credentials(self) -> list[Credential]:
        """``certificates/info``."""
        wanted = {"certificates": "chain", "certInfo": True, "authInfo": True}
        user = {"profile_id": self._profile, "user_id": self.settings.account}
        answer = self._with_token(
            lambda token: self.room.ask("/vtss/service/certificates/info", {**self._client(), **user, **wanted}, token)
        )
        if not answer.ok:
            raise self._refusal(answer, "certificates/info")
        return [_credential(mapping(one, "credential")) for one in listing(answer.body, "credentials")]

    def order(self, credential: Credential, digests: Sequence[bytes], title: str) -> State:
        """``signHash``."""
        is_rsa = isinstance(credential.certificate.public_key(), rsa.RSAPublicKey)
        body = {
            **self._client(),
            "credentialID": credential.id,
            "numSignatures": len(digests),
            "documents": [{"document_id": name, "document_name": title} for name in document_ids(digests)],
            "hash": [base64.b64encode(digest).decode() for digest in digests],
            "hashAlgo": SHA256,
            "signAlgo": RSA if is_rsa else ECDSA_SHA256,
            "async": LATER,
        }
        answer = self._with_token(lambda token: self.room.order("/vtss/service/signHash", body, token))
        if not answer.ok:
            raise self._refusal(answer, "signHash")
        return {"transaction": text(mapping(answer.body, "signHash"), "transactionId")}

    def fetch(self, parts: Sequence[Part]) -> list[list[bytes]] | None:
        """``requests/status`` of each."""
        found = [self._status(item) for item in parts]
        ready = [values for values in found if values is not None]
        return ready if len(ready) == len(found) else None

    def _status(self, item: Part) -> list[bytes] | None:
        body = {"transactionId": words(item.state, "transaction")}
        answer = self._with_token(lambda token: self.room.ask("/vtss/service/requests/status", body, token))
        if not answer.ok:
            raise self._refusal(answer, "requests/status")
        told = mapping(answer.body, "requests/status")
        status = words(told, "status")
        if status in SIGNED:
            return self._in_order(item, [octets(one, "signature") for one in texts(told, "signatures")])
        if status in WAITING:
            return None
        message = f"{words(told, 'message')} {words(told, 'description')}".strip()
        failure = _BY_STATUS.get(status) or _by_word(message.casefold()) or ANSWER
        raise self.room.error(failure, f"requests/status: {status} {message}")

    def _in_order(self, item: Part, values: list[bytes]) -> list[bytes]:
        """By what they sign: no public text says in which order they come."""
        if len(values) != len(item.digests):
            raise ANSWER.error(f"{len(values)} signatures for {len(item.digests)} hashes")
        left = list(values)
        ordered = []
        for digest in item.digests:
            fitting = next((v for v in left if right_value_of_digest(self.certificate, digest, v) is not None), None)
            if fitting is not None:
                left.remove(fitting)
            ordered.append(fitting or b"")
        return ordered

    @property
    def _profile(self) -> str:
        return self.settings.profile or PROFILE

    def _client(self) -> dict[str, str]:
        return {"client_id": self.settings.client_id, "client_secret": self.secrets.client_secret or ""}

    def _with_token(self, send: Callable[[Bearer], Answer]) -> Answer:
        answer = send(self._log_in())
        if answer.status == requests.codes.unauthorized:
            self._token = None  # over; nothing was taken, so once more with a new one
            answer = send(self._log_in())
        return answer

    def _log_in(self) -> Bearer:
        if self._token is None:
            user = {"profile_id": self._profile, "user_id": self.settings.account}
            answer = self.room.ask("/vtss/service/ras/v1/login", {**self._client(), **user})
            if not answer.ok:
                raise self._refusal(answer, "login")
            self._token = Bearer(self.room.secret(text(mapping(answer.body, "login"), "access_token")))
        return self._token

    def _refusal(self, answer: Answer, what: str) -> KeySourceError:
        body = answer.body if isinstance(answer.body, dict) else {}
        told = " ".join(words(body, name) for name in ("error", "error_description", "message") if words(body, name))
        by_default = CLIENT if answer.status in (requests.codes.unauthorized, requests.codes.forbidden) else ANSWER
        failure = BUSY if "temporarily" in told else _by_word(told.casefold()) or by_default
        return self.room.error(failure, f"{what}: HTTP {answer.status} {told}")


def _credential(raw: dict[str, Any]) -> Credential:
    certificate = part(raw, "cert")
    chain = certificates(listing(certificate.get("certificates"), "certificates"))
    fault = fault_of(words(certificate, "status")) or fault_of(words(part(raw, "key"), "status"))
    limit = number(raw, "multisign", 0) or None
    return Credential(text(raw, "credential_id"), chain[0], chain[1:], fault, limit, raw)


def _by_word(told: str) -> Failure | None:
    return next((failure for sign, failure in _BY_WORD if sign in told), None)


def open_source(
    description: SourceDescription, secrets: Secrets, certificate: x509.Certificate | None = None
) -> MySignSource:
    """Settings: ``address``, ``client_id``, ``profile``, ``account`` (user_id), ``credential``."""
    return MySignSource(description, secrets, certificate)

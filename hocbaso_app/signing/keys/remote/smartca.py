"""VNPT SmartCA (``sca/sp769/v1``): a list of hashes, one confirmation in the SmartCA app, polling by our own id.

The transaction id is ours and unique, so an order whose answer was lost is
asked for by it and never given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import requests
from cryptography import x509

from ..source import KeySourceError, Secrets, SourceDescription
from .failures import (
    ACCOUNT,
    ANSWER,
    BUSY,
    CLIENT,
    DISABLED,
    NEVER_ARRIVED,
    NO_CREDIT,
    NO_KEY,
    PIN_WRONG,
    REFUSED,
    TICKET,
    TIMED_OUT,
    TOO_MANY,
    AnswerLostError,
    Failure,
)
from .phone_orders import document_ids, fault_of
from .reading import certificates, listing, mapping, number, octets, part, text, words
from .room import Answer
from .source import Credential, Part, RemoteSource, State

OK = 200
ARRIVAL_SECONDS = 60
"""How long an order whose answer was lost may still be on its way."""
WAITING, EXPIRED, REJECTED, KEY_FAILED, SIGN_FAILED = 4000, 4001, 4002, 4003, 4004
"""Transaction states of VNPT's older API; kept, for gateways of VNPT are known to pass them on."""

_BY_NUMBER: dict[int, Failure] = {
    EXPIRED: TIMED_OUT,
    REJECTED: REFUSED,
    KEY_FAILED: PIN_WRONG,
    SIGN_FAILED: ANSWER,
    401: CLIENT,
    403: DISABLED,
    500: BUSY,
    60000: NO_KEY,
    60001: NO_KEY,
    60002: NO_KEY,
    60003: DISABLED,
    62000: TICKET,
    62001: TICKET,
    62002: TIMED_OUT,
    62003: TICKET,
    65000: NO_CREDIT,
}
_STATUS_WORDS: tuple[tuple[str, Failure], ...] = (
    ("reject", REFUSED),
    ("từ chối", REFUSED),
    ("denied", REFUSED),
    ("cancel", REFUSED),
    ("transaction_expired", TIMED_OUT),
    ("transaction expired", TIMED_OUT),
    ("timeout", TIMED_OUT),
    ("timed out", TIMED_OUT),
    ("quá hạn", TIMED_OUT),
    ("not_found", TICKET),
    ("not found", TICKET),
    ("không tồn tại giao dịch", TICKET),
)
_CALL_WORDS: tuple[tuple[str, Failure], ...] = (
    ("too many", TOO_MANY),
    ("exceed", TOO_MANY),
    ("user", ACCOUNT),
    ("thuê bao", ACCOUNT),
)


class SmartCaSource(RemoteSource):
    """A subscriber's certificate at VNPT."""

    kind = "smartca"

    def base_address(self) -> str:
        """Without the version, which stands in every path."""
        return self.settings.address.rstrip("/").removesuffix("/v1")

    def credentials(self) -> list[Credential]:
        """``credentials/get_certificate``: a subscriber may have a personal key and a seal."""
        answer = self.room.ask("/v1/credentials/get_certificate", self._call(transaction_id=str(uuid4())))
        data = self._data(answer, "get_certificate")
        found = listing(data.get("user_certificates") or [], "user_certificates")
        return [_credential(mapping(one, "user_certificate")) for one in found]

    def order(self, credential: Credential, digests: Sequence[bytes], title: str) -> State:
        """``signatures/sign``."""
        transaction = str(uuid4())
        files = [
            {"data_to_be_signed": digest.hex(), "doc_id": name, "file_type": "xml", "sign_type": "hash"}
            for name, digest in zip(document_ids(digests), digests, strict=True)
        ]
        body = self._call(
            transaction_id=transaction,
            transaction_desc=title[:255],
            serial_number=credential.id,
            time_stamp=self.clock().strftime("%Y%m%d%H%M%SZ"),
            sign_files=files,
        )
        try:
            data = self._data(self.room.order("/v1/signatures/sign", body), "signatures/sign")
        except AnswerLostError:
            return {"transaction": transaction, "lost_at": int(self.clock().timestamp())}
        if words(data, "transaction_id") != transaction:
            raise ANSWER.error("signatures/sign answered for another transaction")
        return {"transaction": transaction}

    def fetch(self, parts: Sequence[Part]) -> list[list[bytes]] | None:
        """``signatures/sign/{id}/status`` of each."""
        found = [self._status(item) for item in parts]
        ready = [values for values in found if values is not None]
        return ready if len(ready) == len(found) else None

    def _status(self, item: Part) -> list[bytes] | None:
        name = words(item.state, "transaction")
        answer = self.room.ask(f"/v1/signatures/sign/{quote(name, safe='')}/status", {})
        body = mapping(answer.body, "status")
        data = part(body, "data")
        if data.get("signatures"):
            if words(data, "transaction_id") not in ("", name):
                raise ANSWER.error("status of another transaction")
            return _values(item, listing(data["signatures"], "signatures"))
        message = words(body, "message")
        told = message.casefold()
        code = number(body, "status_code", answer.status)
        if code in (OK, WAITING) and told != "success":
            failure = _by_word(told, _STATUS_WORDS)
            if failure is None:
                return None
            raise self._failed(failure, item, f"status: {code} {message}")
        if code == OK:
            raise ANSWER.error("status: success without signatures")
        failure = _BY_NUMBER.get(code) or _by_word(told, _STATUS_WORDS) or _failure(code, told)
        if failure is TICKET and self._may_still_arrive(item):
            return None
        raise self._failed(failure, item, f"status: {code} {message}")

    def _may_still_arrive(self, item: Part) -> bool:
        return self.clock().timestamp() < number(item.state, "lost_at", 0) + ARRIVAL_SECONDS

    def _failed(self, failure: Failure, item: Part, detail: str) -> KeySourceError:
        if failure is TICKET and "lost_at" in item.state:
            failure = NEVER_ARRIVED
        return self.room.error(failure, detail)

    def _call(self, **fields: Any) -> dict[str, Any]:
        account = {"sp_id": self.settings.client_id, "sp_password": self.secrets.client_secret or ""}
        return {**account, "user_id": self.settings.account, "serial_number": "", **fields}

    def _data(self, answer: Answer, what: str) -> dict[str, Any]:
        body = mapping(answer.body, what)
        code = number(body, "status_code", answer.status)
        if code != OK:
            told = words(body, "message")
            raise self.room.error(_failure(code, told.casefold()), f"{what}: {code} {told}")
        return part(body, "data")


def _credential(raw: dict[str, Any]) -> Credential:
    chain = part(raw, "chain_data")
    issuers = [chain[name] for name in ("ca_cert", "root_cert") if chain.get(name)]
    found = certificates([raw.get("cert_data"), *issuers])
    return Credential(text(raw, "serial_number"), found[0], found[1:], fault_of(words(raw, "cert_status")), None, raw)


def _values(item: Part, signatures: Sequence[Any]) -> list[bytes]:
    """By document id: their order is the service's business."""
    found: dict[str, bytes] = {}
    for raw in signatures:
        one = mapping(raw, "signature")
        found[text(one, "doc_id")] = octets(text(one, "signature_value"), "signature_value")
    names = document_ids(item.digests)
    if set(found) != set(names) or len(signatures) != len(names):
        raise ANSWER.error(f"signatures of {len(found)} documents, asked for {len(names)}")
    return [found[name] for name in names]


def _failure(code: int, told: str) -> Failure:
    by_word = _by_word(told, _STATUS_WORDS) or fault_of(told) or _by_word(told, _CALL_WORDS)
    if code == requests.codes.not_found:
        return by_word or TICKET
    return by_word or _BY_NUMBER.get(code) or ANSWER


def _by_word(told: str, table: Sequence[tuple[str, Failure]]) -> Failure | None:
    return None if "wait" in told else next((failure for sign, failure in table if sign in told), None)


def open_source(
    description: SourceDescription, secrets: Secrets, certificate: x509.Certificate | None = None
) -> SmartCaSource:
    """Settings: ``address``, ``client_id`` (sp_id), ``account`` (CCCD), ``credential`` (serial number)."""
    return SmartCaSource(description, secrets, certificate)

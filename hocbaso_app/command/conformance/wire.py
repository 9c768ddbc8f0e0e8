"""Requests to a portal, raw: right ones, and wrong ones that no decent client would send."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import requests

from hocbaso_app.exchange.codes import CodeSet
from hocbaso_app.exchange.transactions import Authentication, CertificateQuery, Kind, Query, hash_password
from hocbaso_app.exchange.transport import error_of

LISTS = (Kind.SUBMIT, Kind.RECALL)


@dataclass(frozen=True)
class Account:
    """A unit's account with the portal."""

    user_name: str
    password: str
    unit: str
    school_year: int


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    content: bytes
    headers: dict[str, str]

    @property
    def error(self) -> str | None:
        """The error code, wherever the transaction has it."""
        return error_of(self.body)

    def __str__(self) -> str:
        if self.error is None:
            return f"HTTP {self.status}"
        said = self.body.get("ResponseDescription") or self.body.get("ErrorDescription") or ""
        return f"HTTP {self.status}, mã {self.error} {said or self.body.get('error_description', '')}".strip()


class Wire:
    """One portal and one account."""

    def __init__(self, address: str, account: Account, codes: CodeSet, timeout: float = 60.0) -> None:
        """``timeout``: seconds for one answer."""
        self.address = address.rstrip("/")
        self.account = account
        self.codes = codes
        self._timeout = timeout
        self._session = requests.Session()
        self._token: str | None = None

    def send(self, method: str, path: str, **more: Any) -> Reply:
        """Any request."""
        answer = self._session.request(
            method, f"{self.address}{path}", timeout=self._timeout, allow_redirects=False, **more
        )
        try:
            body = answer.json()
        except ValueError:
            body = None
        return Reply(answer.status_code, body, answer.content, {k.lower(): v for k, v in answer.headers.items()})

    def log_in(self, user_name: str | None = None, password: str | None = None) -> Reply:
        """The token service; by default with the account's own name and password."""
        own = self.account
        given = hash_password(own.password if password is None else password)
        return self.send(
            "POST", self.codes.token_path, json={"user_name": user_name or own.user_name, "password": given}
        )

    @property
    def token(self) -> str:
        """A session; ``ValueError`` when the portal gives none."""
        if self._token is None:
            reply = self.log_in()
            found = reply.body.get("token") if isinstance(reply.body, dict) else None
            if not isinstance(found, str) or not found:
                raise ValueError(f"không lấy được mã phiên: {reply}")
            self._token = found
        return self._token

    def list_body(self, kind: Kind, content: str, message_id: str, **changes: Any) -> dict[str, Any]:
        """Transactions 1 and 5; ``changes`` of the parameters, ``None`` takes one away."""
        own = self.account
        parameters = Authentication(
            self.token,
            own.user_name,
            hash_password(own.password),
            own.unit,
            own.school_year,
            message_id,
            kind.value,
            self.codes.functions[kind],
        )
        return {"authenticationRequest": _changed(asdict(parameters), changes), "content": content}

    def send_list(self, kind: Kind, content: str, message_id: str | None = None, **changes: Any) -> Reply:
        """A packed list."""
        body = self.list_body(kind, content, message_id or str(uuid4()), **changes)
        return self.send("POST", self.codes.paths[kind], json=body)

    def ask(self, kind: Kind, message_id: str, token: str | None = None, **changes: Any) -> Reply:
        """Transactions 2, 4 and 6."""
        return self.post(kind, _changed(self.question(kind, message_id), changes), token)

    def question(self, kind: Kind, message_id: str) -> dict[str, Any]:
        """The body of transactions 2, 4 and 6."""
        own = self.account
        asked: Any = Query(message_id, own.unit, kind.value, self.codes.functions[kind])
        if kind is Kind.QUERY_CERTIFICATE:
            asked = CertificateQuery(message_id, own.unit, own.school_year)
        return asdict(asked)

    def post(self, kind: Kind, body: Any, token: str | None = None) -> Reply:
        """Any body with the token in the header."""
        bearer = self.token if token is None else token
        return self.send("POST", self.codes.paths[kind], json=body, headers={"Authorization": f"Bearer {bearer}"})


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}

"""The page of a CSC service where a person authorises a credential (OAuth 2.0 code with PKCE, RFC 7636)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from .csc_books import CscError
from .phone import NO, YES
from .subscribers import Subscriber

PATH = "/oauth2/authorize"
CODE_SECONDS = 120


@dataclass
class Consent:
    """What a person is asked on the page, and the code that it leads to."""

    subscriber: Subscriber
    digests: list[bytes]
    challenge: str
    redirect_uri: str
    state: str
    expires_at: datetime
    code: str = ""


class ConsentPage:
    """``redirect_uri``: the only one that the application registered."""

    def __init__(self, client_id: str, redirect_uri: str) -> None:
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self.consents: dict[str, Consent] = {}

    def ask(self, given: MultiDict[str, str], subscriber: Subscriber, now: datetime) -> Response:
        """The page; 400 for what an authorisation server must not answer with a redirect."""
        right = given.get("client_id") == self._client_id and given.get("redirect_uri") == self._redirect_uri
        if not right or given.get("response_type") != "code" or given.get("scope") != "credential":
            raise BadRequest
        digests = [_octets(one) for one in (given.get("hashes") or given.get("hash") or "").split(",")]
        whole = given.get("numSignatures") == str(len(digests)) and len(digests) <= subscriber.multisign
        if not whole or given.get("code_challenge_method") != "S256" or any(len(d) != 32 for d in digests):
            raise BadRequest
        name = secrets.token_urlsafe(12)
        until = now + timedelta(seconds=CODE_SECONDS)
        challenge, state = given.get("code_challenge", ""), given.get("state", "")
        self.consents[name] = Consent(subscriber, digests, challenge, self._redirect_uri, state, until)
        buttons = "".join(
            f'<form method="post" action="{PATH}/{name}/{press}"><button>{label}</button></form>'
            for press, label in ((YES, "Đồng ý"), (NO, "Từ chối"))
        )
        asked = f"<p>{escape(given.get('description', ''))} – {len(digests)} chữ ký</p>"
        return Response(f'<!doctype html><html lang="vi"><meta charset="utf-8">{asked}{buttons}', mimetype="text/html")

    def answer(self, name: str, press: str) -> Response:
        """Back to the application, with a code or an error."""
        consent = self.consents.get(name)
        if consent is None or press not in (YES, NO):
            raise BadRequest
        if press == NO:
            return _back(consent, error="access_denied")
        consent.code = secrets.token_urlsafe(9)
        return _back(consent, code=consent.code)

    def redeem(self, given: MultiDict[str, str], now: datetime) -> Consent:
        """The consent of a code, once; :class:`CscError` unless verifier and address are those that asked."""
        for name, consent in self.consents.items():
            if consent.code and hmac.compare_digest(consent.code.encode(), given.get("code", "").encode()):
                del self.consents[name]
                break
        else:
            raise CscError("Authorization code is invalid or expired", "invalid_grant")
        verifier = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if now > consent.expires_at or _octets(consent.challenge) != verifier:
            raise CscError("Authorization code is invalid or expired", "invalid_grant")
        if given.get("redirect_uri") != consent.redirect_uri:
            raise CscError("redirect_uri parameter does not match", "invalid_grant")
        return consent


def _back(consent: Consent, **told: str) -> Response:
    address = f"{consent.redirect_uri}?{urlencode({**told, 'state': consent.state})}"
    return Response(status=302, headers={"Location": address})


def _octets(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise BadRequest from error

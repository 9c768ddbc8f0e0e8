"""The same service as version 2 (2.0.0.2): authentication objects, the phone by handle, answers by polling."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from . import sandbox
from .app import body_of, reply
from .csc import CscSigner
from .csc_books import Authorisation, CscError
from .phone import Prompt
from .subscribers import Subscriber, new_code

MAX_VALIDITY = 24 * 3600 * 1000
PORT = 8782


class Csc2Signer(CscSigner):
    """Version 2. ``later``: orders are answered by polling; ``polls`` of them say "not yet"."""

    prefix = "/csc/v2"
    hashes_name, algorithm_name = "hashes", "hashAlgorithmOID"
    later: bool = False
    polls: int = 1

    def __init__(self, *args: Any, later: bool = False, polls: int = 1, **more: Any) -> None:
        super().__init__(*args, **more)
        self.later = later
        self.polls = polls
        self._handles: dict[str, tuple[Prompt, Subscriber, list[bytes], str]] = {}
        self._authorised: dict[str, Authorisation] = {}
        self._answers: dict[str, tuple[list[str], datetime]] = {}
        self._asked: dict[str, int] = {}

    def methods(self) -> dict[str, Callable[[Request], Response]]:
        """See :class:`CscSigner`."""
        made = super().methods()
        del made["credentials/sendOTP"]
        return {
            **made,
            "credentials/getChallenge": self._get_challenge,
            "credentials/authorizeCheck": self._authorize_check,
            "signatures/signPolling": self._sign_polling,
        }

    def description(self, request: Request) -> dict[str, Any]:
        """See :class:`CscSigner`."""
        return {
            **super().description(request),
            "specs": "2.0.0.0",
            "asynchronousOperationMode": self.later,
            "signAlgorithms": {"algos": ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"]},
            "signature_formats": {"formats": [], "envelope_properties": []},
            "conformance_levels": [],
        }

    def facts(self, subscriber: Subscriber, body: dict[str, Any]) -> dict[str, Any]:
        """See :class:`CscSigner`."""
        if subscriber.browser:
            return {**self.common_facts(subscriber, body), "auth": {"mode": "oauth2code"}}
        objects: list[dict[str, str]] = []
        if subscriber.pin:
            objects.append({"type": "Password", "id": "PIN", "format": "N", "label": "PIN"})
        if subscriber.otp == "offline":
            objects.append({"type": "Password", "id": "OTP", "format": "N", "generator": "totp", "label": "OTP"})
        if subscriber.otp == "online":
            objects.append({"type": "ChallengeResponse", "id": "OTP", "format": "N", "label": "OTP"})
        if subscriber.confirms:
            objects.append({"type": "ChallengeResponseOOB", "id": "app", "label": "Ứng dụng điện thoại"})
        auth: dict[str, Any] = {"mode": "explicit", "objects": objects}
        if len(objects) > 1:
            auth["expression"] = " AND ".join(o["id"] for o in objects)
        return {**self.common_facts(subscriber, body), "auth": auth}

    def _credentials_list(self, request: Request) -> Response:
        client, body = self.client(request), body_of(request)
        found = self.of_user(client, body)
        answer: dict[str, Any] = {"credentialIDs": [s.id for s in found]}
        if body.get("credentialInfo") is True:
            answer["credentialInfos"] = [{"credentialID": s.id, **self.facts(s, body)} for s in found]
        return reply(answer)

    def _get_challenge(self, request: Request) -> Response:
        self.client(request)
        body = body_of(request)
        subscriber = self.subscriber(body)
        if subscriber.otp != "online" or body.get("authObjectID") != "OTP":
            raise CscError("Invalid parameter authObjectID")
        subscriber.code = new_code()
        return Response(status=204)

    def _credentials_authorize(self, request: Request) -> Response:
        client, body = self.client(request), body_of(request)
        subscriber = self.usable(body)
        if subscriber.browser:
            raise CscError("Invalid parameter credentialID")
        digests = self.digests_to_authorise(subscriber, body)
        if body.get("hashAlgorithmOID") is None:
            raise CscError("Missing (or invalid type) string parameter hashAlgorithmOID")
        self._check_objects(subscriber, body)
        if subscriber.confirms:
            handle = secrets.token_urlsafe(18)
            self._handles[handle] = (self.show(subscriber, digests, body), subscriber, digests, client)
            return reply({"handle": handle}, 202)
        return self._sad(self.books.authorise(subscriber, digests, client, self.clock()))

    def _check_objects(self, subscriber: Subscriber, body: dict[str, Any]) -> None:
        given = {o.get("id"): o.get("value") for o in body.get("authData") or [] if isinstance(o, dict)}
        needed = [o["id"] for o in self.facts(subscriber, {})["auth"]["objects"]]
        right = all(name in given for name in needed)
        if right and subscriber.pin:
            right = subscriber.pin_is_right(given["PIN"])
        if right and subscriber.otp:
            right = subscriber.code_is_right(given["OTP"])
        if not right:
            if subscriber.locked:
                raise CscError("Credential locked")
            raise CscError("The authentication data is invalid", "invalid_authentication_data")

    def _authorize_check(self, request: Request) -> Response:
        client, handle = self.client(request), self.text(body_of(request), "handle")
        prompt, subscriber, digests, owner = self._handles.get(handle, (None, None, [], ""))
        if prompt is None or subscriber is None or owner != client:
            raise CscError("Invalid parameter handle")
        if prompt.answer is None:
            if self.clock() > prompt.expires_at:
                raise CscError("Invalid parameter handle")
            return reply({"handle": handle}, 202)
        if not prompt.answer:
            raise CscError("The user denied the request", "access_denied")
        if handle not in self._authorised:
            self._authorised[handle] = self.books.authorise(subscriber, digests, client, self.clock())
        return self._sad(self._authorised[handle])

    def _sad(self, made: Authorisation) -> Response:
        return reply({"SAD": made.sad, "expiresIn": int((made.expires_at - self.clock()).total_seconds())})

    def signed(self, subscriber: Subscriber, digests: list[bytes], body: dict[str, Any]) -> Response:
        """At once, or by polling when asked for."""
        mode = body.get("operationMode", "S")
        if mode not in ("S", "A") or (mode == "A" and not self.later):
            raise CscError("Invalid parameter operationMode")
        if mode == "S":
            return super().signed(subscriber, digests, body)
        validity = body.get("validity_period", MAX_VALIDITY)
        if not isinstance(validity, int):
            raise CscError("Invalid parameter validity_period")
        if not 0 < validity <= MAX_VALIDITY:
            raise CscError("Out of bounds parameter validity_period")
        name = secrets.token_urlsafe(12)
        values = [base64.b64encode(v).decode() for v in self.values(subscriber, digests)]
        self._answers[name] = (values, self.clock() + timedelta(milliseconds=validity))
        return reply({"responseID": name})

    def _sign_polling(self, request: Request) -> Response:
        self.client(request)
        name = self.text(body_of(request), "requestID")
        values, until = self._answers.get(name, ([], self.clock()))
        if not values or self.clock() > until:
            raise CscError("Invalid parameter requestID")
        self._asked[name] = self._asked.get(name, 0) + 1
        if self._asked[name] <= self.polls:
            raise CscError("The previous async request is not yet completed", "accepted_request", 202)
        return reply({"signatures": values})


def serve(port: int, faults: Sequence[str]) -> None:
    """``hocbaso sandbox --signer csc2``: confirmed on the phone."""
    sandbox.serve(Csc2Signer, "csc", port, faults, path=Csc2Signer.prefix, confirms=True)

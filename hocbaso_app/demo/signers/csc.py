"""A signing service that speaks the Cloud Signature Consortium API v1 (1.0.4.0) and means it.

Tokens end, a SAD signs its pinned hashes once, wrong PINs and codes are counted,
an implicit credential asks on the phone while ``credentials/authorize`` waits.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.exceptions import BadRequest
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import sandbox
from .app import Clock, SignerApp, body_of, now, reply
from .csc_answers import guarded
from .csc_books import SAD_SECONDS, TOKEN_SECONDS, CscBooks, CscError
from .csc_browser import PATH as CONSENT
from .csc_browser import ConsentPage
from .phone import Prompt
from .remote_faults import SignerFault
from .subscribers import Subscriber, new_code, of_account

SHA256 = "2.16.840.1.101.3.4.2.1"
RSA, RSA_SHA256, ECDSA_SHA256 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
P256 = "1.2.840.10045.3.1.7"
PHONE_SECONDS = 120
PORT = 8781
USER = "user:"
LANGUAGE = "vi-VN"


class CscSigner(SignerApp):
    """Version 1. ``client`` is the application's id and secret; users log in with their account and the same secret."""

    prefix = "/csc/v1"
    hashes_name, algorithm_name = "hash", "hashAlgo"

    def __init__(
        self,
        subscribers: Sequence[Subscriber],
        client: tuple[str, str],
        clock: Clock = now,
        *,
        auth_types: Sequence[str] = ("oauth2client", "basic"),
        phone_seconds: float = PHONE_SECONDS,
        redirect_uri: str = "",
    ) -> None:
        super().__init__(subscribers, clock)
        self.client_id, self.client_secret = client
        self.consent = ConsentPage(self.client_id, redirect_uri)
        self.auth_types = list(auth_types)
        self.phone_seconds = phone_seconds
        self.books = CscBooks()

    def rules(self) -> list[Rule]:
        """Of the specification."""
        return [
            Rule("/oauth2/token", endpoint=guarded(self._oauth2_token), methods=["POST"]),
            Rule(CONSENT, endpoint=self._consent, methods=["GET"]),
            Rule(f"{CONSENT}/<name>/<press>", endpoint=self._consented, methods=["POST"]),
            *(
                Rule(f"{self.prefix}/{method}", endpoint=guarded(handler), methods=["POST"])
                for method, handler in self.methods().items()
            ),
        ]

    def methods(self) -> dict[str, Callable[[Request], Response]]:
        """By their names."""
        return {
            "info": self._info,
            "auth/login": self._auth_login,
            "credentials/list": self._credentials_list,
            "credentials/info": self._credentials_info,
            "credentials/authorize": self._credentials_authorize,
            "credentials/sendOTP": self._credentials_send_otp,
            "signatures/signHash": self._signatures_sign_hash,
        }

    def description(self, request: Request) -> dict[str, Any]:
        """What ``info`` answers."""
        return {
            "specs": "1.0.4.0",
            "name": "Dịch vụ ký số thử nghiệm",
            "logo": f"{request.host_url}logo.png",
            "region": "VN",
            "lang": LANGUAGE,
            "description": "Không có giá trị pháp lý",
            "authType": self.auth_types,
            "oauth2": request.host_url,
            "methods": list(self.methods()),
        }

    def _info(self, request: Request) -> Response:
        return reply(self.description(request))

    def _oauth2_token(self, request: Request) -> Response:
        given, grant = request.form, request.form.get("grant_type")
        if grant not in ("client_credentials", "authorization_code") or "oauth2client" not in self.auth_types:
            raise CscError("Invalid parameter grant_type")
        if given.get("client_id") != self.client_id:
            raise CscError("Invalid parameter client_id")
        if not hmac.compare_digest(given.get("client_secret", "").encode(), self.client_secret.encode()):
            raise CscError("Invalid parameter client_secret")
        return self._token(self.client_id) if grant == "client_credentials" else self._credential_token(request)

    def _credential_token(self, request: Request) -> Response:
        consent = self.consent.redeem(request.form, self.clock())
        made = self.books.authorise(consent.subscriber, consent.digests, self.client_id, self.clock())
        return reply({"access_token": made.sad, "token_type": "Bearer", "expires_in": SAD_SECONDS})

    def _consent(self, request: Request) -> Response:
        try:
            subscriber = self.usable({"credentialID": request.args.get("credentialID")})
        except CscError as error:
            raise BadRequest from error
        return self.consent.ask(request.args, subscriber, self.clock())

    def _consented(self, request: Request, name: str, press: str) -> Response:
        return self.consent.answer(name, press)

    def _auth_login(self, request: Request) -> Response:
        given = request.authorization
        if "basic" not in self.auth_types or given is None or given.type != "basic":
            raise CscError("Malformed authentication parameter", status=401)
        known = of_account(self.subscribers, given.username)
        if not known or given.password != self.client_secret:
            raise CscError("An error occurred during authentication process", "authentication_error")
        return self._token(USER + known[0].account)

    def _token(self, owner: str) -> Response:
        token = self.books.token_for(owner, self.clock())
        return reply({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    def _credentials_list(self, request: Request) -> Response:
        client = self.client(request)
        return reply({"credentialIDs": [s.id for s in self.of_user(client, body_of(request))]})

    def of_user(self, client: str, body: dict[str, Any]) -> list[Subscriber]:
        """Keys of the user who logged in, or whom an application names."""
        if client.startswith(USER):
            if body.get("userID") is not None:
                raise CscError("userID parameter MUST be null")
            return of_account(self.subscribers, client.removeprefix(USER))
        if "userID" not in body:
            raise CscError("Invalid parameter userID")
        found = of_account(self.subscribers, body["userID"])
        if not found:
            raise CscError("Invalid parameter userID")
        return found

    def _credentials_info(self, request: Request) -> Response:
        self.client(request)
        body = body_of(request)
        return reply(self.facts(self.subscriber(body), body))

    def facts(self, subscriber: Subscriber, body: dict[str, Any]) -> dict[str, Any]:
        """``credentials/info``."""
        facts = self.common_facts(subscriber, body)
        none = {"presence": "false"}
        if subscriber.browser or subscriber.confirms:
            mode = "oauth2code" if subscriber.browser else "implicit"
            return {**facts, "authMode": mode, "PIN": none, "OTP": none}
        otp = {"presence": "true", "type": subscriber.otp, "format": "N"} if subscriber.otp else none
        pin = {"presence": "true", "format": "N"} if subscriber.pin else none
        return {**facts, "authMode": "explicit", "PIN": pin, "OTP": otp}

    def common_facts(self, subscriber: Subscriber, body: dict[str, Any]) -> dict[str, Any]:
        """What both versions say alike."""
        wanted = body.get("certificates", "single")
        if wanted not in ("none", "single", "chain"):
            raise CscError("Invalid parameter certificates")
        state = subscriber.state(self.clock())
        public = subscriber.key.certificate.public_key()
        is_rsa = isinstance(public, rsa.RSAPublicKey)
        key: dict[str, Any] = {
            "status": "disabled" if subscriber.locked or state == "suspended" else "enabled",
            "algo": [RSA, RSA_SHA256] if is_rsa else [ECDSA_SHA256],
            "len": public.key_size,  # type: ignore[union-attr]
        }
        if not is_rsa:
            key["curve"] = P256
        chain = [base64.b64encode(der).decode() for der in subscriber.chain()]
        certificates = {"none": [], "single": chain[:1], "chain": chain}[wanted]
        return {
            "key": key,
            "cert": {"status": state, "certificates": certificates},
            "SCAL": "2",
            "multisign": subscriber.multisign,
            "lang": LANGUAGE,
        }

    def _credentials_send_otp(self, request: Request) -> Response:
        self.client(request)
        subscriber = self.subscriber(body_of(request))
        if subscriber.otp != "online":
            raise CscError("Invalid parameter credentialID")
        subscriber.code = new_code()
        return Response(status=204)

    def _credentials_authorize(self, request: Request) -> Response:
        client, body = self.client(request), body_of(request)
        subscriber = self.usable(body)
        if subscriber.browser:
            raise CscError("Invalid parameter credentialID")
        digests = self.digests_to_authorise(subscriber, body)
        self._check_secrets(subscriber, body)
        if subscriber.confirms:
            self._wait_for_the_phone(subscriber, digests, body)
        made = self.books.authorise(subscriber, digests, client, self.clock())
        return reply({"SAD": made.sad, "expiresIn": int((made.expires_at - self.clock()).total_seconds())})

    def _check_secrets(self, subscriber: Subscriber, body: dict[str, Any]) -> None:
        if subscriber.confirms:
            return
        for name, needed in (("PIN", subscriber.pin), ("OTP", subscriber.otp)):
            if needed and not isinstance(body.get(name), str):
                raise CscError(f"Missing (or invalid type) string parameter {name}")
        if subscriber.pin and not subscriber.pin_is_right(body["PIN"]):
            raise CscError("PIN locked") if subscriber.locked else CscError("The PIN is invalid", "invalid_pin")
        if subscriber.otp and not subscriber.code_is_right(body["OTP"]):
            raise CscError("OTP locked") if subscriber.locked else CscError("The OTP is invalid", "invalid_otp")

    def _wait_for_the_phone(self, subscriber: Subscriber, digests: list[bytes], body: dict[str, Any]) -> None:
        prompt = self.show(subscriber, digests, body)
        if not prompt.answered.wait(self.phone_seconds):
            prompt.expires_at = self.clock() - timedelta(seconds=1)
            raise CscError("The authorization timed out", "access_denied")
        if not prompt.answer:
            raise CscError("The user denied the request", "access_denied")

    def show(self, subscriber: Subscriber, digests: list[bytes], body: dict[str, Any]) -> Prompt:
        """Ask on the phone."""
        title = str(body.get("description") or "Ký số")
        until = self.clock() + timedelta(seconds=self.phone_seconds)
        return self.phone.prompt(Prompt(subscriber.account, title, len(digests), until))

    def _signatures_sign_hash(self, request: Request) -> Response:
        client, body = self.client(request), body_of(request)
        subscriber = self.usable(body)
        digests = self.hashes(body)
        self._check_algorithm(subscriber, body)
        sad = self.text(body, "SAD")

        def answer() -> Response:
            self.books.spend(sad, subscriber, digests, client, self.clock())
            return self.signed(subscriber, digests, body)

        return self.taken(request, digests, answer)

    def signed(self, subscriber: Subscriber, digests: list[bytes], body: dict[str, Any]) -> Response:
        """The values."""
        return reply({"signatures": [base64.b64encode(v).decode() for v in self.values(subscriber, digests)]})

    def digests_to_authorise(self, subscriber: Subscriber, body: dict[str, Any]) -> list[bytes]:
        """Hashes to pin (SCAL 2), as many as ``numSignatures`` says and the credential allows."""
        count = body.get("numSignatures")
        if not isinstance(count, int) or isinstance(count, bool):
            raise CscError("Missing (or invalid type) integer parameter numSignatures")
        if count < 1:
            raise CscError("Invalid value for parameter numSignatures")
        if count > subscriber.multisign:
            raise CscError("Numbers of signatures is too high")
        digests = self.hashes(body)
        if len(digests) != count:
            raise CscError("Invalid value for parameter numSignatures")
        return digests

    def hashes(self, body: dict[str, Any]) -> list[bytes]:
        """SHA-256 values."""
        given = body.get(self.hashes_name)
        if not isinstance(given, list):
            raise CscError("Missing (or invalid type) array parameter hash")
        if not given:
            raise CscError("Empty hash array")
        try:
            digests = [base64.b64decode(item, validate=True) for item in given]
        except (TypeError, ValueError, binascii.Error) as error:
            raise CscError("Invalid Base64 hash string parameter") from error
        if any(len(digest) != 32 for digest in digests):
            raise CscError("Invalid digest value length")
        return digests

    def _check_algorithm(self, subscriber: Subscriber, body: dict[str, Any]) -> None:
        algorithm = self.text(body, "signAlgo")
        if algorithm not in self.common_facts(subscriber, {})["key"]["algo"]:
            raise CscError("Invalid parameter signAlgo")
        if algorithm == RSA and not isinstance(body.get(self.algorithm_name), str):
            raise CscError(f"Missing (or invalid type) string parameter {self.algorithm_name}")
        if body.get(self.algorithm_name) not in (None, SHA256):
            raise CscError(f"Invalid parameter {self.algorithm_name}")

    def subscriber(self, body: dict[str, Any]) -> Subscriber:
        """The key that a call names."""
        name = self.text(body, "credentialID")
        for subscriber in self.subscribers:
            if subscriber.id == name:
                return subscriber
        raise CscError("Invalid parameter credentialID")

    def usable(self, body: dict[str, Any]) -> Subscriber:
        """The same, unless it may not sign."""
        subscriber = self.subscriber(body)
        state = subscriber.state(self.clock())
        if subscriber.locked:
            raise CscError("PIN locked" if subscriber.pin else "Credential locked")
        if state == "expired":
            raise CscError("Signing certificate is expired")
        if state != "valid":
            raise CscError("The credential identified by credentialID is disabled")
        return subscriber

    def client(self, request: Request) -> str:
        """Whose service token came along."""
        if "external" in self.auth_types:
            return "external"
        if self.faults.take(SignerFault.TOKEN_OVER):
            self.books.forget_tokens()
        given = request.authorization
        if given is None or given.type != "bearer" or not given.token:
            raise CscError("Malformed authorization header", status=401)
        return self.books.client_of(given.token, self.clock())

    @staticmethod
    def text(body: dict[str, Any], name: str) -> str:
        """A text that must be there."""
        value = body.get(name)
        if not isinstance(value, str) or not value:
            raise CscError(f"Missing (or invalid type) string parameter {name}")
        return value


def serve(port: int, faults: Sequence[str]) -> None:
    """``hocbaso sandbox --signer csc``: keys behind a PIN, 20 signatures for each authorisation."""
    sandbox.serve(CscSigner, "csc", port, faults, path=CscSigner.prefix, pin="12345678", multisign=20)

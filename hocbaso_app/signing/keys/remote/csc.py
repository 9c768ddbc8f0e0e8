"""Cloud Signature Consortium API v1 (1.0.4.0): authorise a batch of hashes, get the activation data, sign.

The activation data (SAD) is used at once and kept nowhere. With an implicit
credential the service itself asks the signer while ``credentials/authorize``
waits, so :meth:`~.source.RemoteSource.ask` takes as long as he does. Version 1
has no id for an order: when its answer is lost, the signer confirms anew.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ..source import KeySourceError, Secrets, SourceDescription
from .csc_browser import BrowserAuthorisation
from .csc_service import CscService, state_of
from .failures import (
    ANSWER,
    DISABLED,
    EXPIRED,
    NO_KEY,
    OTP_NEEDED,
    OTP_SENT,
    PIN_NEEDED,
    REVOKED,
    Failure,
)
from .oids import ECDSA_SHA256, RSA, RSA_SHA256, SHA256
from .reading import certificates, listing, mapping, number, octets, part, text, texts, words
from .room import Answer
from .source import Credential, Part, RemoteSource, State, given_values, keep_values

MAX_PAGES = 20
FAULTS = {"suspended": DISABLED, "revoked": REVOKED, "expired": EXPIRED}


class CscSource(RemoteSource):
    """A credential behind version 1."""

    kind = "csc"
    prefix = "/csc/v1"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.service = CscService(self.room, self.prefix, self.settings, self.secrets)

    def base_address(self) -> str:
        """Without the version, which the specification puts behind it."""
        return _without_version(self.settings.address)

    @property
    def one_time_secret(self) -> bool:
        """An OTP, or a code of the provider's page, is good for one authorisation."""
        facts = self.credential.facts
        return self.secrets.otp is not None and (needs(facts, "OTP") or self.is_of_browser(facts))

    def is_of_browser(self, facts: State) -> bool:
        """Whether the credential is authorised on the provider's page (OAuth 2.0)."""
        return words(facts, "authMode") == "oauth2code"

    def credentials(self) -> list[Credential]:
        """See :class:`RemoteSource`; the one of the settings comes alone when its certificate is the chosen one."""
        named = self._named()
        if named is not None and self._certificate in (None, named.certificate):
            return [named]
        return [self._credential(name) for name in self._names()]

    def order(self, credential: Credential, digests: Sequence[bytes], title: str) -> State:
        """Authorise and sign at once."""
        sad = self._authorise(credential, digests, title)
        body = {"SAD": sad, "hash": encoded(digests), "hashAlgo": SHA256}
        return keep_values(signatures_of(self._sign_order(credential, body)))

    def fetch(self, parts: Sequence[Part]) -> list[list[bytes]] | None:
        """All values came with the order."""
        return [given_values(p) for p in parts]

    def send_otp(self) -> None:
        """Let the service send the signer an OTP; ``credentials/sendOTP``."""
        answer = self.service.order("credentials/sendOTP", {"credentialID": self.credential.id})
        if not answer.ok:
            raise self.service.refused(answer, "credentials/sendOTP")

    def _named(self) -> Credential | None:
        if not self.settings.credential:
            return None
        try:
            return self._credential(self.settings.credential)
        except KeySourceError as error:
            if error.code != NO_KEY.code or self._certificate is None:
                raise
            return None  # renewed under another name, perhaps

    def _names(self) -> list[str]:
        body: dict[str, Any] = {}
        if self.settings.account and not self.service.is_of_one_user:
            body["userID"] = self.settings.account
        names: list[str] = []
        for _ in range(MAX_PAGES):
            found = self.service.ask("credentials/list", body)
            names += texts(found, "credentialIDs")
            token = words(found, "nextPageToken")
            if not token:
                break
            body = {**body, "pageToken": token}
        return list(dict.fromkeys(names))

    def _credential(self, name: str) -> Credential:
        wanted = {"credentialID": name, "certificates": "chain", "authInfo": True}
        return read_credential(name, self.service.ask("credentials/info", wanted))

    def _secrets_for(self, credential: Credential) -> dict[str, str]:
        facts, given = credential.facts, {}
        if words(facts, "authMode") == "implicit":
            return {}
        if wants(facts, "PIN", self.secrets.pin):
            if not self.secrets.pin:
                raise PIN_NEEDED.error("the credential needs a PIN")
            given["PIN"] = self.secrets.pin
        if wants(facts, "OTP", self.secrets.otp):
            if not self.secrets.otp:
                if words(part(facts, "OTP"), "type") == "online":
                    self.send_otp()
                    raise OTP_SENT.error("an OTP was sent")
                raise OTP_NEEDED.error("the credential needs an OTP")
            given["OTP"] = self.secrets.otp
        return given

    def _authorise(self, credential: Credential, digests: Sequence[bytes], title: str) -> str:
        if self.is_of_browser(credential.facts):
            return BrowserAuthorisation(self.service, credential.id, digests, title).token(self.secrets.otp)
        answer = self.service.order(
            "credentials/authorize",
            {
                "credentialID": credential.id,
                "numSignatures": len(digests),
                "hash": encoded(digests),
                "description": title[:500],
                **self._secrets_for(credential),
            },
            patience=self.settings.wait_seconds if words(credential.facts, "authMode") == "implicit" else None,
        )
        if not answer.ok:
            raise self.service.refused(answer, "credentials/authorize", with_otp=self.secrets.otp is not None)
        return self.room.secret(text(mapping(answer.body, "credentials/authorize"), "SAD"))

    def _sign_order(self, credential: Credential, authorised: dict[str, Any]) -> Answer:
        body = {"credentialID": credential.id, "signAlgo": sign_algorithm(credential), **authorised}
        answer = self.service.order("signatures/signHash", body)
        if not answer.ok:
            raise self.service.refused(answer, "signatures/signHash")
        return answer


def signatures_of(answer: Answer) -> list[bytes]:
    """Base64 values, in the order of the hashes."""
    return [octets(value, "signature") for value in texts(mapping(answer.body, "signatures"), "signatures")]


def encoded(digests: Sequence[bytes]) -> list[str]:
    """Hashes as the specification has them."""
    return [base64.b64encode(digest).decode() for digest in digests]


def needs(facts: State, what: str) -> bool:
    """Whether PIN or OTP must be given."""
    return words(part(facts, what), "presence").casefold() == "true"


def wants(facts: State, what: str, given: str | None) -> bool:
    """Whether PIN or OTP belongs in the call: it must, or it may and is there."""
    presence = words(part(facts, what), "presence").casefold()
    return presence == "true" or (presence == "optional" and given is not None)


def read_credential(name: str, info: State) -> Credential:
    """``credentials/info`` of either version."""
    chain = certificates(listing(part(info, "cert").get("certificates"), "certificates"))
    return Credential(name, chain[0], chain[1:], _fault(info), _limit(info), info)


def sign_algorithm(credential: Credential) -> str:
    """With SHA-256 in it where the credential offers that."""
    algorithms = texts(part(credential.facts, "key"), "algo")
    if not isinstance(credential.certificate.public_key(), rsa.RSAPublicKey):
        return ECDSA_SHA256
    return RSA_SHA256 if RSA_SHA256 in algorithms else RSA


def _limit(info: State) -> int | None:
    told = info.get("multisign")
    if isinstance(told, bool):  # so the consortium's own description of 1.0.3.0
        return None if told else 1
    return number(info, "multisign", 1) or 1


def _fault(info: State) -> Failure | None:
    key, certificate = state_of(info)
    return FAULTS.get(certificate) or (DISABLED if key == "disabled" else None)


def _without_version(address: str) -> str:
    trimmed = address.rstrip("/")
    return trimmed[: -len("/csc/v1")] if trimmed.endswith(("/csc/v1", "/csc/v2")) else trimmed


def open_source(
    description: SourceDescription, secrets: Secrets, certificate: x509.Certificate | None = None
) -> CscSource:
    """Version 1, or 2 when the settings or the address say so."""
    address, version = str(description.settings.get("address", "")), str(description.settings.get("version") or "")
    if version.startswith("2") or (not version and address.rstrip("/").endswith("/csc/v2")):
        from .csc2 import Csc2Source

        return Csc2Source(description, secrets, certificate)
    if version and not version.startswith("1"):
        raise ANSWER.error(f"no version {version} of the API")
    return CscSource(description, secrets, certificate)

"""Cloud Signature Consortium API v2 (2.0.0.2).

What is new against version 1: one call lists credentials with everything about
them; authentication objects in place of PIN and OTP; an authorisation that goes
on out of band gives a handle, by which any process may ask
(``credentials/authorizeCheck``); an order may be answered later
(``operationMode`` A, ``signatures/signPolling``).

A handle is kept without its activation data, and what is signed with that data
are the hashes of the ticket. That they are the ones the signer confirmed rests on
the service, which binds the data to the hashes of the authorisation (SCAL2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

from ..source import KeySourceError
from .csc import CscSource, encoded, read_credential, sign_algorithm, signatures_of
from .csc_browser import BrowserAuthorisation
from .csc_errors import error_code
from .csc_factors import Factor, factors_of, given_for
from .failures import OTP_NEEDED, OTP_SENT
from .oids import SHA256
from .reading import listing, mapping, part, text, words
from .room import Answer
from .source import Credential, Part, State, given_values, keep_values

WAITING = "accepted_request"


class Csc2Source(CscSource):
    """A credential behind version 2."""

    prefix = "/csc/v2"

    @property
    def one_time_secret(self) -> bool:
        """See :class:`CscSource`."""
        facts = self.credential.facts
        asked = self.is_of_browser(facts) or any(f.one_time for f in factors_of(facts).values())
        return self.secrets.otp is not None and asked

    def is_of_browser(self, facts: State) -> bool:
        """See :class:`CscSource`."""
        return words(part(facts, "auth"), "mode") == "oauth2code"

    def credentials(self) -> list[Credential]:
        """See :class:`RemoteSource`."""
        body: dict[str, Any] = {"credentialInfo": True, "certificates": "chain", "authInfo": True}
        if self.settings.account and not self.service.is_of_one_user:
            body["userID"] = self.settings.account
        found = self.service.ask("credentials/list", body)
        infos = [mapping(info, "credentialInfo") for info in listing(found.get("credentialInfos") or [], "infos")]
        if infos:
            return [read_credential(text(info, "credentialID"), info) for info in infos]
        return [self._credential(name) for name in listing(found.get("credentialIDs"), "ids") if isinstance(name, str)]

    def order(self, credential: Credential, digests: Sequence[bytes], title: str) -> State:
        """Authorise; what is authorised at once is signed at once, else the handle is kept."""
        if self.is_of_browser(credential.facts):
            sad = BrowserAuthorisation(self.service, credential.id, digests, title).token(self.secrets.otp)
            return self._order_signatures(credential, digests, sad)
        data, used = self._authentication(credential)
        answer = self.service.order(
            "credentials/authorize",
            {
                "credentialID": credential.id,
                "numSignatures": len(digests),
                "hashes": encoded(digests),
                "hashAlgorithmOID": SHA256,
                "authData": data,
                "description": title[:500],
            },
        )
        if not answer.ok:
            raise self.service.refused(answer, "credentials/authorize", with_otp=any(f.one_time for f in used))
        authorised = mapping(answer.body, "credentials/authorize")
        if answer.status == requests.codes.accepted:
            return {
                "handle": text(authorised, "handle"),
                "credential": credential.id,
                "algorithm": sign_algorithm(credential),
            }
        return self._order_signatures(credential, digests, self.room.secret(text(authorised, "SAD")))

    def fetch(self, parts: Sequence[Part]) -> list[list[bytes]] | None:
        """Every authorisation is looked at before anything is signed: activation data must not be spent in vain."""
        ready: list[list[bytes] | str] = []
        for item in parts:
            found = self._found(item)
            if found is None:
                return None
            ready.append(found)
        for item, found in zip(parts, ready, strict=True):
            values = self._sign_now(item, found) if isinstance(found, str) else found
            item.state.update(keep_values(values))  # good also when a later part fails
        return [given_values(item) for item in parts]

    def send_otp(self) -> None:
        """Let the service send the challenge of each one-time object; ``credentials/getChallenge``."""
        for factor in factors_of(self.credential.facts).values():
            if factor.one_time and not factor.out_of_band:
                body = {"credentialID": self.credential.id, "authObjectID": factor.id}
                answer = self.service.order("credentials/getChallenge", body)
                if not answer.ok:
                    raise self.service.refused(answer, "credentials/getChallenge")

    def _authentication(self, credential: Credential) -> tuple[list[dict[str, str]], list[Factor]]:
        sent = any(f.kind == "challengeresponse" for f in factors_of(credential.facts).values())
        try:
            return given_for(credential.facts, self.secrets)
        except KeySourceError as error:
            if error.code == OTP_NEEDED.code and sent:
                self.send_otp()
                raise OTP_SENT.error("a challenge was sent") from error
            raise

    def _order_signatures(self, credential: Credential, digests: Sequence[bytes], sad: str) -> State:
        body: dict[str, Any] = {"SAD": sad, "hashes": encoded(digests), "hashAlgorithmOID": SHA256}
        later = self.service.info.get("asynchronousOperationMode") is True
        if later:
            body |= {"operationMode": "A", "validity_period": self.settings.wait_seconds * 1000}
        answer = self._sign_order(credential, body)
        if later:
            return {"request": text(mapping(answer.body, "signatures/signHash"), "responseID")}
        return keep_values(signatures_of(answer))

    def _found(self, item: Part) -> list[bytes] | str | None:
        """Values, activation data, or nothing yet."""
        if "handle" in item.state:
            answer = self.service.asked("credentials/authorizeCheck", {"handle": item.state["handle"]})
            if answer.status == requests.codes.accepted:
                return None
            if not answer.ok:
                raise self.service.refused(answer, "credentials/authorizeCheck")
            return self.room.secret(text(mapping(answer.body, "credentials/authorizeCheck"), "SAD"))
        if "request" in item.state:
            answer = self.service.asked("signatures/signPolling", {"requestID": item.state["request"]})
            if answer.status == requests.codes.accepted or error_code(answer) == WAITING or _still_processing(answer):
                return None
            if not answer.ok:
                raise self.service.refused(answer, "signatures/signPolling")
            return signatures_of(answer)
        return given_values(item)

    def _sign_now(self, item: Part, sad: str) -> list[bytes]:
        body = {
            "credentialID": words(item.state, "credential"),
            "signAlgo": words(item.state, "algorithm"),
            "SAD": sad,
            "hashes": encoded(item.digests),
            "hashAlgorithmOID": SHA256,
        }
        answer = self.service.order("signatures/signHash", body)
        if not answer.ok:
            raise self.service.refused(answer, "signatures/signHash")
        return signatures_of(answer)


def _still_processing(answer: Answer) -> bool:
    """Some services say it with 400 and this description (SIGN8, for one)."""
    body = answer.body if isinstance(answer.body, dict) else {}
    return "previous async" in words(body, "error_description").casefold()

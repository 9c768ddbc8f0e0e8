"""A credential that is authorised on the provider's page (``oauth2code``; OAuth 2.0 with PKCE, RFC 7636).

The first call says which address to open; the page ends in a code, which comes
back as the one-time password of the next call. Nothing has to be kept between
the two: verifier and state follow from the application's secret and the hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from urllib.parse import urlencode

from .csc_errors import error_code
from .csc_service import CscService
from .failures import BROWSER_NEEDED, OTP_WRONG
from .oids import SHA256
from .room import checked_address


class BrowserAuthorisation:
    """Of one batch of hashes."""

    def __init__(self, service: CscService, credential: str, digests: Sequence[bytes], title: str) -> None:
        self._service = service
        self._credential = credential
        self._digests = digests
        self._title = title

    def token(self, code: str | None) -> str:
        """The activation data for a code; without one the error names the page where it is to be had."""
        if not code:
            raise BROWSER_NEEDED.error(
                "the credential is authorised on the provider's page", note=self.address() + " ."
            )
        answer = self._service.token_form(
            {
                "grant_type": "authorization_code",
                "code": code.strip(),
                "redirect_uri": self._service.settings.redirect_uri,
                "code_verifier": self._verifier(),
            }
        )
        if error_code(answer) == "invalid_grant":
            raise OTP_WRONG.error("the code is wrong or over")
        if not answer.ok:
            raise self._service.refused(answer, "oauth2/token")
        return self._service.access_token(answer)

    def address(self) -> str:
        """The page, for exactly these hashes."""
        challenge = hashlib.sha256(self._verifier().encode()).digest()
        hashes = {"hash" if self._service.prefix.endswith("1") else "hashes": ",".join(map(_url64, self._digests))}
        query = {
            "response_type": "code",
            "client_id": self._service.settings.client_id,
            "redirect_uri": self._service.settings.redirect_uri,
            "scope": "credential",
            "code_challenge": _url64(challenge),
            "code_challenge_method": "S256",
            "state": self._derived("state"),
            "credentialID": self._credential,
            "numSignatures": str(len(self._digests)),
            **hashes,
            "hashAlgorithmOID": SHA256,
            "description": self._title[:500],
        }
        return f"{checked_address(self._service.authorise_address())}?{urlencode(query)}"

    def _verifier(self) -> str:
        return self._derived("pkce")

    def _derived(self, what: str) -> str:
        bound = hashlib.sha256(b"".join(self._digests)).hexdigest()
        return _url64(self._service.derived(f"{what} {self._credential} {bound}"))


def _url64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")

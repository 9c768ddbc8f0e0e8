"""CRLs and OCSP answers of the demo authorities: in process as of any moment, over HTTP as of now."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from werkzeug.wrappers import Request, Response

from hocbaso_app.demo.ca import Authority, DemoCA, new_key
from hocbaso_app.signing.keys import LocalKey

OCSP_REQUEST, OCSP_RESPONSE = "application/ocsp-request", "application/ocsp-response"


class RevocationFault(str, Enum):
    """What goes wrong."""

    DOWN = "down"
    PAGE = "page"
    """A hotel's log-in page with status 200."""
    HUGE = "huge"
    STALE = "stale"
    FORGED = "forged"
    OTHER_CERTIFICATE = "other-certificate"
    UNKNOWN = "unknown"
    REDIRECT = "redirect"


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class RevocationService:
    """The state of everything that a :class:`DemoCA` issued."""

    ca: DemoCA
    clock: Callable[[], datetime] = _now
    days: float = 7
    """How long a CRL or an answer is good."""
    faults: Counter[RevocationFault] = field(default_factory=Counter)
    _responders: dict[str, LocalKey] = field(default_factory=dict, repr=False)
    _published: dict[str, tuple[datetime, int, bytes]] = field(default_factory=dict, repr=False)

    def switch(self, fault: RevocationFault, times: int = -1) -> None:
        """Let ``fault`` happen ``times`` times from now; 0 switches it off, -1 keeps it on."""
        self.faults[fault] = times

    def takes(self, fault: RevocationFault) -> bool:
        """Whether the fault happens now."""
        left = self.faults[fault]
        if left > 0:
            self.faults[fault] = left - 1
        return left != 0

    def published(self, name: str) -> bytes | None:
        """The list as it stands on the web: made anew when somebody was revoked or half its time is over."""
        authority = next((one for one in self.ca.authorities if one.name == name), None)
        made, revoked, data = self._published.get(name, (None, 0, b""))
        if authority is None:
            return None
        now = self.clock()
        if made is None or revoked != len(authority.revoked) or now > made + timedelta(days=self.days / 2):
            data = self.crl(name, now) or b""
            self._published[name] = (now, len(authority.revoked), data)
        if self.takes(RevocationFault.FORGED):
            return Authority(name, new_key("ec"), authority.certificate).crl(now)
        if self.takes(RevocationFault.STALE):
            return authority.crl(now - timedelta(days=3 * self.days), self.days)
        return data

    def crl(self, name: str, at: datetime | None = None) -> bytes | None:
        """The list of the authority of this name, as of any moment."""
        authority = next((one for one in self.ca.authorities if one.name == name), None)
        return authority.crl((at or self.clock()).replace(microsecond=0), self.days) if authority else None

    def ocsp(
        self,
        certificate: x509.Certificate,
        at: datetime | None = None,
        *,
        responder: LocalKey | None = None,
        unknown: bool = False,
    ) -> bytes:
        """What its issuer's responder says about a certificate."""
        authority = self._issuer(certificate)
        signer = responder or self._responder(authority)
        begin = (at or self.clock()).replace(microsecond=0)
        begin -= timedelta(days=3 * self.days if self.takes(RevocationFault.STALE) else 0)
        revoked = authority.revoked.get(certificate.serial_number)
        status = ocsp.OCSPCertStatus.GOOD if revoked is None else ocsp.OCSPCertStatus.REVOKED
        if unknown or self.takes(RevocationFault.UNKNOWN):
            status, revoked = ocsp.OCSPCertStatus.UNKNOWN, None
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate,
            authority.certificate,
            hashes.SHA1(),  # RFC 5019: names the certificate, signs nothing
            status,
            begin,
            begin + timedelta(days=self.days),
            revoked,
            None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        builder = builder.certificates([signer.certificate])
        made = builder.sign(signer.private_key, hashes.SHA256())
        data, value = made.public_bytes(Encoding.DER), made.signature
        forged = value[:-1] + bytes([value[-1] ^ 1])
        return data.replace(value, forged) if self.takes(RevocationFault.FORGED) else data

    def answer(self, query: bytes) -> bytes:
        """An OCSPResponse (DER) to an OCSPRequest."""
        try:
            asked = ocsp.load_der_ocsp_request(query)
            serial, issuer = asked.serial_number, asked.issuer_key_hash
            algorithm = asked.hash_algorithm
        except (ValueError, NotImplementedError):
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        authority = next((one for one in self.ca.authorities if _key_hash(one, algorithm) == issuer), None)
        certificate = authority.issued.get(serial) if authority else None
        if authority and self.takes(RevocationFault.OTHER_CERTIFICATE):
            certificate = self._responder(authority).certificate
        return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED) if certificate is None else self.ocsp(certificate)

    def _issuer(self, certificate: x509.Certificate) -> Authority:
        return next(one for one in self.ca.authorities if one.certificate.subject == certificate.issuer)

    def _responder(self, authority: Authority) -> LocalKey:
        if authority.name not in self._responders:
            self._responders[authority.name] = self.ca.responder(authority)
        return self._responders[authority.name]


class RevocationApp:
    """The service over HTTP: ``GET /<name>.crl``, ``POST /ocsp`` and ``GET /ocsp/<base64>`` (RFC 6960 A.1)."""

    def __init__(self, service: RevocationService) -> None:
        self.service = service
        self.asked: list[str] = []
        """Method and path of every request."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """One request."""
        request = Request(environ)
        self.asked.append(f"{request.method} {request.path}")
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.service.takes(RevocationFault.DOWN):
            return Response("down for maintenance", 503)
        if self.service.takes(RevocationFault.REDIRECT):
            return Response("", 302, {"Location": "file:///etc/hostname"})
        if self.service.takes(RevocationFault.PAGE):
            return Response("<html>Please log in</html>", 200, content_type="text/html")
        if self.service.takes(RevocationFault.HUGE):
            return Response((b"\0" * 65536 for _ in range(2000)), 200, content_type="application/pkix-crl")
        if request.path.endswith(".crl") and request.method == "GET":
            return self._crl(request)
        return self._ocsp(request)

    def _crl(self, request: Request) -> Response:
        data = self.service.published(request.path[1:].removesuffix(".crl"))
        if data is None:
            return Response("no such list", 404)
        response = Response(data, 200, content_type="application/pkix-crl")
        listed = x509.load_der_x509_crl(data)
        response.set_etag(hashlib.sha256(listed.tbs_certlist_bytes).hexdigest())
        response.last_modified = listed.last_update_utc
        response.make_conditional(request)
        return response

    def _ocsp(self, request: Request) -> Response:
        if request.path == "/ocsp" and request.method == "POST" and request.mimetype == OCSP_REQUEST:
            query = request.get_data()
        elif request.path.startswith("/ocsp/") and request.method == "GET":
            try:
                query = base64.b64decode(request.path.removeprefix("/ocsp/"), validate=True)
            except binascii.Error:
                return Response("not base64", 400)
        else:
            return Response("not found", 404)
        return Response(self.service.answer(query), 200, content_type=OCSP_RESPONSE)


def _key_hash(authority: Authority, algorithm: hashes.HashAlgorithm) -> bytes:
    request = ocsp.OCSPRequestBuilder().add_certificate(authority.certificate, authority.certificate, algorithm).build()
    return request.issuer_key_hash


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)

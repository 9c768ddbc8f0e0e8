"""A time-stamping authority (RFC 3161) for demo and tests, in process or over HTTP.

It stamps in the past when asked to in process; over HTTP it only knows now.
Faults of real services can be switched on by name.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any

from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.serving import BaseWSGIServer
from werkzeug.wrappers import Request, Response

from hocbaso_app.demo.ca import DemoCA, digest_of
from hocbaso_app.demo.serving import until_stopped
from hocbaso_app.exchange.sandbox.server import HOST, bound
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.timestamps.client import QUERY, REPLY, TimeStampResp
from hocbaso_app.signing.timestamps.token import HASHES

from .faults import ALWAYS, Faults

POLICY = "1.3.6.1.4.1.99999.1.1"
"""Under a number that nobody holds."""
PORT = 8785
MAX_QUERY_BYTES = 16 << 10


class TsaFault(str, Enum):
    """What goes wrong."""

    DOWN = "down"
    REJECT = "reject"
    WRONG_IMPRINT = "wrong-imprint"
    WRONG_NONCE = "wrong-nonce"
    EXPIRED = "expired"
    NOT_DER = "not-der"


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class TimestampAuthority:
    """Key, policy and clock of one authority. ``expired`` signs while :attr:`TsaFault.EXPIRED` is on."""

    key: LocalKey
    expired: LocalKey | None = None
    clock: Callable[[], datetime] = _now
    accuracy: timedelta = timedelta(seconds=1)
    faults: Faults[TsaFault] = field(default_factory=lambda: Faults(TsaFault))
    _serial: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    @classmethod
    def of(cls, ca: DemoCA, **settings: Any) -> TimestampAuthority:
        """A new authority under ``ca``, with an expired certificate at hand for the fault of that name."""
        year = timedelta(days=365)
        expired = ca.timestamper(not_before=ca.now - 3 * year, not_after=ca.now - year)
        return cls(ca.timestamper(), expired, **settings)

    def switch(self, fault: TsaFault, times: int = ALWAYS) -> None:
        """Let ``fault`` happen from now on, or the next so many times."""
        self.faults.switch(fault, times)

    def stamp_digest(self, digest: bytes, at: datetime | None = None, algorithm: str = "sha256") -> bytes:
        """A token (DER) over a digest as of ``at``, default now; a ``Sha256Stamper``."""
        return self._token(digest, algorithm, at or self.clock(), None, POLICY, self.key)

    def answer(self, query: bytes) -> bytes:
        """A TimeStampResp (DER) to a TimeStampReq."""
        try:
            asked = tsp.TimeStampReq.load(query, strict=True)
            imprint = asked["message_imprint"]
            algorithm, digest = imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
            nonce, policy = asked["nonce"].native, asked["req_policy"].native
        except (ValueError, TypeError):
            return _refusal("bad_data_format")
        if self.faults.take(TsaFault.REJECT):
            return _refusal("time_not_available")
        if algorithm not in HASHES or len(digest) != HASHES[algorithm].digest_size:
            return _refusal("bad_alg")
        if policy not in (None, POLICY):
            return _refusal("unaccepted_policy")
        if self.faults.take(TsaFault.WRONG_IMPRINT):
            digest = hashlib.new(algorithm, digest).digest()
        if self.faults.take(TsaFault.WRONG_NONCE):
            nonce = (nonce or 0) + 1
        key = self.expired if self.expired and self.faults.take(TsaFault.EXPIRED) else self.key
        token = self._token(digest, algorithm, self.clock(), nonce, POLICY, key, bool(asked["cert_req"].native))
        granted = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
        return bytes(TimeStampResp(granted).dump())

    def _token(
        self,
        digest: bytes,
        algorithm: str,
        at: datetime,
        nonce: int | None,
        policy: str,
        key: LocalKey,
        with_certificates: bool = True,
    ) -> bytes:
        micros = self.accuracy // timedelta(microseconds=1)
        info: dict[str, Any] = {
            "version": "v1",
            "policy": policy,
            "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest},
            "serial_number": next(self._serial),
            "gen_time": at.astimezone(timezone.utc).replace(microsecond=0),
            "accuracy": {"seconds": micros // 1_000_000},
        }
        if nonce is not None:
            info["nonce"] = nonce
        content = tsp.TSTInfo(info).dump()
        chain = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in (key.certificate, *key.chain)]
        by = digest_of(key.private_key)
        named = {"hash_algorithm": {"algorithm": by.name}, "cert_hash": hashlib.new(by.name, chain[0].dump()).digest()}
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.new(by.name, content).digest()]},
                {"type": "signing_certificate_v2", "values": [{"certs": [named]}]},
            ]
        )
        signer = {
            "version": "v1",
            "sid": {"issuer_and_serial_number": {"issuer": chain[0].issuer, "serial_number": chain[0].serial_number}},
            "digest_algorithm": {"algorithm": by.name},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": f"{by.name}_{_SIGNATURES[chain[0].public_key.algorithm]}"},
            "signature": _sign(key, attributes.dump()),
        }
        data: dict[str, Any] = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": by.name}],
            "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(content)},
            "signer_infos": [signer],
        }
        if with_certificates:
            data["certificates"] = chain
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump())


_SIGNATURES = {"rsa": "rsa", "ec": "ecdsa"}


def _sign(key: LocalKey, octets: bytes) -> bytes:
    if isinstance(key.private_key, rsa.RSAPrivateKey):
        return key.private_key.sign(octets, padding.PKCS1v15(), digest_of(key.private_key))
    return key.private_key.sign(octets, ec.ECDSA(digest_of(key.private_key)))


def _refusal(why: str) -> bytes:
    return bytes(TimeStampResp({"status": {"status": "rejection", "fail_info": {why}}}).dump())


class TsaApp:
    """The authority over HTTP, as a WSGI application."""

    def __init__(self, authority: TimestampAuthority) -> None:
        self.authority = authority

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """One request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.authority.faults.take(TsaFault.DOWN):
            return Response("down for maintenance", 503)
        if request.method != "POST" or request.mimetype != QUERY:
            return Response(f"POST {QUERY}", 405 if request.method != "POST" else 415)
        if (request.content_length or 0) > MAX_QUERY_BYTES:
            return Response("too large", 413)
        body = b"not a token" if self.authority.faults.take(TsaFault.NOT_DER) else self.authority.answer(request.data)
        return Response(body, 200, content_type=REPLY)


def serve(port: int, faults: Sequence[str]) -> None:
    """Until Ctrl-C, under an authority of its own whose certificates go into the trust folder of whoever tries it."""
    ca = DemoCA.create(_now(), name="HBS Sandbox TSA")
    for one in (ca.root, ca.persons, ca.organisations):
        one.name = f"tsa-{one.name}"
    app = TsaApp(TimestampAuthority.of(ca))
    app.authority.faults.switch_all(faults)
    with tempfile.TemporaryDirectory(prefix="hocbaso-tsa-") as folder:
        ca.write_anchors(Path(folder))

        def tell(made: BaseWSGIServer) -> None:
            address = f"http://{HOST}:{made.server_port}"
            print(f"{address}  (Ctrl-C để dừng; khóa chỉ có trong bộ nhớ, không có giá trị pháp lý)")
            print(f"  hocbaso timestamp hoc-ba.xml --tsa {address} --trust THU-MUC-TIN-CAY")
            copied = f"cp -r {folder}/* THU-MUC-TIN-CAY/"
            print(f"  trước đó chép chứng thư của dịch vụ vào thư mục tin cậy: {copied}", flush=True)

        until_stopped(lambda port: bound(app, port, quiet=False), port, tell)

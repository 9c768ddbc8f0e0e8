"""A stand-in for VGCA Sign Service: a real WebSocket server on loopback with a key of its own.

Confirmed by public integrations of the real one (read, never run here: no VGCA
software can be had on this machine):

- ``wss://127.0.0.1:8987/<Command>``; one text in, one text out, then the socket closes;
  a page opens many of them at once for a class.
- SignMsg takes ``{"HashAlg":"SHA256","HashValue":"<base64 of the hash>","Encode":"RSA"}`` and answers
  ``{"Status":0,"Signature":"<base64>","CertBase64":"<base64>"}``.
- GetCertInfo takes the text ``get_cert_info`` and answers
  ``{"Status":0,"CertInfo":{"Subject":…,"Base64Data":…,"ValidFrom":…,"ValidTo":…}}``.
- Another status is a failure; the reason stands in ``Message`` or ``Error``. A browser without WebSocket makes up
  status 500 itself.

Assumed, since no source says it:

- ``Signature`` is the bare RSA PKCS#1 v1.5 value over DigestInfo (production code puts it into SignatureValue as
  it is); for an ECDSA key it would be DER.
- ``Base64Data`` and ``CertBase64`` are the DER certificate.
- Statuses: 1 cancelled by the user, 2 no token, 3 wrong or blocked PIN, 4 no certificate, 19 unreadable data (one
  integrator lists them, nothing official does). The texts of the messages are ours.
- GetVersion exists; its request text and the name ``Version`` in its answer are guesses.
- The PIN is asked once and remembered for the batch.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.folder import DemoError
from hocbaso_app.signing.keys import LocalKey

from .faults import Faults

HOST, PORT = "127.0.0.1", 8987
T = TypeVar("T")
VERSION = "1.0.0 (mô phỏng)"
CANCELLED, NO_TOKEN, WRONG_PIN, NO_CERTIFICATE, BAD_DATA = 1, 2, 3, 4, 19


class VgcaFault(str, Enum):
    """What goes wrong."""

    NOT_INSTALLED = "not-installed"
    NO_TOKEN = "no-token"
    CANCELLED = "cancelled"
    WRONG_PIN = "wrong-pin"
    NO_CERTIFICATE = "no-certificate"
    OTHER_CERTIFICATE = "other-certificate"
    WRONG_VALUE = "wrong-value"
    BROKEN_ANSWER = "broken-answer"
    NO_ANSWER = "no-answer"


_FAILURES = {
    VgcaFault.NO_TOKEN: (NO_TOKEN, "Không tìm thấy thiết bị USB Token"),
    VgcaFault.CANCELLED: (CANCELLED, "Người dùng hủy thao tác"),
    VgcaFault.WRONG_PIN: (WRONG_PIN, "Mã PIN không đúng"),
    VgcaFault.NO_CERTIFICATE: (NO_CERTIFICATE, "Không tìm thấy chứng thư số hợp lệ"),
}


class _RefusalError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = {"Status": status, "Message": message}


@dataclass
class VgcaService:
    """The signer's token and what goes wrong with it; ``other`` signs under OTHER_CERTIFICATE."""

    key: LocalKey
    other: LocalKey | None = None
    faults: Faults[VgcaFault] = field(default_factory=lambda: Faults(VgcaFault))
    asked: list[str] = field(default_factory=list)
    """Commands in the order they came."""

    @classmethod
    def for_demo(cls, name: str = "Nguyễn Thị An", citizen_id: str = "031199000001") -> VgcaService:
        """A made-up teacher's token, and another one of the same teacher."""
        ca = DemoCA.create(datetime.now(timezone.utc), name="HBS Sandbox")
        return cls(ca.person(name, citizen_id), ca.person(name, citizen_id))

    def answer(self, command: str, message: str) -> str:
        """The text that goes back for a text that came."""
        self.asked.append(command)
        if self.faults.take(VgcaFault.BROKEN_ANSWER):
            return '{"Status":0,"Signature":"'
        try:
            made = self._commands().get(command, _unknown)(message)
        except _RefusalError as failure:
            made = failure.answer
        return json.dumps(made, ensure_ascii=False)

    def _commands(self) -> dict[str, Callable[[str], dict[str, Any]]]:
        return {"SignMsg": self._sign, "GetCertInfo": self._certificate, "GetVersion": self._version}

    def _sign(self, message: str) -> dict[str, Any]:
        digest = _digest_in(message)
        self._fail(*_FAILURES)
        key = self.other if self.other and self.faults.take(VgcaFault.OTHER_CERTIFICATE) else self.key
        if self.faults.take(VgcaFault.WRONG_VALUE):
            digest = bytes(32)
        return {
            "Status": 0,
            "Message": "",
            "Signature": base64.b64encode(_value(key, digest)).decode(),
            "CertBase64": _base64(key.certificate),
        }

    def _certificate(self, message: str) -> dict[str, Any]:
        if message != "get_cert_info":
            raise _RefusalError(BAD_DATA, "Dữ liệu không hợp lệ")
        self._fail(VgcaFault.NO_TOKEN, VgcaFault.NO_CERTIFICATE)
        certificate = self.key.certificate
        return {
            "Status": 0,
            "CertInfo": {
                "Subject": certificate.subject.rfc4514_string(),
                "Base64Data": _base64(certificate),
                "ValidFrom": certificate.not_valid_before_utc.isoformat(),
                "ValidTo": certificate.not_valid_after_utc.isoformat(),
            },
        }

    def _version(self, message: str) -> dict[str, Any]:
        return {"Status": 0, "Version": VERSION}

    def _fail(self, *faults: VgcaFault) -> None:
        for fault in faults:
            if self.faults.take(fault):
                raise _RefusalError(*_FAILURES[fault])


def _unknown(message: str) -> dict[str, Any]:
    raise _RefusalError(500, "Lệnh không được hỗ trợ trong bản mô phỏng")


def _digest_in(message: str) -> bytes:
    try:
        raw = json.loads(message)
        digest = base64.b64decode(raw["HashValue"], validate=True)
        right = raw["HashAlg"].upper() == "SHA256" and raw.get("Encode", "RSA") == "RSA" and len(digest) == 32
    except (ValueError, KeyError, TypeError, AttributeError):
        right = False
    if not right:
        raise _RefusalError(BAD_DATA, "Dữ liệu không hợp lệ")
    return digest


def _value(key: LocalKey, digest: bytes) -> bytes:
    hashed = Prehashed(hashes.SHA256())
    if isinstance(key.private_key, rsa.RSAPrivateKey):
        return key.private_key.sign(digest, padding.PKCS1v15(), hashed)
    return key.private_key.sign(digest, ec.ECDSA(hashed))


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def make_tls(folder: Path) -> Path:
    """A self-made certificate for loopback; gives the PEM that a client must trust, its key lies beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VGCA Sign Service (mô phỏng)")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(HOST))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "vgca.pem", folder / "vgca.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return certificate_file


@contextmanager
def running(service: VgcaService, port: int = 0, *, tls: Path | None = None) -> Iterator[str]:
    """The service in a thread; gives its address: ``wss`` with what :func:`make_tls` gave, else plain ``ws``."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def wait_for(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    try:
        listening = wait_for(_listen(service, port, tls))
        try:
            yield f"{'wss' if tls else 'ws'}://{HOST}:{listening.sockets[0].getsockname()[1]}"
        finally:
            wait_for(_stop(listening))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(service: VgcaService, port: int, tls: Path | None) -> Any:
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.exceptions import ConnectionClosed

    async def handle(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            message = await socket.recv()
            if service.faults.take(VgcaFault.NO_ANSWER):
                await socket.wait_closed()
            command = socket.request.path.strip("/") if socket.request else ""
            await socket.send(service.answer(command, message if isinstance(message, str) else message.decode()))

    def drop(socket: ServerConnection, request: object) -> None:
        if service.faults.take(VgcaFault.NOT_INSTALLED):
            socket.transport.abort()

    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls, tls.with_suffix(".key"))
    return await serve(handle, HOST, port, ssl=context, process_request=drop, compression=None)


async def _stop(listening: Any) -> None:
    listening.close()
    await listening.wait_closed()


def serve(port: int, faults: Sequence[str]) -> None:
    """For ``hocbaso sandbox --signer vgca``: until Ctrl-C, with a made-up teacher's key."""
    service = VgcaService.for_demo()
    service.faults.switch_all(faults)
    with tempfile.TemporaryDirectory(prefix="hocbaso-vgca-") as folder:
        tls = make_tls(Path(folder))
        try:
            with running(service, port, tls=tls) as address:
                print(f"{address}  (Ctrl-C để dừng; chứng thư của dịch vụ: {tls})", flush=True)
                Event().wait()
        except OSError as error:
            raise DemoError("PORT_IN_USE", f"Không mở được cổng {port}; hãy chọn --port khác.", str(error)) from error
        except KeyboardInterrupt:
            print("Đã dừng.")

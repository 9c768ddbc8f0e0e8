"""VGCA Sign Service: a program on the signer's machine that holds his token and asks him for the PIN.

One WebSocket on loopback per message: connect to ``<address>/<Command>``, send one
text, receive one text, close. The desk's page speaks the same messages from the
browser; :func:`sign_request`, :func:`certificate_of` and :func:`value_of` are
what both need. What is confirmed of the protocol and what is assumed stands in
docs/keys.md and, for each message, in :mod:`hocbaso_app.demo.signers.vgca`.

Settings: ``address`` (default :data:`ADDRESS`), ``ca`` (PEM file, where the
service's own certificate is not in the machine's store), ``patience`` (seconds
for one confirmation).
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import ssl
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from .source import KeySourceError, Secrets, SourceDescription, gathered
from .values import require_allowed, right_value, sha256

ADDRESS = "wss://127.0.0.1:8987"
PATIENCE = 120.0
MAX_ANSWER = 1 << 20
SIGN, CERTIFICATE, VERSION = "SignMsg", "GetCertInfo", "GetVersion"
CERTIFICATE_REQUEST, VERSION_REQUEST = "get_cert_info", "get_version"

_MISSING = (
    "Chưa nối được với VGCA Sign Service trên máy này. Hãy mở phần mềm (biểu tượng V cạnh đồng hồ) rồi ký lại; chưa có "
    "thì cài từ trang của Ban Cơ yếu."
)
_REASONS = {
    1: ("REFUSED_BY_SIGNER", "Thao tác ký đã bị hủy trên cửa sổ của VGCA Sign Service. Hãy ký lại khi sẵn sàng."),
    2: (
        "TOKEN_REMOVED",
        "VGCA Sign Service không thấy thiết bị ký. Hãy cắm USB token, đợi đèn sáng rồi ký tiếp.",
    ),
    3: (
        "PIN_WRONG",
        "Mã PIN không đúng hoặc thiết bị đã bị khóa. Hãy nhập lại thật cẩn thận; bị khóa thì liên hệ nơi cấp thiết bị.",
    ),
    4: (
        "KEY_UNKNOWN",
        "Thiết bị không có chứng thư số còn hiệu lực. Hãy kiểm tra đã cắm đúng thiết bị, hoặc liên hệ nơi cấp.",
    ),
}


class PluginKey:
    """The key behind the plug-in; its PIN is asked by the plug-in itself."""

    def __init__(self, address: str = ADDRESS, *, ca: Path | None = None, patience: float = PATIENCE) -> None:
        """Asks for the certificate at once; PLUGIN_MISSING when nobody answers."""
        self._address = _on_loopback(address)
        self._ca = ca
        self._patience = patience
        self._tls = _trusting(ca) if address.startswith("wss:") else None
        self.certificate = certificate_of(self.ask(CERTIFICATE, CERTIFICATE_REQUEST))
        self.chain: tuple[x509.Certificate, ...] = ()

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        """See :class:`~.source.KeySource`."""
        return gathered(self.each(to_be_signed))

    def each(self, to_be_signed: Iterable[bytes]) -> Iterator[bytes]:
        """See :class:`~.source.SteadyKeySource`; the plug-in signs one hash a message and remembers its PIN."""
        for item in to_be_signed:
            yield value_of(self.ask(SIGN, sign_request(item)), self.certificate, item)

    def ask(self, command: str, message: str) -> str:
        """One message to the plug-in and its answer, whatever that is."""
        return asyncio.run(self._ask(command, message))

    async def _ask(self, command: str, message: str) -> str:
        connect, WebSocketException = _websockets()  # noqa: N806
        try:
            async with connect(
                f"{self._address}/{command}",
                ssl=self._tls,
                proxy=None,
                open_timeout=5,
                close_timeout=2,
                max_size=MAX_ANSWER,
                compression=None,
            ) as socket:
                await socket.send(message)
                answer = await asyncio.wait_for(socket.recv(), self._patience)
        except ssl.SSLCertVerificationError as error:
            raise KeySourceError(
                "PLUGIN_MISSING",
                "Máy không tin chứng thư của VGCA Sign Service. Hãy cài lại phần mềm đó, hoặc chỉ ra chứng thư của nó "
                "(ca).",
                f"{self._address}: {error}",
            ) from error
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise KeySourceError(
                "TIMED_OUT",
                "VGCA Sign Service chưa trả lời. Hãy xem có cửa sổ nhập PIN đang chờ không, rồi ký tiếp.",
                f"{self._address}: no answer to {command}",
            ) from error
        except (OSError, WebSocketException) as error:
            raise KeySourceError("PLUGIN_MISSING", _MISSING, f"{self._address}: {error}") from error
        return answer if isinstance(answer, str) else answer.decode("utf-8", "replace")

    def version(self) -> str:
        """What the plug-in says of its version; for the list of what is on a machine."""
        return str(_read(self.ask(VERSION, VERSION_REQUEST)).get("Version", ""))


def sign_request(item: bytes) -> str:
    """The text that has ``item`` signed."""
    return hash_request(sha256(item))


def hash_request(digest: bytes) -> str:
    """The text that has a SHA-256 signed."""
    return json.dumps({"HashAlg": "SHA256", "HashValue": base64.b64encode(digest).decode(), "Encode": "RSA"})


def certificate_of(answer: str) -> x509.Certificate:
    """The certificate in an answer to GetCertInfo; :class:`KeySourceError`."""
    info = _read(answer).get("CertInfo")
    certificate = _certificate(info.get("Base64Data")) if isinstance(info, dict) else None
    if certificate is None:
        raise _broken("no certificate in the answer to GetCertInfo")
    require_allowed(certificate)
    return certificate


def value_of(answer: str, certificate: x509.Certificate, item: bytes) -> bytes:
    """The value in an answer to SignMsg, verified over ``item``; :class:`KeySourceError`."""
    raw = _read(answer)
    try:
        value = base64.b64decode("".join(raw["Signature"].split()), validate=True)
    except (KeyError, AttributeError, ValueError) as error:
        raise _broken("no signature in the answer to SignMsg") from error
    right = right_value(certificate, item, value)
    if right is not None:
        return right
    said = raw.get("CertBase64")
    if said and _certificate(said) != certificate:
        raise KeySourceError(
            "CERTIFICATE_CHANGED",
            "Chữ ký được tạo bằng chứng thư số khác với chứng thư số đã chọn. Hãy cắm đúng thiết bị của mình, chọn lại "
            "chứng thư số rồi ký tiếp.",
            "the plug-in signed with another certificate",
        )
    raise KeySourceError(
        "VALUE_WRONG",
        "Giá trị chữ ký không khớp với chứng thư số. Hãy kiểm tra đã chọn đúng chứng thư số rồi ký lại.",
        "the plug-in's value does not verify with the certificate",
    )


def open_source(
    description: SourceDescription, secrets: Secrets, certificate: x509.Certificate | None = None
) -> PluginKey:
    """The plug-in of this machine."""
    settings = description.settings
    ca = settings.get("ca")
    return PluginKey(
        settings.get("address") or ADDRESS,
        ca=Path(ca) if ca else None,
        patience=float(settings.get("patience") or PATIENCE),
    )


def _read(answer: str) -> dict[str, Any]:
    try:
        raw = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise _broken("the answer is not JSON") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("Status"), int):
        raise _broken("the answer has no status")
    if raw["Status"] != 0:
        said = str(raw.get("Message") or raw.get("Error") or "")[:200]
        code, sentence = _REASONS.get(
            raw["Status"],
            (
                "SERVICE_ANSWER",
                f"VGCA Sign Service báo lỗi {raw['Status']}: “{said}”. Hãy làm theo thông báo đó rồi ký tiếp.",
            ),
        )
        raise KeySourceError(code, sentence, f"status {raw['Status']}: {said}")
    return raw


def _broken(why: str) -> KeySourceError:
    return KeySourceError(
        "SERVICE_ANSWER",
        "VGCA Sign Service trả lời không đọc được. Hãy đóng, mở lại phần mềm rồi ký tiếp; nếu lặp lại, cài bản mới.",
        why,
    )


def _certificate(text: object) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(base64.b64decode(str(text)))
    except ValueError:
        return None


def _on_loopback(address: str) -> str:
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if not near or parts.scheme not in {"ws", "wss"}:
        raise KeySourceError(
            "PLUGIN_MISSING",
            f"Địa chỉ {address} không phải phần mềm ký trên máy này. Hãy dùng {ADDRESS}.",
            f"{address} is not a WebSocket on loopback",
        )
    return address.rstrip("/")


def _websockets() -> tuple[Any, type[Exception]]:
    try:
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException
    except ImportError as error:
        raise KeySourceError(
            "DRIVER_MISSING",
            "Máy này chưa có thư viện nối với phần mềm ký. Hãy cài: pip install 'hocbaso_app[plugin]'.",
            f"the extra “plugin” is not installed: {error}",
        ) from error
    return connect, WebSocketException


def _trusting(ca: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca) if ca else None)

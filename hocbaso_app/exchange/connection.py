"""How one reaches the portal: whom TLS trusts, the school's own client certificate, a proxy on the way out."""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from requests.adapters import HTTPAdapter

from hocbaso_app.record.errors import HocBaSoError


class ConnectionSettingsError(HocBaSoError):
    """Settings with which no connection can be made; nothing was sent."""


@dataclass(frozen=True)
class ClientCertificate:
    """What the school shows when the portal asks who connects (PEM); the key is protected by a password."""

    certificate: bytes
    key: bytes = field(repr=False)
    password: str = field(repr=False)

    def check(self, now: datetime | None = None) -> None:
        """:class:`ConnectionSettingsError` that says what to do, unless both belong together and are in force."""
        now = now or datetime.now(timezone.utc)
        try:
            chain = x509.load_pem_x509_certificates(self.certificate)
        except ValueError as error:
            raise _wrong("CERTIFICATE_FILE", "Tệp chứng thư kết nối không phải PEM; xin lại tệp .pem/.crt.") from error
        if b"ENCRYPTED" not in self.key:
            raise _wrong("KEY_UNPROTECTED", "Tệp khóa chưa đặt mật khẩu; chỉ nhận tệp khóa có mật khẩu bảo vệ.")
        key = self._open_key()
        spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if key.public_key().public_bytes(*spki) != chain[0].public_key().public_bytes(*spki):
            raise _wrong("KEY_MISMATCH", "Tệp khóa không phải của chứng thư kết nối này; gắn đúng cặp tệp.")
        if not chain[0].not_valid_before_utc <= now <= chain[0].not_valid_after_utc:
            until = chain[0].not_valid_after_utc.strftime("%d/%m/%Y")
            raise _wrong("CERTIFICATE_EXPIRED", f"Chứng thư kết nối hết hạn {until}; xin Sở cấp chứng thư mới.")

    def _open_key(self) -> Any:
        try:
            return load_pem_private_key(self.key, self.password.encode())
        except (ValueError, TypeError) as error:
            raise _wrong("KEY_PASSWORD", "Không mở được tệp khóa: sai mật khẩu hoặc sai tệp. Nhập lại.") from error

    def load_into(self, context: ssl.SSLContext) -> None:
        """OpenSSL reads files only; the key lies there a moment, under a password of that moment."""
        password = secrets.token_urlsafe(24)
        protected = BestAvailableEncryption(password.encode())
        key = self._open_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protected)
        handle, name = tempfile.mkstemp(prefix="hbs-", suffix=".pem")
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.certificate + b"\n" + key)
            context.load_cert_chain(path, password=password)
        finally:
            path.unlink()


@dataclass(frozen=True)
class Proxy:
    """A proxy on the way out; ``address`` without user and password."""

    address: str
    user_name: str = ""
    password: str = field(default="", repr=False)

    def check(self) -> None:
        """:class:`ConnectionSettingsError` for an address that is none, or that carries a secret."""
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _wrong("PROXY_ADDRESS", "Địa chỉ proxy viết dạng http://máy-chủ:cổng.")
        if parts.username or parts.password:
            raise _wrong("PROXY_SECRET", "Không viết tài khoản vào địa chỉ proxy; nhập vào ô tên và mật khẩu proxy.")

    @property
    def url(self) -> str:
        """With user and password, for the session only."""
        if not self.user_name:
            return self.address
        parts = urlsplit(self.address)
        account = f"{quote(self.user_name, safe='')}:{quote(self.password, safe='')}"
        return urlunsplit(parts._replace(netloc=f"{account}@{parts.netloc}"))


@dataclass(frozen=True)
class Connection:
    """Everything about the way. ``authority``: PEM of the roots of a portal outside the public ones."""

    verify: bool = True
    authority: bytes = b""
    client: ClientCertificate | None = None
    proxy: Proxy | None = None

    def open(self, session: requests.Session) -> requests.Session:
        """The same session, going this way; the environment's proxies are not used once one is set."""
        if self.client is not None:
            self.client.check()
        context = self._context()
        session.verify = self.verify
        session.mount("https://", _TlsAdapter(context, own_roots=bool(self.authority)))
        if self.proxy is not None:
            self.proxy.check()
            session.trust_env = False
            session.proxies = {"http": self.proxy.url, "https": self.proxy.url}
        return session

    def check(self) -> None:
        """:class:`ConnectionSettingsError` when it can't work."""
        self.open(requests.Session()).close()

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cadata=self.authority.decode() or None)
        except (ssl.SSLError, ValueError) as error:
            raise _wrong("AUTHORITY_FILE", "Tệp chứng thư gốc của cổng không phải PEM; xin Sở tệp đúng.") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.client is not None:
            self.client.load_into(context)
        return context


class _TlsAdapter(HTTPAdapter):
    """Uses our context, directly and through a proxy; with roots of our own no public list is added to it."""

    def __init__(self, context: ssl.SSLContext, *, own_roots: bool) -> None:
        self._context = context
        self._own_roots = own_roots
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=self._context, **more)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **more)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        pool["ssl_context"] = self._context
        if self._own_roots:
            pool.pop("ca_certs", None)
            pool.pop("ca_cert_dir", None)
        return host, pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        if not (self._own_roots and verify):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]


def _wrong(code: str, message_vi: str) -> ConnectionSettingsError:
    return ConnectionSettingsError(code, message_vi, code.lower().replace("_", " "))

"""TLS on this machine: a made-up authority, a portal that asks who connects, a proxy that asks for an account."""

from __future__ import annotations

import base64
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from werkzeug.serving import WSGIRequestHandler, make_server

KEY_PASSWORD = "mat-khau-khoa-thu-nghiem"


@dataclass
class Pair:
    """A certificate and its key as PEM; ``key`` is protected by :data:`KEY_PASSWORD`, ``open_key`` is not."""

    certificate: bytes
    key: bytes
    open_key: bytes


class Authority:
    """A root that exists for one test."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self._name, self._key.public_key(), timedelta(days=30))
        builder = builder.add_extension(x509.BasicConstraints(True, None), True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, True)
        self.root = builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def _builder(self, name: x509.Name, key: Any, life: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        begin, end = now - timedelta(days=2), now + life
        identifier = x509.SubjectKeyIdentifier.from_public_key(key)
        return builder.not_valid_before(begin).not_valid_after(end).add_extension(identifier, False)

    def issue(self, name: str, host: str | None = None, life: timedelta = timedelta(days=2)) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key.public_key(), life)
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = builder.add_extension(authority, False).sign(self._key, SHA256())
        form = (Encoding.PEM, PrivateFormat.PKCS8)
        return Pair(
            certificate.public_bytes(Encoding.PEM),
            key.private_bytes(*form, BestAvailableEncryption(KEY_PASSWORD.encode())),
            key.private_bytes(*form, NoEncryption()),
        )


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        return


@contextmanager
def tls_server(app: Any, own: Pair, folder: Path, clients: bytes | None = None) -> Iterator[str]:
    """Serves a WSGI application over TLS; ``clients``: the root whose certificates it asks for."""
    pem = folder / "server.pem"
    pem.write_bytes(own.certificate + own.open_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    if clients:
        context.load_verify_locations(cadata=clients.decode())
        context.verify_mode = ssl.CERT_REQUIRED
    made = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context, request_handler=_Quiet)
    thread = Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


@dataclass
class SeenByProxy:
    """What a proxy was asked: first lines, and the accounts that came along."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)


@contextmanager
def proxy_server(account: str | None = None) -> Iterator[SeenByProxy]:
    """A forward proxy for CONNECT; ``account``: ``user:password`` that it wants."""
    seen = SeenByProxy()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            first = self.rfile.readline().decode().strip()
            headers: dict[str, str] = {}
            while line := self.rfile.readline().decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            seen.asked.append(first)
            given = headers.get("proxy-authorization", "").removeprefix("Basic ")
            seen.accounts.append(base64.b64decode(given).decode())
            if account and seen.accounts[-1] != account:
                self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            host, _, port = first.split()[1].rpartition(":")
            with socket.create_connection((host, int(port)), 5) as other:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pass_on(self.connection, other)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as made:
        made.daemon_threads = True
        seen.address = f"http://127.0.0.1:{made.server_address[1]}"
        thread = Thread(target=made.serve_forever, daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            made.shutdown()
            thread.join()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    ends = {one: other, other: one}
    while True:
        ready, _, _ = select.select(list(ends), [], [], 10)
        if not ready:
            return
        for end in ready:
            data = end.recv(65536)
            if not data:
                return
            ends[end].sendall(data)


@contextmanager
def cutting_server(own: Pair, folder: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Takes one whole request over TLS and cuts the connection without an answer."""
    pem = folder / "cutting.pem"
    pem.write_bytes(own.certificate + own.open_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    taken: list[bytes] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with context.wrap_socket(self.request, server_side=True) as secure:
                taken.append(secure.recv(65536))
                plain = secure.detach()
                socket.socket(fileno=plain).close()

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as made:
        made.daemon_threads = True
        thread = Thread(target=made.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{made.server_address[1]}", taken
        finally:
            made.shutdown()
            thread.join()

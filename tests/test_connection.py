"""The way to the portal: real TLS with a made-up authority, client certificate, proxy, and what goes wrong there."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from portal_world import PASSWORD, USER, PortalWorld, records
from sample_records import SCHOOL
from werkzeug.wrappers import Response

from hocbaso_app.exchange.client import Endpoint, PortalClient
from hocbaso_app.exchange.connection import ClientCertificate, Connection, ConnectionSettingsError, Proxy
from hocbaso_app.exchange.errors import UncertainError, UnreachableError
from hocbaso_app.exchange.failures import ACCOUNT
from hocbaso_app.exchange.outbox import State
from hocbaso_app.tests.tls import KEY_PASSWORD, Authority, SeenByProxy, cutting_server, proxy_server, tls_server

AUTHORITY, STRANGER = Authority("Sở thử nghiệm"), Authority("Người lạ")
SERVER, SCHOOLS = AUTHORITY.issue("cong", "127.0.0.1"), AUTHORITY.issue("truong")
OWN = ClientCertificate(SCHOOLS.certificate, SCHOOLS.key, KEY_PASSWORD)


@pytest.fixture
def strict(city: PortalWorld, tmp_path: Path) -> Iterator[str]:
    """The portal over TLS; it asks who connects."""
    with tls_server(city.app, SERVER, tmp_path, clients=AUTHORITY.root) as address:
        yield address


@pytest.fixture
def proxy() -> Iterator[SeenByProxy]:
    with proxy_server("truong:bi mat@9") as seen:
        yield seen


def client(address: str, way: Connection) -> PortalClient:
    endpoint = Endpoint(address, USER, PASSWORD, SCHOOL, 2025, (2.0, 5.0), question_attempts=1)
    return PortalClient(endpoint, way.open(requests.Session()))


def failure(address: str, way: Connection) -> UnreachableError:
    with pytest.raises(UnreachableError) as caught:
        client(address, way).query_submission("m")
    return caught.value


def test_records_go_over_tls_with_the_schools_certificate_through_the_proxy(
    city: PortalWorld, strict: str, proxy: SeenByProxy
) -> None:
    way = Connection(authority=AUTHORITY.root, client=OWN, proxy=Proxy(proxy.address, "truong", "bi mat@9"))
    box = city.outbox(list(records(2)))
    assert city.dispatcher(box, client(strict, way)).drain(20) == 0
    assert {row.state for row in box.rows()} == {State.ACKNOWLEDGED}
    assert {line.split()[:2] == ["CONNECT", strict.removeprefix("https://")] for line in proxy.asked} == {True}
    assert set(proxy.accounts) == {"truong:bi mat@9"}


def test_without_or_with_a_strangers_certificate_nothing_goes(strict: str, city: PortalWorld) -> None:
    other = STRANGER.issue("nguoi-la")
    strange = ClientCertificate(other.certificate, other.key, KEY_PASSWORD)
    for given in (None, strange):
        error = failure(strict, Connection(authority=AUTHORITY.root, client=given))
        assert error.code in ("CLIENT_CERTIFICATE", "CONNECTION_CUT") and ACCOUNT in error.message_vi
    assert client(strict, Connection(authority=AUTHORITY.root, client=OWN)).query_submission("m") is None


def test_a_web_server_in_front_says_it_over_http(city: PortalWorld, tmp_path: Path) -> None:
    text = b"<html><h1>400 Bad Request</h1>No required SSL certificate was sent</html>"
    with tls_server(Response(text, 400), SERVER, tmp_path) as address:
        assert failure(address, Connection(authority=AUTHORITY.root)).code == "CLIENT_CERTIFICATE"


def test_a_portal_with_a_strangers_certificate_gets_nothing(city: PortalWorld, tmp_path: Path) -> None:
    for own in (STRANGER.issue("cong", "127.0.0.1"), AUTHORITY.issue("cong", "127.0.0.2")):
        with tls_server(city.app, own, tmp_path) as address:
            error = failure(address, Connection(authority=AUTHORITY.root))
            assert error.code == "SERVER_UNTRUSTED" and "chưa gửi gì" in error.message_vi
            assert client(address, Connection(verify=False)).query_submission("m") is None, "a trial may"
    with tls_server(city.app, SERVER, tmp_path) as address:
        assert failure(address, Connection()).code == "SERVER_UNTRUSTED", "the public roots do not know it"


@pytest.mark.parametrize("given", [("", ""), ("truong", "sai"), ("truong", "")])
def test_a_proxy_that_refuses_the_account(strict: str, proxy: SeenByProxy, given: tuple[str, str]) -> None:
    error = failure(strict, Connection(authority=AUTHORITY.root, client=OWN, proxy=Proxy(proxy.address, *given)))
    assert error.code == "PROXY_LOGIN" and "mật khẩu proxy" in error.message_vi
    assert "sai" not in str(error)


def test_a_proxy_that_is_not_there(strict: str) -> None:
    error = failure(strict, Connection(authority=AUTHORITY.root, proxy=Proxy("http://127.0.0.1:9", "u", "bi-mat-9")))
    assert error.code == "PROXY_UNREACHABLE" and "bi-mat-9" not in str(error)


def test_cut_off_after_the_request_is_uncertain_not_unsent(tmp_path: Path) -> None:
    with cutting_server(SERVER, tmp_path) as (address, taken):
        way = Connection(authority=AUTHORITY.root)
        transport = client(address, way)._transport
        with pytest.raises(UncertainError):
            transport.post("/api/hoc-ba/nop", {"a": 1})
    assert taken and taken[0].startswith(b"POST /api/hoc-ba/nop")


def _pair(**changes: bytes) -> ClientCertificate:
    return replace(OWN, **changes)  # type: ignore[arg-type]


OLD = AUTHORITY.issue("truong", life=timedelta(days=-1))


@pytest.mark.parametrize(
    ("given", "code", "what_to_do"),
    [
        (replace(OWN, password="sai"), "KEY_PASSWORD", "Nhập lại"),
        (_pair(key=SCHOOLS.open_key), "KEY_UNPROTECTED", "có mật khẩu"),
        (_pair(key=AUTHORITY.issue("khac").key), "KEY_MISMATCH", "đúng cặp tệp"),
        (_pair(certificate=b"khong phai PEM"), "CERTIFICATE_FILE", ".pem"),
        (ClientCertificate(OLD.certificate, OLD.key, KEY_PASSWORD), "CERTIFICATE_EXPIRED", "chứng thư mới"),
    ],
)
def test_wrong_files_are_said_before_anything_is_sent(given: ClientCertificate, code: str, what_to_do: str) -> None:
    with pytest.raises(ConnectionSettingsError) as caught:
        Connection(client=given).check()
    assert caught.value.code == code and what_to_do in caught.value.message_vi


@pytest.mark.parametrize("address", ["proxy:8080", "ftp://proxy", "http://u:p@proxy:8080"])
def test_proxy_addresses(address: str) -> None:
    with pytest.raises(ConnectionSettingsError):
        Connection(proxy=Proxy(address)).check()


def test_the_key_never_lies_open_and_secrets_are_in_no_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read: list[bytes] = []

    class Watched(ssl.SSLContext):
        def load_cert_chain(self, certfile: Path, keyfile: None = None, password: str = "") -> None:  # type: ignore[override]
            read.append(Path(certfile).read_bytes())
            assert Path(certfile).stat().st_mode & 0o077 == 0
            super().load_cert_chain(certfile, keyfile, password)

    OWN.load_into(Watched(ssl.PROTOCOL_TLS_CLIENT))
    assert b"ENCRYPTED PRIVATE KEY" in read[0] and OWN.key.split(b"\n")[1] not in read[0]
    assert list(tmp_path.iterdir()) == []
    way = Connection(client=OWN, proxy=Proxy("http://proxy:8080", "truong", "bi mat@9"))
    assert KEY_PASSWORD not in repr(way) and "bi mat@9" not in repr(way) and "PRIVATE" not in repr(way)

"""Revocation data over HTTP: what is asked, what is believed, what is kept; faults of servers and of the network."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.revocation import RevocationApp, RevocationFault, RevocationService
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.signing.revocation import Limits, Outcome, Web, fetch, keep, remembered, states
from hocbaso_app.signing.revocation.fetch import to_data
from hocbaso_app.signing.revocation.web import WebError
from hocbaso_app.signing.trust import TrustError, TrustStore

NOW = datetime(2026, 5, 29, 3, tzinfo=timezone.utc)
DAY = timedelta(days=1)
WHO = ("Nguyễn Thị An", "031199000001")


class World:
    """Authorities that answer over HTTP, and a trust folder whose lists are about to run out."""

    def __init__(self, app: RevocationApp, address: str, folder: Path) -> None:
        self.now = NOW
        self.app, self.folder = app, folder
        self.ca = DemoCA.create(NOW, address=address)
        self.service = app.service = RevocationService(self.ca, lambda: self.now)
        self.ca.write_trust(folder, ())
        for name in ("root", "persons", "organisations"):
            authority = next(a for a in self.ca.authorities if a.name == name)
            (folder / "crls" / f"{name}.crl").write_bytes(authority.crl(NOW - DAY, days=2))
        self.web = Web(Limits(crl=1 << 20, ocsp=1 << 16, connect=2, read=2, whole=5))
        self.web.session.trust_env = False

    @property
    def trust(self) -> TrustStore:
        return TrustStore.load(self.folder, at=self.now)

    def fetch(self, *certificates: x509.Certificate) -> list[Outcome]:
        trust = TrustStore.load(self.folder, at=self.now, fresh=False)
        outcomes = fetch(certificates, trust, self.now, self.web, remembered(self.folder))
        keep(self.folder, outcomes, self.now)
        return outcomes


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    app = RevocationApp(None)  # type: ignore[arg-type]
    with running(app) as address:
        yield World(app, address, tmp_path)


def codes(outcomes: list[Outcome], kind: str) -> set[str | None]:
    return {one.code for one in outcomes if one.kind == kind}


def test_everything_for_the_paths_is_asked_once_and_kept(world: World) -> None:
    teacher = world.ca.person(*WHO, algorithm="ec").certificate
    school = world.ca.organisation("Trường", "0209999901", algorithm="ec").certificate
    outcomes = world.fetch(teacher, school, teacher)
    assert all(one.ok for one in outcomes), outcomes
    asked = [one for one in world.app.asked if one.endswith(".crl")]
    assert sorted(asked) == ["GET /organisations.crl", "GET /persons.crl", "GET /root.crl"]
    assert world.app.asked.count("POST /ocsp") == 5  # teacher, school, department and two authorities
    assert len(list((world.folder / "ocsps").glob("*.ors"))) == 5
    world.now = NOW + 3 * DAY  # what lay there at first has run out
    assert world.trust.paths.check(teacher, world.now).ok
    assert world.trust.paths.holds_until(teacher, world.now) == NOW + 7 * DAY


def test_an_unchanged_list_is_not_sent_again(world: World) -> None:
    first = [one for one in world.fetch() if one.kind == "crl"]
    assert not any(one.unchanged for one in first)
    again = [one for one in world.fetch() if one.kind == "crl"]
    assert again and all(one.ok and one.unchanged and one.data is None for one in again)
    assert {one.until for one in again} == {one.until for one in first}
    files = set((world.folder / "crls").iterdir())
    world.now = NOW + 4 * DAY
    anew = [one for one in world.fetch() if one.kind == "crl"]
    assert all(one.ok and not one.unchanged for one in anew)
    world.now = NOW + 8 * DAY
    world.fetch()
    gone = files - set((world.folder / "crls").iterdir())
    assert len(gone) == len(first), "superseded and run out"
    assert {path.name for path in files - gone} >= {"root.crl", "persons.crl"}, "not put there by us"


def test_a_revocation_arrives(world: World) -> None:
    teacher = world.ca.person(*WHO, algorithm="ec").certificate
    world.fetch(teacher)
    assert world.trust.paths.check(teacher, world.now).ok
    world.now = NOW + DAY
    world.ca.revoke(teacher, NOW + DAY / 2)
    assert world.trust.paths.check(teacher, world.now).ok  # nobody knows yet
    world.fetch(teacher)
    result = world.trust.paths.check(teacher, world.now)
    assert result.sub_indication == "REVOKED"
    assert world.trust.paths.check(teacher, NOW).ok


@pytest.mark.parametrize(
    ("fault", "crl", "ocsp"),
    [
        (RevocationFault.DOWN, "REVOCATION_UNREACHABLE", "REVOCATION_UNREACHABLE"),
        (RevocationFault.REDIRECT, "REVOCATION_UNREACHABLE", "REVOCATION_UNREACHABLE"),
        (RevocationFault.HUGE, "REVOCATION_UNREACHABLE", "REVOCATION_UNREACHABLE"),
        (RevocationFault.PAGE, "NOT_A_CRL", "NOT_OCSP"),
        (RevocationFault.FORGED, "CRL_FORGED", "OCSP_FORGED"),
        (RevocationFault.STALE, "RAN_OUT", "RAN_OUT"),
        (RevocationFault.OTHER_CERTIFICATE, None, "OCSP_OTHER"),
        (RevocationFault.UNKNOWN, None, "OCSP_UNKNOWN"),
    ],
)
def test_what_can_t_be_relied_on_is_not_kept(
    world: World, fault: RevocationFault, crl: str | None, ocsp: str | None
) -> None:
    teacher = world.ca.person(*WHO, algorithm="ec").certificate
    before = {path.name for path in world.folder.glob("crls/*")}
    world.service.switch(fault)
    outcomes = world.fetch(teacher)
    assert codes(outcomes, "crl") == {crl}
    assert codes(outcomes, "ocsp") == {ocsp}
    assert all(one.message_vi and one.message_en for one in outcomes if not one.ok)
    if crl is not None:
        assert {path.name for path in world.folder.glob("crls/*")} == before
    assert not list(world.folder.glob("ocsps/*"))
    assert to_data([one for one in outcomes if not one.ok]).to_bytes() == b"\x83\x80\x80\x80"
    assert world.trust.paths.check(teacher, world.now).ok  # what was at hand still counts
    world.service.switch(fault, 0)
    assert all(one.ok for one in world.fetch(teacher))


def test_an_older_list_never_replaces_a_newer_one(world: World) -> None:
    world.fetch()
    world.service._published = {
        name: (world.now, 0, authority.crl(NOW - 5 * DAY, days=30))
        for name, authority in zip(("root", "persons", "organisations"), world.ca.authorities, strict=True)
    }
    (world.folder / "fetched.json").unlink()
    assert codes(world.fetch(), "crl") == {"CRL_OLDER"}


def test_nobody_asks_where_a_stranger_s_certificate_points(world: World) -> None:
    stranger = DemoCA.create(NOW, address=world.app.service.ca.root.address).person(*WHO, algorithm="ec").certificate
    world.fetch()
    before = len(world.app.asked)
    world.fetch(stranger)
    asked = world.app.asked[before:]
    assert asked.count("POST /ocsp") == 3  # of our own two authorities and the department


def test_only_plain_web_addresses_and_listed_hosts_are_asked(world: World) -> None:
    for address in ("file:///etc/hostname", "ldap://x/y", "ftp://x/y", "http://user:word@127.0.0.1/", "http:///x"):
        with pytest.raises(Exception, match="only plain http") as caught:
            world.web.get(address, 10)
        assert caught.value.code == "REVOCATION_UNREACHABLE"  # type: ignore[attr-defined]
    world.web.hosts = frozenset({"crl.example.vn"})
    assert codes(world.fetch(), "crl") == {"REVOCATION_UNREACHABLE"}
    assert world.app.asked == []


def test_a_server_that_never_answers_holds_nobody_up() -> None:
    web = Web(Limits(connect=0.2, read=0.2, whole=0.5))
    web.session.trust_env = False
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Exception, match="timed out"):
        web.get(f"http://127.0.0.1:{silent.getsockname()[1]}/x", 10)


def test_a_server_that_drips_holds_nobody_up() -> None:
    web, sent = Web(Limits(connect=1, read=1, whole=0.5)), []
    web.session.trust_env = False

    def drops() -> Iterator[bytes]:
        for n in range(50):
            sent.append(n)
            time.sleep(0.1)
            yield b"x"

    answer = Request.application(lambda _: Response(drops(), headers={"Content-Length": "50"}))
    with running(answer) as address, pytest.raises(WebError, match="not all there"):
        web.get(address, 1 << 20)
    assert len(sent) < 25, "it was waited for to the end"


def test_nobody_is_sent_on_to_the_inside() -> None:
    asked: list[str] = []

    @Request.application
    def inside(request: Request) -> Response:
        asked.append(request.method)
        return Response(b"secret")

    def sending_on(place: str) -> Any:
        return Request.application(lambda request: Response(b"here") if request.path == "/here" else redirect(place))

    web = Web(Limits(connect=1, read=1, whole=5))
    web.session.trust_env = False
    with running(inside) as within:
        places = [within, within.replace("127.0.0.1", "localhost"), within.replace("127.0.0.1", "127.1")]
        places += ["http://10.1.2.3/", "http://169.254.169.254/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"]
        for place in places:
            with running(sending_on(place)) as address:
                for ask in (lambda at=address: web.get(at, 99), lambda at=address: web.post(at, b"", "a/b", 99)):
                    with pytest.raises(WebError, match="on the inside"):
                        ask()
        assert asked == []
        assert web.get(within, 99).data == b"secret"  # an address that is given is asked
        with running(sending_on(within)) as address:
            listed = Web(web.limits, web.session, frozenset({"127.0.0.1"}))
            assert listed.get(address, 99).data == b"secret"
        with running(sending_on("/here")) as address:
            assert web.get(address, 99).data == b"here"
        with running(sending_on("http://[bad/")) as address, pytest.raises(WebError):
            web.get(address, 99)


def test_the_age_of_every_list_is_known(world: World) -> None:
    known = {state.name: state for state in states(world.trust)}
    assert len(known) == 3
    assert all(state.made == NOW - DAY and state.until == NOW + DAY for state in known.values())
    assert not any(state.ran_out(NOW) for state in known.values())
    assert all(state.runs_out_soon(NOW) for state in known.values())
    assert all(state.ran_out(NOW + DAY) for state in known.values())
    teacher = world.ca.person(*WHO, algorithm="ec").certificate
    world.fetch(teacher)
    assert not any(state.runs_out_soon(NOW) for state in states(world.trust))


def test_a_folder_whose_lists_all_ran_out_recovers(world: World) -> None:
    world.now = NOW + 2 * DAY
    with pytest.raises(TrustError):
        world.trust  # noqa: B018
    world.fetch()
    assert world.trust.department_certificate
    for path in (*world.folder.glob("crls/*"), *world.folder.glob("ocsps/*")):
        path.unlink()
    world.fetch()
    assert [state.missing for state in states(world.trust)] == [False, False, True]  # nobody's person was asked for

"""RFC 3161: our client and reader against a service with faults, judged by OpenSSL and rfc3161-client too."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.tsa import POLICY, TimestampAuthority, TsaApp, TsaFault
from hocbaso_app.signing.paths import PathChecker
from hocbaso_app.signing.timestamps import TimestampClient, TimestampError, check_token, read_token
from hocbaso_app.signing.timestamps.token import TimestampToken

NOW = datetime.now(timezone.utc)
OCTETS = "Học bạ số".encode()
DIGEST = hashlib.sha256(OCTETS).digest()
CA = DemoCA.create(NOW)
TSA = TimestampAuthority.of(CA)


def paths(ca: DemoCA = CA, crls_of: datetime = NOW) -> PathChecker:
    authorities = (ca.persons, ca.organisations)
    return PathChecker(
        [ca.root.certificate.public_bytes(Encoding.DER)],
        [a.certificate.public_bytes(Encoding.DER) for a in authorities],
        [a.crl(crls_of) for a in (ca.root, *authorities)],
    )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(TsaApp(TSA)) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[TimestampClient]:
    yield TimestampClient(url, paths=paths())
    TSA.faults.clear()


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_token_over_a_digest(client: TimestampClient, algorithm: str) -> None:
    digest = hashlib.new(algorithm, OCTETS).digest()
    token = read_token(client.stamp_digest(digest, algorithm))
    assert (token.algorithm, token.imprint, token.policy) == (algorithm, digest, POLICY)
    assert abs(token.time - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert token.latest == token.time + timedelta(seconds=1)
    verdict = check_token(token, digest, paths(), datetime.now(timezone.utc))
    assert verdict.ok and verdict.time == token.latest


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (TsaFault.DOWN, "TSA_UNREACHABLE"),
        (TsaFault.REJECT, "TSA_REFUSED"),
        (TsaFault.WRONG_IMPRINT, "TSA_IMPRINT"),
        (TsaFault.WRONG_NONCE, "TSA_NONCE"),
        (TsaFault.EXPIRED, "TSA_EXPIRED"),
        (TsaFault.NOT_DER, "TSA_ANSWER"),
    ],
)
def test_what_a_service_does_wrong_is_named(client: TimestampClient, fault: TsaFault, code: str) -> None:
    TSA.switch(fault, 1)
    with pytest.raises(TimestampError) as refusal:
        client.stamp(OCTETS)
    assert refusal.value.code == code and refusal.value.message_vi
    assert client.stamp(OCTETS)


def test_nobody_there_a_web_page_another_policy_another_root_a_wrong_clock(url: str) -> None:
    with running(TsaApp(TSA)) as gone:
        pass
    stranger = paths(DemoCA.create(NOW, name="Khác"))
    late = NOW + timedelta(hours=1)
    for client, code in (
        (TimestampClient(gone, timeout=5), "TSA_UNREACHABLE"),
        (TimestampClient(url, policy="1.2.3"), "TSA_REFUSED"),
        (TimestampClient(url, paths=stranger), "TSA_NOT_TRUSTED"),
        (TimestampClient(url, clock=lambda: late), "TSA_CLOCK"),
    ):
        with pytest.raises(TimestampError) as refusal:
            client.stamp(OCTETS)
        assert refusal.value.code == code
    with pytest.raises(ValueError, match="digest"):
        TimestampClient(url).stamp_digest(b"short")


def test_no_password_over_plain_http(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str | None] = []

    def send(_session: requests.Session, request: requests.PreparedRequest, **_more: Any) -> requests.Response:
        sent.append(request.headers.get("Authorization"))
        raise requests.ConnectionError

    (tmp_path / "netrc").write_text("machine tsa.example.vn login truong password bi-mat")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with monkeypatch.context() as patched:
        patched.setattr(requests.Session, "send", send)
        for where, user, code in (
            ("http://tsa.example.vn", "trường", "TSA_ADDRESS"),
            ("http://tsa.example.vn", None, "TSA_UNREACHABLE"),
            ("https://tsa.example.vn", "trường", "TSA_UNREACHABLE"),
        ):
            with pytest.raises(TimestampError) as refusal:
                TimestampClient(where, user, "bí mật").stamp(OCTETS)
            assert refusal.value.code == code
    assert [value and value[:6] for value in sent] == [None, "Basic "]
    assert TimestampClient(url, "trường", "bí mật").stamp(OCTETS)


@pytest.mark.parametrize("torn", [True, False])
def test_an_answer_that_is_torn_off_or_drips_without_end(torn: bool) -> None:
    def drip(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/timestamp-reply"), ("Content-Length", "100000")])
        for _ in range(1 if torn else 80):
            yield b"x"
            time.sleep(0.05)

    with running(drip) as where:
        begin = time.monotonic()
        with pytest.raises(TimestampError) as refusal:
            TimestampClient(where, timeout=0.5).stamp(OCTETS)
    assert refusal.value.code == "TSA_UNREACHABLE" and time.monotonic() - begin < 3


@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_openssl_and_rfc3161_client_agree(algorithm: str, tmp_path: Path) -> None:
    authority = TimestampAuthority(CA.timestamper(algorithm=algorithm))
    token = authority.stamp_digest(DIGEST)
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "data").write_bytes(OCTETS)
    chain = b"".join(a.certificate.public_bytes(Encoding.PEM) for a in (CA.root, CA.organisations))
    (tmp_path / "ca.pem").write_bytes(chain)
    asked = ["openssl", "ts", "-verify", "-token_in", "-in", "token", "-CAfile", "ca.pem", "-data", "data"]
    assert subprocess.run(asked, cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "data").write_bytes(OCTETS + b"!")
    assert subprocess.run(asked, cwd=tmp_path, capture_output=True).returncode != 0


def test_rfc3161_client_accepts_our_service_s_answers() -> None:
    client = pytest.importorskip("rfc3161_client")
    asked = client.TimestampRequestBuilder().data(OCTETS).nonce(nonce=True).build()
    answer = client.decode_timestamp_response(TSA.answer(asked.as_bytes()))
    verifier = client.VerifierBuilder.from_request(asked).add_root_certificate(CA.root.certificate)
    assert verifier.add_intermediate_certificate(CA.organisations.certificate).build().verify_message(answer, OCTETS)


def every_octet_changed(der: bytes) -> Iterator[bytes]:
    for position in range(0, len(der), 7):
        yield der[:position] + bytes([der[position] ^ 0x04]) + der[position + 1 :]


def judged(der: bytes, at: datetime = NOW) -> TimestampToken | None:
    """The token when it is a proof, as a verifier asks."""
    try:
        token = read_token(der)
    except TimestampError:
        return None
    return token if check_token(token, DIGEST, paths(), at).ok else None


def test_a_token_with_any_signed_octet_changed_proves_nothing_else() -> None:
    good = read_token(TSA.stamp_digest(DIGEST, NOW))
    for altered in every_octet_changed(good.der):
        token = judged(altered)
        assert token is None or (token.time, token.imprint, token.certificate) == (
            good.time,
            good.imprint,
            good.certificate,
        )
    assert judged(good.der + b"\0") is None and judged(b"") is None
    assert judged(TSA.stamp_digest(hashlib.sha256(b"other").digest(), NOW)) is None


def test_certificates_that_may_not_stamp() -> None:
    person, past = CA.organisation("Trường", "0209999901", algorithm="ec"), NOW - timedelta(days=500)
    revoked = CA.timestamper(revoked_at=NOW - timedelta(days=2))
    now = NOW + timedelta(minutes=1)
    for key, at, sub_indication in (
        (person, NOW, "CHAIN_CONSTRAINTS_FAILURE"),
        (CA.timestamper(), past, "CHAIN_CONSTRAINTS_FAILURE"),
        (CA.timestamper(), NOW + timedelta(hours=1), "TRY_LATER"),
        (DemoCA.create(NOW, name="Lạ").timestamper(), NOW, "NO_CERTIFICATE_CHAIN_FOUND"),
        (revoked, NOW - timedelta(days=1), "REVOKED_NO_POE"),
    ):
        token = read_token(TimestampAuthority(key).stamp_digest(DIGEST, at))
        verdict = check_token(token, DIGEST, paths(), now)
        assert not verdict.ok and verdict.sub_indication == sub_indication, verdict
    before = read_token(TimestampAuthority(revoked).stamp_digest(DIGEST, NOW - timedelta(days=3)))
    assert check_token(before, DIGEST, paths(), NOW).undecided
    assert check_token(before, DIGEST, paths(), NOW - timedelta(days=2, hours=1)).ok


@pytest.mark.parametrize("seconds", [-1, -365 * 86400, 61])
def test_a_clock_that_is_too_bad_or_runs_backwards_proves_nothing(seconds: int) -> None:
    """A negative accuracy would date the proof before the time it was made."""
    authority = TimestampAuthority(CA.timestamper(), accuracy=timedelta(seconds=seconds))
    verdict = check_token(read_token(authority.stamp_digest(DIGEST, NOW)), DIGEST, paths(), NOW + timedelta(minutes=2))
    assert not verdict.ok and verdict.sub_indication == "SIG_CONSTRAINTS_FAILURE"


@pytest.mark.parametrize(
    "time", [b"2026052904.5000", b"202605290400.50", b"99991231235959Z", b"99990101000000Z", b"00000529040000Z"]
)
def test_a_time_that_no_clock_shows_is_no_token(time: bytes) -> None:
    """Without a zone, or so far away that nobody can compute with it."""
    plain = b"20260529040000Z"
    token = TSA.stamp_digest(DIGEST, datetime(2026, 5, 29, 4, tzinfo=timezone.utc))
    assert token.count(plain) == 1 and read_token(token)
    with pytest.raises(TimestampError, match="TOKEN_MALFORMED"):
        read_token(token.replace(plain, time))
    vague = TimestampAuthority(CA.timestamper(), accuracy=timedelta(seconds=10**12))
    with pytest.raises(TimestampError, match="TOKEN_MALFORMED"):
        read_token(vague.stamp_digest(DIGEST, NOW))


def test_a_damaged_signature_algorithm_is_no_token() -> None:
    """asn1crypto finds damage only when it reads: everything is read at once."""
    good = TSA.stamp_digest(DIGEST, NOW)
    algorithm = read_token(good)._parts[0]["signature_algorithm"]["algorithm"].dump()
    place = good.rindex(algorithm)
    with pytest.raises(TimestampError, match="TOKEN_MALFORMED"):
        read_token(good[: place + 1] + b"\x30" + good[place + 2 :])


def test_stamped_long_ago_and_known_since_then() -> None:
    """A token whose authority is long expired still proves, for who knows it from before and kept that time's CRL."""
    old = CA.timestamper(not_before=NOW - timedelta(days=2000), not_after=NOW - timedelta(days=1000))
    token = read_token(TimestampAuthority(old).stamp_digest(DIGEST, NOW - timedelta(days=1500)))
    assert check_token(token, DIGEST, paths(), NOW).sub_indication == "OUT_OF_BOUNDS_NO_POE"
    then, kept = NOW - timedelta(days=1400), paths(crls_of=NOW - timedelta(days=1100))
    assert check_token(token, DIGEST, kept, NOW).sub_indication == "OUT_OF_BOUNDS_NO_POE"
    assert check_token(token, DIGEST, kept, then).ok
    assert check_token(token, DIGEST, paths(), then).sub_indication == "TRY_LATER"

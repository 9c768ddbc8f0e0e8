"""The signing plug-in: our client against a service that speaks the protocol over a real WebSocket."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from signing_world import world

from hocbaso_app.demo.folder import DemoError
from hocbaso_app.demo.signers.faults import Faults
from hocbaso_app.demo.signers.vgca import VgcaFault, VgcaService, make_tls, running
from hocbaso_app.signing.crypto import value_is_right
from hocbaso_app.signing.keys import KeySourceError, Secrets, SourceDescription, open_source
from hocbaso_app.signing.keys.plugin import PluginKey, certificate_of, sign_request, value_of

pytest.importorskip("websockets", reason="the extra “plugin” is not installed")

TEACHER = world().teachers["homeroom"]
ITEMS = [b"hoc ba %d" % n for n in range(35)]


@pytest.fixture
def service() -> VgcaService:
    return VgcaService(TEACHER, world().principal)


@pytest.fixture
def address(service: VgcaService) -> Iterator[str]:
    with running(service) as where:
        yield where


def code_of(key: PluginKey, items: list[bytes] = ITEMS[:1]) -> str:
    with pytest.raises(KeySourceError) as caught:
        key.sign(items)
    return caught.value.code


def test_a_class_is_signed_over_tls_one_message_for_each_hash(service: VgcaService, tmp_path: Path) -> None:
    tls = make_tls(tmp_path)
    with running(service, tls=tls) as where:
        assert where.startswith("wss://127.0.0.1:")
        description = SourceDescription("plugin", {"address": where, "ca": str(tls)})
        key = open_source(description, Secrets(), TEACHER.certificate)
        values = key.sign(ITEMS)
    assert key.certificate == TEACHER.certificate
    public = TEACHER.certificate.public_key()
    assert all(value_is_right(public, item, value) for item, value in zip(ITEMS, values, strict=True))  # type: ignore[arg-type]
    assert service.asked == ["GetCertInfo", *["SignMsg"] * 35]


def test_an_ec_key_answers_in_der_and_comes_out_as_the_format_has_it() -> None:
    key = world().ca.person("Nguyễn Thị An", "031199000001", algorithm="ec")
    with running(VgcaService(key)) as where:
        (value,) = PluginKey(where).sign([b"x"])
    assert len(value) == 64 and value_is_right(key.certificate.public_key(), b"x", value)  # type: ignore[arg-type]


def test_a_service_whose_certificate_nobody_knows_is_not_believed(service: VgcaService, tmp_path: Path) -> None:
    with running(service, tls=make_tls(tmp_path)) as where, pytest.raises(KeySourceError) as caught:
        PluginKey(where)
    assert caught.value.code == "PLUGIN_MISSING"
    assert "chứng thư" in caught.value.message_vi


def test_without_the_program_the_sentence_says_what_to_start(service: VgcaService) -> None:
    with running(service) as where:
        pass
    with pytest.raises(KeySourceError) as caught:
        PluginKey(where)
    assert caught.value.code == "PLUGIN_MISSING"
    assert "Hãy mở phần mềm" in caught.value.message_vi


@pytest.mark.parametrize(
    "address",
    ["wss://example.invalid:8987", "ws://192.168.1.5:8987", "https://127.0.0.1:8987", "wss://127.0.0.1.example:1", ""],
)
def test_only_this_machine_is_ever_asked(address: str) -> None:
    with pytest.raises(KeySourceError) as caught:
        PluginKey(address)
    assert caught.value.code == "PLUGIN_MISSING"
    assert "trên máy này" in caught.value.message_vi


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (VgcaFault.NOT_INSTALLED, "PLUGIN_MISSING"),
        (VgcaFault.NO_TOKEN, "TOKEN_REMOVED"),
        (VgcaFault.CANCELLED, "REFUSED_BY_SIGNER"),
        (VgcaFault.WRONG_PIN, "PIN_WRONG"),
        (VgcaFault.NO_CERTIFICATE, "KEY_UNKNOWN"),
        (VgcaFault.OTHER_CERTIFICATE, "CERTIFICATE_CHANGED"),
        (VgcaFault.WRONG_VALUE, "VALUE_WRONG"),
        (VgcaFault.BROKEN_ANSWER, "SERVICE_ANSWER"),
        (VgcaFault.NO_ANSWER, "TIMED_OUT"),
    ],
)
def test_each_failure_has_its_code_and_afterwards_signing_goes_on(
    service: VgcaService, address: str, fault: VgcaFault, code: str
) -> None:
    key = PluginKey(address, patience=0.2)
    service.faults.switch(fault, 1)
    assert code_of(key) == code
    assert len(key.sign(ITEMS[:2])) == 2


def test_what_was_signed_before_the_token_went_is_kept_and_the_rest_goes_on(
    service: VgcaService, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = PluginKey(address)
    answer = service.answer

    def pulled_out_at_20(command: str, message: str) -> str:
        if len(service.asked) == 21:
            service.faults.switch(VgcaFault.NO_TOKEN, 1)
        return answer(command, message)

    monkeypatch.setattr(service, "answer", pulled_out_at_20)
    with pytest.raises(KeySourceError) as caught:
        key.sign(ITEMS)
    kept = caught.value.signed
    assert caught.value.code == "TOKEN_REMOVED" and len(kept) == 20
    values = [*kept, *key.sign(ITEMS[20:])]
    public = TEACHER.certificate.public_key()
    assert all(value_is_right(public, item, value) for item, value in zip(ITEMS, values, strict=True))  # type: ignore[arg-type]


def test_a_source_with_another_certificate_than_the_chosen_one_is_refused(address: str) -> None:
    with pytest.raises(KeySourceError) as caught:
        open_source(SourceDescription("plugin", {"address": address}), Secrets(), world().principal.certificate)
    assert caught.value.code == "CERTIFICATE_CHANGED"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100000,
        '{"Status":"0"}',
        '{"Status":0}',
        '{"Status":0,"Signature":5}',
        '{"Status":0,"Signature":"%%%"}',
        '{"Status":0,"CertInfo":7}',
        '{"Status":0,"CertInfo":{"Base64Data":"AAAA"}}',
    ],
)
def test_broken_answers_never_crash(answer: str) -> None:
    for read in (certificate_of, lambda text: value_of(text, TEACHER.certificate, b"x")):
        with pytest.raises(KeySourceError) as caught:
            read(answer)
        assert caught.value.code == "SERVICE_ANSWER"


def test_base64_may_be_broken_into_lines(service: VgcaService) -> None:
    raw = json.loads(service.answer("SignMsg", sign_request(b"x")))
    broken = {name: text[:64] + "\r\n" + text[64:] if name != "Status" else text for name, text in raw.items()}
    assert value_of(json.dumps(broken), TEACHER.certificate, b"x") == base64.b64decode(raw["Signature"])


def test_an_unknown_failure_is_told_in_the_services_own_words(service: VgcaService, address: str) -> None:
    raw = json.dumps({"Status": 500, "Error": "Phiên bản đã hết hạn"})
    with pytest.raises(KeySourceError) as caught:
        certificate_of(raw)
    assert "Phiên bản đã hết hạn" in caught.value.message_vi
    with pytest.raises(KeySourceError, match="500"):
        certificate_of(PluginKey(address).ask("SignPDF", "{}"))


def test_the_service_signs_nothing_but_a_sha_256(service: VgcaService) -> None:
    def status(message: str) -> int:
        return int(json.loads(service.answer("SignMsg", message))["Status"])

    assert status(sign_request(b"x")) == 0
    short = base64.b64encode(bytes(20)).decode()
    for message in ("", "5", "{}", json.dumps({"HashAlg": "SHA256", "HashValue": short, "Encode": "RSA"})):
        assert status(message) == 19
    right = json.loads(sign_request(b"x"))
    assert status(json.dumps({**right, "HashAlg": "SHA1"})) == 19
    assert status(json.dumps({**right, "Encode": "CMS"})) == 19


def test_many_pages_may_ask_at_once(service: VgcaService, address: str) -> None:
    """An integration opens one socket for each pupil of a class at the same time."""
    key = PluginKey(address)
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda n=n: got.extend(key.sign([ITEMS[n]]))) for n in range(20)]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 20


def test_faults_are_named_on_the_command_line() -> None:
    faults = Faults(VgcaFault)
    faults.switch_all(["no-token:2", "cancelled"])
    assert [faults.take(VgcaFault.NO_TOKEN) for _ in range(3)] == [True, True, False]
    assert all(faults.take(VgcaFault.CANCELLED) for _ in range(5))
    with pytest.raises(DemoError, match="not-installed"):
        faults.switch_all(["bogus"])


def test_the_sandbox_runs_the_service_until_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hocbaso_app.cli", "sandbox", "--signer", "vgca", "--port", "0"]
    done = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert done.stdout is not None
    line = done.stdout.readline()
    try:
        where, ca = line.split(" ", 1)[0], line.split("dịch vụ: ")[1].rstrip(")\n")
        (value,) = PluginKey(where, ca=Path(ca)).sign([b"x"])
        assert len(value) == 256
    finally:
        done.send_signal(signal.SIGINT)
        assert done.wait(timeout=20) == 0

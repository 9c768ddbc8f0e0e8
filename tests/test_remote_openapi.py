"""What client and simulators say to each other, against the Cloud Signature Consortium's own OpenAPI descriptions.

They are not in the repository (the consortium's licence): ``HOCBASO_VECTORS`` names a folder in which ``csc`` holds
csc_openapi_1.0.3.0.json and csc_openapi_2.1.0.1.yaml; docs/keys.md says where they were read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator
from remote_world import CLASS, CLIENT, Clock, Service, all_right, fails, subscriber

from hocbaso_app.demo.signers.csc import CscSigner
from hocbaso_app.demo.signers.csc2 import Csc2Signer
from hocbaso_app.demo.signers.serving import running

FOLDER = Path(os.environ.get("HOCBASO_VECTORS", "/nowhere")) / "csc"
NAMES = {1: "csc_openapi_1.0.3.0.json", 2: "csc_openapi_2.1.0.1.yaml"}
CONTRADICTIONS = (
    (1, "/credentials/info", "['PIN', 'format']: 'N' does not match '^(A|B)$'"),
    (1, "/credentials/info", "['OTP', 'format']: 'N' does not match '^(A|B)$'"),
    (1, "/credentials/info", "['multisign']: 20 is not of type 'boolean'"),
    (1, "/credentials/info", "['multisign']: 100 is not of type 'boolean'"),
    (1, "/credentials/info", "['key', 'curve']: '1.2.840.10045.3.1.7' is not of type 'integer'"),
    (2, "/info", "['signAlgorithms']: 'algorithm' is a required property"),
    (2, "/credentials/list", "['credentialInfos', 0]: 'authMode' is a required property"),
    (2, "/credentials/list", "['credentialInfos', 0]: 'PIN' is a required property"),
    (2, "/credentials/list", "['credentialInfos', 0]: 'OTP' is a required property"),
    (2, "/credentials/list", "['credentialInfos', 0, 'auth', 'expression']: 'PIN AND OTP' does not match"),
    (2, "/signatures/signHash", "[]: 'hash' is a required property"),
)
"""Where the descriptions contradict the specification's text, and mostly their own examples: format is A or N,
multisign a number, a curve an OID; version 2 has ``algos``, ``auth`` and ``hashes`` for these names."""
UNDESCRIBED = {(1, "/credentials/sendOTP", 204)}
"""The text says 204; the description has no good answer at all."""

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="HOCBASO_VECTORS names no folder with csc (the consortium's OpenAPI files) in it"
)


@cache
def description(version: int) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / NAMES[version]).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def faults(version: int, method: str, schema: Any, body: Any) -> list[str]:
    whole = {"$ref": "#/asked", "asked": schema, "components": description(version)["components"]}
    found = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in Draft4Validator(whole).iter_errors(body)]
    known = tuple(text for v, m, text in CONTRADICTIONS if (v, m) == (version, method))
    return [text for text in found if not text.startswith(known)] if known else found


def resolved(version: int, part: Any) -> Any:
    while isinstance(part, dict) and "$ref" in part:
        found: Any = description(version)
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


class Recording:
    """A WSGI app with its traffic written down."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.heard: list[tuple[str, Any, int, Any]] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        sent = environ["wsgi.input"].read(length)
        from io import BytesIO

        environ["wsgi.input"] = BytesIO(sent)
        status: list[str] = []

        def started(line: str, *more: Any) -> Any:
            status.append(line)
            return start_response(line, *more)

        answered = b"".join(self.app(environ, started))
        if "json" in environ.get("CONTENT_TYPE", ""):
            body = json.loads(answered) if answered else None
            self.heard.append((environ["PATH_INFO"], json.loads(sent), int(status[0][:3]), body))
        return [answered]


@contextmanager
def recorded(version: int, *people: Any, **more: Any) -> Iterator[tuple[Service, Recording]]:
    clock = Clock()
    app = (CscSigner if version == 1 else Csc2Signer)(people, CLIENT, clock, **more)
    recording = Recording(app)
    with running(recording) as address:
        yield Service(app, "csc", address + app.prefix, clock, {}), recording


def judge(version: int, recording: Recording) -> set[str]:
    """Every message against the description; the methods that were heard."""
    heard = set()
    for path, sent, status, answered in recording.heard:
        method = path.split(f"/v{version}")[-1]
        operation = description(version)["paths"][method if version == 1 else f"/v2{method}"]["post"]
        asked = resolved(version, operation["requestBody"])["content"]["application/json"]["schema"]
        assert faults(version, method, asked, sent) == [], (method, sent)
        response = resolved(version, operation["responses"].get(str(status)))
        assert response is not None or (version, method, status) in UNDESCRIBED, (method, status)
        content = (response or {}).get("content", {}).get("application/json")
        if content and answered is not None:
            assert faults(version, method, content["schema"], answered) == [], (method, status, answered)
        heard.add(f"{method} {status}")
    return heard


def sign_with_pin(version: int) -> set[str]:
    with recorded(version, subscriber("rsa", pin="1234", multisign=20)) as (at, recording):
        source = at.source(pin="1234")
        assert all_right(source, CLASS, source.sign(CLASS))
        fails("PIN_WRONG", at.source(pin="0000").ask, CLASS[:3])
        return judge(version, recording)


def sign_with_otp(version: int) -> set[str]:
    person = subscriber(pin="1234", otp="online")
    with recorded(version, person) as (at, recording):
        fails("OTP_NEEDED", at.source(pin="1234").ask, CLASS[:3])
        source = at.source(pin="1234", otp=person.code)
        assert all_right(source, CLASS[:3], source.sign(CLASS[:3]))
        return judge(version, recording)


def sign_on_the_phone(version: int) -> set[str]:
    with recorded(version, subscriber(confirms=True), phone_seconds=5) as (at, recording):
        source = at.source()
        if version == 2:
            ticket = source.ask(CLASS, "Ký lớp 1A")
            assert source.collect(ticket) is None
            at.app.phone.reply(at.app.phone.waiting()[0].id, True)
            assert all_right(source, CLASS, source.collect(ticket))
        at.app.phone.habit = True
        assert all_right(source, CLASS, source.sign(CLASS))
        at.app.phone.habit = False
        fails("REFUSED_BY_SIGNER", source.sign, CLASS)
        return judge(version, recording)


def sign_later(version: int) -> set[str]:
    with recorded(version, subscriber(pin="1234"), later=True) as (at, recording):
        source = at.source(pin="1234")
        assert all_right(source, CLASS, source.sign(CLASS))
        return judge(version, recording)


def log_in_as_a_user(version: int) -> set[str]:
    with recorded(version, subscriber(pin="1234"), auth_types=["basic"]) as (at, recording):
        source = at.source(pin="1234")
        assert all_right(source, CLASS, source.sign(CLASS))
        return judge(version, recording)


WAYS: list[Callable[[int], set[str]]] = [sign_with_pin, sign_with_otp, sign_on_the_phone, log_in_as_a_user]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("way", WAYS)
def test_every_message_is_as_the_consortium_describes_it(version: int, way: Callable[[int], set[str]]) -> None:
    assert "/signatures/signHash 200" in way(version)


def test_answers_by_polling_too() -> None:
    assert {"/signatures/signPolling 200", "/signatures/signPolling 202"} <= sign_later(2)


def test_the_judge_finds_faults() -> None:
    recording = Recording(None)
    recording.heard.append(("/csc/v1/credentials/info", {"credentialID": 7}, 200, {}))
    with pytest.raises(AssertionError):
        judge(1, recording)

"""The HTTP room, and answers that are not what they should be: always a sentence, never a traceback, never twice."""

from __future__ import annotations

import base64
import json
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from remote_world import ACCOUNT, CLASS, CLIENT, Clock, all_right, ca, fails, key, serving, subscriber
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from hocbaso_app.demo.signers.csc import CscSigner
from hocbaso_app.demo.signers.csc2 import Csc2Signer
from hocbaso_app.demo.signers.mysign import MySignSigner
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.smartca import PREFIX, SmartCaSigner
from hocbaso_app.signing.keys import KeySourceError, Secrets, SourceDescription, Ticket, open_source
from hocbaso_app.signing.keys.remote import failures
from hocbaso_app.signing.keys.remote.csc_factors import alternatives, given_for
from hocbaso_app.signing.keys.remote.failures import AnswerLostError, Failure
from hocbaso_app.signing.keys.remote.phone_orders import document_ids
from hocbaso_app.signing.keys.remote.room import Answer, Room
from hocbaso_app.signing.keys.remote.source import Part, RemoteSource

ITEMS = CLASS[:3]


class Counting:
    """A WSGI app that answers as told and counts."""

    def __init__(self, *responses: Response | Callable[[Request], Response]) -> None:
        self.responses = list(responses)
        self.count = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.count += 1
        found = self.responses[min(self.count, len(self.responses)) - 1]
        request = Request(environ)
        request.get_data()
        return (found if isinstance(found, Response) else found(request))(environ, start_response)


def room(address: str, **more: Any) -> Room:
    return Room(address, timeouts=(1.0, 1.0), pause=0.01, **more)


@pytest.mark.parametrize(
    "address",
    [
        "http://ky-so.example.vn",
        "ftp://127.0.0.1",
        "",
        "khong-phai",
        "https://",
        "https://an:bi-mat@ky-so.example.vn",
        "https://[",
        "http://127.0.0.1.example.vn",
    ],
)
def test_only_https_or_this_machine(address: str) -> None:
    assert "https://" in fails("SERVICE_UNREACHABLE", Room, address).message_vi
    if address:
        description = SourceDescription("csc", {"address": address, "client_id": "a"})
        fails("SERVICE_UNREACHABLE", open_source, description, Secrets(client_secret="x"))


def test_questions_are_repeated_and_orders_are_not() -> None:
    good = Response('{"a": 1}', mimetype="application/json")
    for status in (500, 502, 503, 429):
        app = Counting(Response(status=status), Response(status=status), good)
        with running(app) as address:
            assert room(address).ask("/x", {}) == Answer(200, {"a": 1})
            assert app.count == 3
        app = Counting(Response(status=status), good)
        with running(app) as address:
            error = fails("SERVICE_UNREACHABLE", room(address).order, "/x", {})
            assert app.count == 1
            assert isinstance(error, AnswerLostError) == (status in (500, 502))


def test_a_service_that_does_not_answer() -> None:
    app = Counting(Response("{}"))
    with running(app) as address:
        pass
    fails("SERVICE_UNREACHABLE", room(address).ask, "/x", {})
    refused = fails("SERVICE_UNREACHABLE", room(address).order, "/x", {})
    assert not isinstance(refused, AnswerLostError)  # nothing left, so nothing can have been taken


def test_a_slow_answer_to_an_order_is_a_lost_one() -> None:
    import time

    app = Counting(lambda _request: time.sleep(0.6) or Response("{}"))
    with running(app) as address:
        slow = Room(address, timeouts=(1.0, 0.2), pause=0.01)
        assert isinstance(fails("SERVICE_UNREACHABLE", slow.order, "/x", {}), AnswerLostError)
        assert app.count == 1
        assert slow.order("/x", {}, patience=5.0).ok


def test_an_answer_that_drips_without_end_is_none() -> None:
    import time

    def drip(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "100000")])
        for _ in range(80):
            yield b" "
            time.sleep(0.05)

    with running(drip) as address:
        begin = time.monotonic()
        lost = fails("SERVICE_UNREACHABLE", Room(address, timeouts=(1.0, 0.4), pause=0.01).order, "/x", {})
        assert isinstance(lost, AnswerLostError) and time.monotonic() - begin < 3


def test_no_more_is_read_of_an_answer_than_is_allowed() -> None:
    sent = 0

    def flood(_environ: Any, start_response: Any) -> Iterator[bytes]:
        nonlocal sent
        start_response("200 OK", [("Content-Type", "application/json")])
        while sent < 64 << 20:
            sent += 1 << 20
            yield b" " * (1 << 20)

    with running(flood) as address:
        fails("SERVICE_ANSWER", Room(address, timeouts=(1.0, 5.0), pause=0.01).ask, "/x", {})
    assert sent < 32 << 20


def test_redirects_are_not_followed() -> None:
    app = Counting(Response(status=302, headers={"Location": "https://ke-gian.example.vn/"}), Response("{}"))
    with running(app) as address:
        assert room(address).ask("/x", {}).status == 302
        assert app.count == 1


def test_what_is_too_large_or_no_json_is_no_answer() -> None:
    for odd in (b"<html>", b'{"a": "' + b"x" * (9 << 20) + b'"}', b"[" * 100_000, b"\xff\xfe"):
        app = Counting(Response(odd, mimetype="application/json"))
        with running(app) as address:
            fails("SERVICE_ANSWER", room(address).ask, "/x", {})
            fails("SERVICE_UNREACHABLE", room(address).order, "/x", {})
            assert app.count == 2


@contextmanager
def https(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """A server with a certificate of a made-up authority."""
    made = ca().organisation("Máy chủ lạ", "0209999999", algorithm="ec")
    key_pem = made.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(key_pem + made.certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    asked: list[int] = []
    app = Counting(lambda _request: asked.append(1) or Response("{}"))
    server = make_server("127.0.0.1", 0, app, ssl_context=context)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_tls_is_always_verified(tmp_path: Path) -> None:
    with https(tmp_path) as (address, asked):
        assert "không được tin cậy" in fails("SERVICE_UNREACHABLE", room(address).ask, "/x", {}).message_vi
        error = fails("SERVICE_UNREACHABLE", room(address).order, "/x", {})
        assert not isinstance(error, AnswerLostError)
        assert asked == []


def test_a_service_that_cuts_tls_off_has_perhaps_taken_the_order() -> None:
    app = Counting(Response("{}"))
    with running(app) as address:
        wrong = address.replace("http://", "https://")
        error = fails("SERVICE_UNREACHABLE", room(wrong).order, "/x", {})
        assert not isinstance(error, AnswerLostError) and app.count == 0


@pytest.mark.parametrize("steps", range(4))
def test_secrets_appear_in_no_message(steps: int) -> None:
    def echo(request: Request) -> Response:
        given = f"{request.get_data(as_text=True)} {request.headers.get('Authorization')}"
        told = {"error": "invalid_request", "error_description": f"no such thing: {given}"}
        return Response(json.dumps(told), 400, mimetype="application/json")

    pin = {"authMode": "explicit", "PIN": {"presence": "true"}}
    answers = [
        {"authType": ["oauth2client"], "methods": [], "oauth2": "ADDRESS"},
        {"access_token": "the-token"},
        {"credentialIDs": ["a"]},
        {"key": {"algo": []}, "cert": {"certificates": [certificate_text()]}, "multisign": 9, **pin},
    ][: steps + 1]
    app = Counting()
    with running(app) as address:
        texts = [json.dumps(one).replace("ADDRESS", address) for one in answers]
        app.responses = [*(Response(one, mimetype="application/json") for one in texts), echo]
        description = SourceDescription("csc", {"address": address, "account": ACCOUNT, "client_id": "truong"})
        source = open_source(description, Secrets(pin="9753", client_secret="bi-mat"))
        with pytest.raises(KeySourceError) as caught:
            source.sign(ITEMS)
        assert "no such thing" in caught.value.message_en
        for secret in ("9753", "bi-mat", "the-token"):
            assert secret not in f"{caught.value} {caught.value.message_vi} {caught.value.message_en}"
    assert "bi-mat" not in repr(Secrets(client_secret="bi-mat"))


@pytest.mark.parametrize("padding", range(220, 240, 3))
def test_half_a_secret_appears_in_no_message_either(padding: int) -> None:
    """What an authorisation on the provider's page gives is one, and messages are cut off at some length."""
    facts = {"authMode": "oauth2code", "key": {"algo": []}, "cert": {"certificates": [certificate_text()]}}

    def answer(request: Request) -> Response:
        body = request.get_data(as_text=True)
        if request.path.endswith("/token"):
            told: Any = {"access_token": "the-token" if "client_credentials" in body else "ACTIVATION-DATA-31415"}
        elif request.path.endswith("credentials/info"):
            told = facts
        elif request.path.endswith("/info"):
            told = {"authType": ["oauth2client"], "methods": [], "oauth2": request.host_url}
        else:
            told = {"error": "invalid_request", "error_description": "." * padding + json.loads(body)["SAD"]}
        return Response(json.dumps(told), 400 if "error" in told else 200, mimetype="application/json")

    with running(Counting(answer)) as address:
        where = {"address": address, "credential": "a", "client_id": "truong", "redirect_uri": "https://a.invalid/"}
        source = open_source(SourceDescription("csc", where), Secrets(otp="123456", client_secret="bi-mat"))
        with pytest.raises(KeySourceError) as caught:
            source.sign(ITEMS)
    assert "....…" in caught.value.message_en and "ACTI" not in caught.value.message_en


def test_a_secret_in_a_status_appears_in_no_message() -> None:
    def answer(request: Request) -> Response:
        return Response(json.dumps({"status_code": 4004, "message": "No Bi-Mat"}), mimetype="application/json")

    with running(Counting(answer)) as address:
        description = SourceDescription("smartca", {"address": address})
        source = open_source(description, Secrets(client_secret="Bi-Mat"), key().certificate)
        assert isinstance(source, RemoteSource)
        with pytest.raises(KeySourceError) as caught:
            source.fetch([Part((b"x" * 32,), {"transaction": "t"})])
    assert "no …" in caught.value.message_en.lower()


def test_every_sentence_ends_with_what_to_do() -> None:
    found = [value for value in vars(failures).values() if isinstance(value, Failure)]
    assert len(found) > 25
    written = (Path(__file__).parents[1] / "docs" / "keys.md").read_text(encoding="utf-8")
    for failure in found:
        assert f"| `{failure.code}` | {failure.message_vi} |" in written
        assert failure.code.isupper() and failure.message_vi.endswith(".")
        assert any(
            word in failure.message_vi for word in ("Hãy ", "hãy ", "rồi ký", "cách khác", "báo người quản trị")
        ), failure.message_vi


def info_with(expression: str, *objects: dict[str, str]) -> dict[str, Any]:
    return {"auth": {"mode": "explicit", "expression": expression, "objects": list(objects)}}


PIN = {"type": "Password", "id": "PIN"}
OTP = {"type": "Password", "id": "OTP", "generator": "totp"}
APP = {"type": "ChallengeResponseOOB", "id": "app"}


@pytest.mark.parametrize(
    ("expression", "secrets", "expected"),
    [
        ("PIN AND OTP", Secrets(pin="1", otp="2"), [{"id": "PIN", "value": "1"}, {"id": "OTP", "value": "2"}]),
        ("PIN AND (OTP OR app)", Secrets(pin="1"), [{"id": "PIN", "value": "1"}, {"id": "app"}]),
        ("(PIN AND OTP) XOR app", Secrets(), [{"id": "app"}]),
        ("app", Secrets(pin="1"), [{"id": "app"}]),
    ],
)
def test_expressions_over_authentication_objects(expression: str, secrets: Secrets, expected: list[Any]) -> None:
    assert given_for(info_with(expression, PIN, OTP, APP), secrets)[0] == expected


@pytest.mark.parametrize("expression", ["PIN AND", "(PIN", "PIN OTP", "AND", ")", "PIN AND nothing", "OR OR"])
def test_expressions_that_can_t_be_read(expression: str) -> None:
    fails("SERVICE_ANSWER", alternatives, info_with(expression, PIN, OTP, APP))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "1", "0", "4000", "4001", "success", "valid", "https://127.0.0.1:1", base64.b64encode(b"x" * 64).decode(),
            base64.b64encode(key().certificate.public_bytes(Encoding.DER)).decode(),
        ]
    ),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            [
                "SAD", "handle", "responseID", "signatures", "credentialIDs", "credentialInfos", "credentialID", "key",
                "cert", "status", "algo", "certificates", "auth", "mode", "objects", "id", "type", "expression", "PIN",
                "OTP", "presence", "authMode", "multisign", "error", "error_description", "access_token", "authType",
                "methods", "oauth2", "oauth2Issuer", "token_endpoint", "data", "status_code", "message",
                "user_certificates", "cert_data", "chain_data", "serial_number", "transaction_id", "doc_id",
                "signature_value", "transactionId", "credential_id", "nextPageToken", "asynchronousOperationMode",
            ]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


class Scripted(Room):
    """A room whose answers are made up, after some good ones."""

    def __init__(self, answers: list[tuple[int, Any]], good: Callable[[str], Any]) -> None:
        super().__init__("http://127.0.0.1:9")
        self._answers = answers
        self._good = good

    def _question(self, method: str, path: str, auth: Any, **more: Any) -> Answer:
        return self._next(path)

    def _order(self, path: str, body: Any, auth: Any, patience: float | None) -> Answer:
        return self._next(path)

    def _next(self, path: str) -> Answer:
        good = self._good(path)
        if good is not None:
            return Answer(200, good)
        return Answer(*self._answers.pop(0)) if self._answers else Answer(200, {})


def certificate_text() -> str:
    return base64.b64encode(key().certificate.public_bytes(Encoding.DER)).decode()


def good_answers(kind: str, until: int) -> Callable[[str], Any]:
    """Right answers to the first ``until`` steps of a dialect, so that made-up ones come later too."""
    algorithm = "1.2.840.10045.4.3.2"
    facts = {
        "key": {"status": "enabled", "algo": [algorithm]},
        "cert": {"status": "valid", "certificates": [certificate_text()]},
        "multisign": 10,
    }
    certificate = {"serial_number": "1", "cert_data": certificate_text()}
    steps: dict[str, list[tuple[str, Any]]] = {
        "1": [
            ("/info", {"authType": ["external"], "methods": []}),
            ("credentials/list", {"credentialIDs": ["a"]}),
            ("credentials/info", {**facts, "authMode": "explicit"}),
            ("credentials/authorize", {"SAD": "sad"}),
        ],
        "2": [
            ("/info", {"authType": ["external"], "methods": [], "asynchronousOperationMode": True}),
            ("credentials/list", {"credentialInfos": [{"credentialID": "a", **facts, "auth": {"mode": "explicit"}}]}),
            ("credentials/authorize", {"SAD": "sad"}),
            ("signatures/signHash", {"responseID": "r"}),
        ],
        "smartca": [
            ("get_certificate", {"status_code": 200, "data": {"user_certificates": [certificate]}}),
        ],
        "mysign": [
            ("login", {"access_token": "t"}),
            ("certificates/info", [{"credential_id": "a", **facts}]),
            ("signHash", {"transactionId": "t"}),
        ],
    }  # fmt: skip

    def good(path: str) -> Any:
        for sign, answer in steps[kind][:until]:
            if path.endswith(sign):
                return answer
        return None

    return good


def dialect(kind: str, answers: list[tuple[int, Any]], until: int) -> RemoteSource:
    where = {"address": f"http://127.0.0.1:9/csc/v{kind}"} if kind in "12" else {"address": "http://127.0.0.1:9"}
    made = open_source(
        SourceDescription("csc" if kind in "12" else kind, {**where, "account": "a", "poll_seconds": 0}),
        Secrets(pin="1", otp="2"),
    )
    assert isinstance(made, RemoteSource)
    made.clock = Clock()
    made.room = Scripted(answers, good_answers(kind, until))
    if hasattr(made, "service"):
        made.service._room = made.room
    return made


STATUS = st.sampled_from([200, 200, 200, 202, 204, 400, 401, 403, 404])


@pytest.mark.parametrize("kind", ["1", "2", "smartca", "mysign"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers=st.lists(st.tuples(STATUS, JSON), max_size=6), until=st.integers(0, 4))
def test_made_up_answers_end_in_a_sentence(kind: str, answers: list[tuple[int, Any]], until: int) -> None:
    source = dialect(kind, list(answers), until)
    caught: list[KeySourceError] = []
    try:
        ticket = source.ask(ITEMS, "Ký")
        source.collect(Ticket.from_json(ticket.to_json()))
    except KeySourceError as error:
        caught.append(error)
    for error in caught:
        event(error.code)
        assert error.code.isupper() and error.message_vi.endswith(".")


@settings(max_examples=100, deadline=None)
@given(state=JSON)
def test_made_up_tickets_end_in_a_sentence(state: Any) -> None:
    source = dialect("smartca", [], 1)
    ticket = Ticket("smartca", state, Clock()(), Clock()())
    with pytest.raises(KeySourceError):
        source.collect(ticket)


APPS: list[Callable[[], Any]] = [
    lambda: CscSigner([subscriber(pin="1")], CLIENT),
    lambda: Csc2Signer([subscriber(confirms=True)], CLIENT, later=True),
    lambda: SmartCaSigner([subscriber()], CLIENT),
    lambda: MySignSigner([subscriber()], CLIENT),
]


@pytest.mark.parametrize("make", APPS)
@settings(max_examples=60, deadline=None)
@given(body=JSON, number=st.integers(0, 8))
def test_the_simulated_services_refuse_nonsense_in_their_own_words(
    make: Callable[[], Any], body: Any, number: int
) -> None:
    from werkzeug.test import Client

    app = make()
    paths = sorted(rule.rule for rule in app.rules() if "<" not in rule.rule and "POST" in rule.methods)
    client = Client(app)
    answered = client.post(paths[number % len(paths)], data=json.dumps(body), content_type="application/json")
    assert answered.status_code in (200, 400, 401)
    assert app.orders == []


def test_document_ids_are_told_apart() -> None:
    names = document_ids([bytes(32)] * 35)
    assert len(set(names)) == 35 and all(len(name) < 30 for name in names)


def test_a_service_s_own_path_of_smartca() -> None:
    with serving(SmartCaSigner([subscriber()], CLIENT), "smartca", Clock(), f"{PREFIX}/v1") as at:
        assert at.source().credential.certificate == key().certificate


def test_the_sandbox_says_how_to_use_it() -> None:
    command = [sys.executable, "-u", "-m", "hocbaso_app.cli", "sandbox", "--signer", "mysign", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running_signer:
        assert running_signer.stdout
        try:
            told = "".join(running_signer.stdout.readline() for _ in range(4))
            settings = json.loads(told.split("--set '")[1].split("'")[0])
            secret = told.split("HOCBASO_CLIENT_SECRET=")[1].split()[0]
            source = open_source(SourceDescription("mysign", settings), Secrets(client_secret=secret))
            ticket = source.ask(ITEMS, "Ký học bạ lớp 1A")  # type: ignore[attr-defined]
            page = requests.get(f"{settings['address']}/dien-thoai", timeout=5).text
            (press,) = [p for p in re.findall(r'action="([^"]+)"', page) if p.endswith("dong-y")]
            assert requests.post(settings["address"] + press, timeout=5).ok
            assert all_right(source, ITEMS, source.collect(ticket))  # type: ignore[arg-type,attr-defined]
        finally:
            running_signer.terminate()

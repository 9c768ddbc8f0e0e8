"""VNPT SmartCA and Viettel MySign against services that enforce what is known of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from remote_world import CLASS, CLIENT, Clock, Service, all_right, ca, fails, key, serving, subscriber

from hocbaso_app.demo.signers.mysign import MySignSigner
from hocbaso_app.demo.signers.remote_faults import SignerFault
from hocbaso_app.demo.signers.smartca import PREFIX, SmartCaSigner
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.signing.keys import DeferredKeySource, Ticket
from hocbaso_app.signing.keys.remote.failures import AnswerLostError
from hocbaso_app.signing.keys.remote.room import Answer

ITEMS = CLASS[:3]
KINDS = ("smartca", "mysign")


def service(kind: str, clock: Clock, *people: Subscriber, **settings: Any) -> Any:
    if kind == "smartca":
        return serving(SmartCaSigner(people, CLIENT, clock), kind, clock, PREFIX, **settings)
    return serving(MySignSigner(people, CLIENT, clock), kind, clock, **settings)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=KINDS)
def at(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Service]:
    with service(request.param, clock, subscriber()) as running:
        yield running


def answer(at: Service, yes: bool = True) -> None:
    for prompt in at.app.phone.waiting():
        at.app.phone.reply(prompt.id, yes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("algorithm", ["rsa", "ec"])
def test_a_class_of_35_with_one_confirmation(kind: str, algorithm: str, clock: Clock) -> None:
    with service(kind, clock, subscriber(algorithm)) as at:
        source = at.source()
        assert isinstance(source, DeferredKeySource)
        ticket = source.ask(CLASS, "Ký học bạ lớp 1A")
        assert source.collect(ticket) is None
        (prompt,) = at.app.phone.waiting()
        assert (prompt.title, prompt.count) == ("Ký học bạ lớp 1A", 35)
        answer(at)
        assert all_right(source, CLASS, source.collect(ticket))
        assert all_right(source, CLASS, source.collect(ticket))
        assert [len(order) for order in at.app.orders] == [35]
        assert source.chain[0] == ca().persons.certificate


def test_sign_waits_for_the_phone(at: Service) -> None:
    at.app.phone.habit = True
    source = at.source()
    assert all_right(source, ITEMS, source.sign(ITEMS))


def test_sign_waits_through_a_service_that_is_away_for_a_while(at: Service, clock: Clock) -> None:
    at.app.phone.habit = True
    source = at.source()
    ask = source.ask

    def then_away(*arguments: Any) -> Ticket:
        ticket = ask(*arguments)
        at.app.faults.switch(SignerFault.DOWN, 7)
        return ticket

    source.ask = then_away  # type: ignore[method-assign]
    assert all_right(source, ITEMS, source.sign(ITEMS))
    assert [len(order) for order in at.app.orders] == [3]
    away = source.ask

    def then_away_for_good(*arguments: Any) -> Ticket:
        ticket = away(*arguments)
        at.app.faults.switch(SignerFault.DOWN, -1)
        clock.move(hours=1)
        return ticket

    source.ask = then_away_for_good  # type: ignore[method-assign]
    fails("SERVICE_UNREACHABLE", source.sign, ITEMS)


def test_a_batch_larger_than_our_limit_is_split_and_shown_as_such(at: Service) -> None:
    source = at.source(batch_limit=20)
    assert source.confirmations(35) == 2
    ticket = source.ask(CLASS, "Ký lớp 1A")
    assert [p.title for p in at.app.phone.waiting()] == ["Ký lớp 1A (1/2)", "Ký lớp 1A (2/2)"]
    at.app.phone.reply(at.app.phone.waiting()[0].id, True)
    assert source.collect(ticket) is None
    answer(at)
    assert all_right(source, CLASS, source.collect(ticket))


@pytest.mark.parametrize(("kind", "people"), [("smartca", subscriber()), ("mysign", subscriber(multisign=100))])
def test_more_than_the_service_takes(kind: str, people: Subscriber, clock: Clock) -> None:
    many = [f"{n}".encode() for n in range(101)]
    with service(kind, clock, people) as at:
        if kind == "mysign":  # it tells its limit, so the batch is split
            assert at.source().confirmations(101) == 2
            people.multisign = 50
            source = at.source()
            _ = source.credential
            people.multisign = 40
            fails("TOO_MANY_HASHES", source.ask, many)
        else:
            fails("TOO_MANY_HASHES", at.source().ask, many)
        assert at.app.orders == []


def test_refused_on_the_phone(at: Service) -> None:
    source = at.source()
    ticket = source.ask(ITEMS, "Ký")
    answer(at, yes=False)
    assert "điện thoại" in fails("REFUSED_BY_SIGNER", source.collect, ticket).message_vi


def test_nobody_confirms_in_time(at: Service, clock: Clock) -> None:
    source = at.source()
    ticket = source.ask(ITEMS, "Ký")
    clock.move(seconds=30)
    assert source.collect(ticket) is None
    clock.move(hours=1)
    fails("TIMED_OUT", source.collect, ticket)


def test_we_stop_waiting_before_the_service_does(at: Service, clock: Clock) -> None:
    source = at.source(wait_seconds=60)
    ticket = source.ask(ITEMS, "Ký")
    clock.move(seconds=61)
    fails("TIMED_OUT", source.collect, ticket)
    answer(at)  # late, but here it is
    assert all_right(source, ITEMS, source.collect(ticket))


def test_a_ticket_that_the_service_forgot(at: Service, clock: Clock) -> None:
    source = at.source()
    ticket = source.ask(ITEMS, "Ký")
    answer(at)
    clock.move(days=3)
    fails("TICKET_EXPIRED", source.collect, ticket)


def test_another_process_with_the_ticket_alone(at: Service) -> None:
    text = at.source().ask(CLASS, "Ký lớp 1A").to_json()
    assert CLIENT[1] not in text
    answer(at)
    code = (
        "import json, sys\n"
        "from cryptography.x509 import load_pem_x509_certificate\n"
        "from hocbaso_app.signing.keys import Secrets, SourceDescription, Ticket, open_source\n"
        "given = json.load(sys.stdin)\n"
        "certificate = load_pem_x509_certificate(given['certificate'].encode())\n"
        "description = SourceDescription(given['kind'], given['settings'])\n"
        "source = open_source(description, Secrets(client_secret=given['secret']), certificate)\n"
        "print(json.dumps([v.hex() for v in source.collect(Ticket.from_json(given['ticket']))]))\n"
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = key().certificate.public_bytes(Encoding.PEM).decode()
    given = {"kind": at.kind, "settings": at.settings, "secret": CLIENT[1], "ticket": text, "certificate": pem}
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60
    )
    assert all_right(at.source(), CLASS, [bytes.fromhex(v) for v in json.loads(done.stdout)])


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (SignerFault.FOREIGN_VALUE, "VALUE_WRONG"),
        (SignerFault.MISSING_VALUE, "SERVICE_ANSWER"),
    ],
)
def test_foreign_and_missing_values(at: Service, fault: SignerFault, code: str) -> None:
    source = at.source()
    ticket = source.ask(ITEMS, "Ký")
    at.app.faults.switch(fault)
    answer(at)
    fails(code, source.collect, ticket)


def test_values_in_another_order(clock: Clock) -> None:
    with service("mysign", clock, subscriber()) as at:
        source = at.source()
        ticket = source.ask(CLASS, "Ký")
        at.app.faults.switch(SignerFault.REVERSED)
        answer(at)
        assert all_right(source, CLASS, source.collect(ticket))
    with service("smartca", clock, subscriber()) as at:
        source = at.source()
        ticket = source.ask(CLASS, "Ký")
        answer(at)
        (transaction,) = at.app.transactions.values()
        at.app._status(None, ticket.state["parts"][0]["transaction"])
        transaction.signatures.reverse()
        assert all_right(source, CLASS, source.collect(ticket))


@pytest.mark.parametrize("fault", [SignerFault.LOST_AFTER, SignerFault.SERVER_ERROR, SignerFault.NOT_JSON])
def test_smartca_asks_for_a_lost_order_by_its_id(fault: SignerFault, clock: Clock) -> None:
    with service("smartca", clock, subscriber()) as at:
        at.app.faults.switch(fault)
        source = at.source()
        ticket = source.ask(CLASS, "Ký")
        answer(at)
        assert all_right(source, CLASS, source.collect(ticket))
        assert [len(order) for order in at.app.orders] == [35]


def test_smartca_says_when_an_order_never_arrived(clock: Clock) -> None:
    with service("smartca", clock, subscriber()) as at:
        at.app.faults.switch(SignerFault.LOST_BEFORE)
        source = at.source()
        ticket = source.ask(ITEMS, "Ký")
        assert source.collect(ticket) is None  # it may still be on its way
        clock.move(seconds=61)
        never = fails("TICKET_EXPIRED", source.collect, ticket)
        assert "chưa tới" in never.message_vi
        assert at.app.orders == []


@pytest.mark.parametrize(
    "fault", [SignerFault.LOST_BEFORE, SignerFault.LOST_AFTER, SignerFault.SERVER_ERROR, SignerFault.NOT_JSON]
)
def test_mysign_never_orders_twice(fault: SignerFault, clock: Clock) -> None:
    with service("mysign", clock, subscriber()) as at:
        at.app.faults.switch(fault)
        lost = fails("SERVICE_UNREACHABLE", at.source().ask, ITEMS)
        assert isinstance(lost, AnswerLostError)
        assert len(at.app.orders) == (0 if fault is SignerFault.LOST_BEFORE else 1)


def test_the_service_is_down(at: Service) -> None:
    source = at.source()
    ticket = source.ask(ITEMS, "Ký")
    at.app.faults.switch(SignerFault.DOWN, -1)
    fails("SERVICE_UNREACHABLE", at.source().ask, ITEMS)
    fails("SERVICE_UNREACHABLE", source.collect, ticket)
    at.app.faults.switch(SignerFault.DOWN, 2)
    assert source.collect(ticket) is None  # questions are repeated
    answer(at)
    assert all_right(source, ITEMS, source.collect(ticket))


def test_a_harmless_question_finds_what_would_fail(at: Service) -> None:
    chosen = key().certificate
    at.source(certificate=chosen).check()
    (person,) = at.app.subscribers
    person.status = "suspended"
    fails("CREDENTIAL_DISABLED", at.source(certificate=chosen).check)
    fails("ACCOUNT_UNKNOWN", at.source(certificate=chosen, secret="sai").check)
    stranger = ca().person("Người khác", "031185000009", algorithm="ec").certificate
    fails("CERTIFICATE_CHANGED", at.source(certificate=stranger).check)
    assert at.app.orders == [] and at.app.phone.prompts == {}
    at.app.faults.switch(SignerFault.DOWN, -1)
    fails("SERVICE_UNREACHABLE", at.source(certificate=chosen).check)


def test_accounts_and_applications_that_are_not_known(at: Service) -> None:
    fails("ACCOUNT_UNKNOWN", at.source(account="031185999999").ask, ITEMS)
    wrong = fails("ACCOUNT_UNKNOWN", at.source(secret="sai-mat-khau").ask, ITEMS)
    assert "ứng dụng" in wrong.message_vi and "sai-mat-khau" not in wrong.message_en


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "word"), [("suspended", "tạm dừng"), ("revoked", "thu hồi"), ("expired", "hết hạn")]
)
def test_a_certificate_that_may_not_sign(kind: str, status: str, word: str, clock: Clock) -> None:
    person = subscriber(status=status)
    with service(kind, clock, person) as at:
        assert word in fails("CREDENTIAL_DISABLED", at.source().ask, ITEMS).message_vi
        person.status = "valid"
        source = at.source()
        _ = source.credential  # looked at while it was good
        person.status = status
        fails("CREDENTIAL_DISABLED", source.ask, ITEMS)
        assert at.app.orders == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_certificate_is_chosen(kind: str, clock: Clock) -> None:
    mine, seal = subscriber(), subscriber("rsa")
    with service(kind, clock, seal, mine) as at:
        fails("SEVERAL_TOKENS", at.source().ask, ITEMS)
        at.app.phone.habit = True
        source = at.source(certificate=mine.key.certificate)
        assert all_right(source, ITEMS, source.sign(ITEMS))
        name = seal.serial.upper() if kind == "smartca" else seal.id
        assert at.source(credential=name).certificate == seal.key.certificate
        stranger = ca().person("Người khác", "031185000009", algorithm="ec").certificate
        fails("CERTIFICATE_CHANGED", at.source(certificate=stranger).ask, ITEMS)


def test_mysign_logs_in_anew(clock: Clock) -> None:
    with service("mysign", clock, subscriber()) as at:
        source = at.source()
        ticket = source.ask(ITEMS, "Ký")
        at.app.faults.switch(SignerFault.TOKEN_OVER)
        assert source.collect(ticket) is None
        clock.move(minutes=2)
        answer(at)
        clock.move(hours=2)
        assert all_right(source, ITEMS, source.collect(ticket))
        fails("ACCOUNT_UNKNOWN", at.source(profile="khong-co").ask, ITEMS)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("mysign", {"status": "0", "signatures": None}, None),
        ("mysign", {"status": "4000"}, None),
        ("mysign", {"status": 4001}, "TIMED_OUT"),
        ("mysign", {"status": "4002"}, "REFUSED_BY_SIGNER"),
        ("mysign", {"status": "9", "description": "Người dùng từ chối"}, "REFUSED_BY_SIGNER"),
        ("mysign", {"status": "9"}, "SERVICE_ANSWER"),
        ("smartca", {"status_code": 200, "message": "sig_wait_for_user_confirm", "data": {}}, None),
        ("smartca", {"status_code": 200, "message": "", "data": None}, None),
        ("smartca", {"status_code": 4000, "message": "WAITING_FOR_SIGNER_CONFIRM"}, None),
        ("smartca", {"status_code": 4001, "message": "EXPIRED"}, "TIMED_OUT"),
        ("smartca", {"status_code": 4002, "message": "SIGNER_REJECTED"}, "REFUSED_BY_SIGNER"),
        ("smartca", {"status_code": 62002, "message": ""}, "TIMED_OUT"),
        ("smartca", {"status_code": 200, "message": "User rejected", "data": {}}, "REFUSED_BY_SIGNER"),
        ("smartca", {"status_code": 200, "message": "SUCCESS", "data": {}}, "SERVICE_ANSWER"),
        ("smartca", {"status_code": 403, "message": "CREDENTIAL_STATUS_INVALID"}, "CREDENTIAL_DISABLED"),
        ("smartca", {"status_code": 65000, "message": ""}, "CREDENTIAL_DISABLED"),
    ],
)
def test_words_of_the_services(kind: str, body: dict[str, Any], code: str | None, clock: Clock) -> None:
    with service(kind, clock, subscriber()) as at:
        source = at.source()
        ticket = source.ask(ITEMS, "Ký")
        ask = source.room.ask
        source.room.ask = lambda path, *more: Answer(200, body) if "status" in path else ask(path, *more)  # type: ignore[method-assign]
        if code is None:
            assert source.collect(ticket) is None
        else:
            fails(code, source.collect, ticket)


def test_a_ticket_keeps_its_json(at: Service) -> None:
    ticket = at.source().ask(ITEMS, "Ký")
    assert Ticket.from_json(ticket.to_json()) == ticket

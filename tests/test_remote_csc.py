"""Cloud Signature Consortium API, both versions, against a service that enforces it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from remote_world import ACCOUNT, CLASS, CLIENT, NOW, Clock, Service, all_right, ca, fails, key, serving, subscriber
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from hocbaso_app.demo.signers.app import reply
from hocbaso_app.demo.signers.csc import CscSigner
from hocbaso_app.demo.signers.csc2 import Csc2Signer
from hocbaso_app.demo.signers.phone import NO, PATH, YES
from hocbaso_app.demo.signers.remote_faults import SignerFault
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.signing.keys import DeferredKeySource, KeySourceError, Ticket
from hocbaso_app.signing.keys.remote.failures import AnswerLostError

ITEMS = CLASS[:3]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def service(version: int, clock: Clock, *people: Subscriber, **more: Any) -> Any:
    made = (CscSigner if version == 1 else Csc2Signer)(people, CLIENT, clock, **more)
    return serving(made, "csc", clock, made.prefix)


VERSIONS = pytest.mark.parametrize("version", [1, 2])


@VERSIONS
@pytest.mark.parametrize("algorithm", ["ec", "rsa"])
def test_a_class_of_35_takes_one_authorisation_with_a_pin(version: int, algorithm: str, clock: Clock) -> None:
    with service(version, clock, subscriber(algorithm, pin="1234")) as at:
        source = at.source(pin="1234")
        assert isinstance(source, DeferredKeySource)
        assert source.confirmations(len(CLASS)) == 1
        values = source.sign(CLASS)
        assert all_right(source, CLASS, values)
        assert [len(order) for order in at.app.orders] == [35]
        assert source.certificate == key(algorithm).certificate
        assert source.chain == (ca().persons.certificate,)


@VERSIONS
def test_batches_are_split_as_little_as_the_service_allows(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234", multisign=20)) as at:
        source = at.source(pin="1234")
        assert (source.batch_limit, source.confirmations(35), source.confirmations(40), source.confirmations(41)) == (
            20,
            2,
            2,
            3,
        )
        assert all_right(source, CLASS, source.sign(CLASS))
        assert [len(order) for order in at.app.orders] == [20, 15]
        assert at.source(pin="1234", batch_limit=12).confirmations(35) == 3


@VERSIONS
def test_the_same_octets_twice_are_signed_once(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234")) as at:
        source = at.source(pin="1234")
        twice = [CLASS[0], CLASS[1], CLASS[0]]
        values = source.sign(twice)
        assert all_right(source, twice, values) and values[0] == values[2]
        assert [len(order) for order in at.app.orders] == [2]


@VERSIONS
def test_an_otp_is_good_for_one_authorisation_and_the_rest_asks_for_another(version: int, clock: Clock) -> None:
    person = subscriber(pin="1234", otp="offline", multisign=20)
    with service(version, clock, person) as at:
        first = fails("OTP_NEEDED", at.source(pin="1234", otp=person.code).ask, CLASS)
        assert "20/35" in first.message_vi and "OTP mới" in first.message_vi
        assert len(first.signed) == 20
        source = at.source(pin="1234", otp=person.code)
        rest = source.sign(CLASS[20:])
        assert all_right(source, CLASS, [*first.signed, *rest])


@VERSIONS
def test_an_online_otp_is_sent_when_it_is_missing(version: int, clock: Clock) -> None:
    person = subscriber(pin="1234", otp="online")
    with service(version, clock, person) as at:
        before = person.code
        asked = fails("OTP_NEEDED", at.source(pin="1234").ask, ITEMS)
        assert "vừa gửi" in asked.message_vi
        assert person.code != before
        source = at.source(pin="1234", otp=person.code)
        assert all_right(source, ITEMS, source.sign(ITEMS))


@VERSIONS
def test_wrong_and_missing_secrets(version: int, clock: Clock) -> None:
    person = subscriber(pin="1234", otp="offline")
    with service(version, clock, person) as at:
        fails("PIN_NEEDED", at.source(otp=person.code).ask, ITEMS)
        fails("OTP_NEEDED", at.source(pin="1234").ask, ITEMS)
        assert person.tries == 3
        wrong = "000000" if person.code != "000000" else "111111"
        fails("OTP_WRONG", at.source(pin="1234", otp=wrong).ask, ITEMS)
        assert at.app.orders == []


@VERSIONS
def test_three_wrong_pins_lock_the_key(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234")) as at:
        fails("PIN_WRONG", at.source(pin="0000").ask, ITEMS)
        fails("PIN_WRONG", at.source(pin="0000").ask, ITEMS)
        locked = fails("PIN_LOCKED" if version == 1 else "CREDENTIAL_DISABLED", at.source(pin="0000").ask, ITEMS)
        assert "nhà cung cấp" in locked.message_vi
        fails("CREDENTIAL_DISABLED", at.source(pin="1234").ask, ITEMS)
        assert at.app.orders == []


@VERSIONS
@pytest.mark.parametrize(
    ("status", "word"), [("suspended", "tạm dừng"), ("revoked", "thu hồi"), ("expired", "hết hạn")]
)
def test_a_credential_that_may_not_sign(version: int, status: str, word: str, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234", status=status)) as at:
        assert word in fails("CREDENTIAL_DISABLED", at.source(pin="1234").ask, ITEMS).message_vi


@VERSIONS
def test_an_expired_certificate_is_not_asked(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234")) as at:
        clock.now = key().certificate.not_valid_after_utc + timedelta(days=1)
        fails("CREDENTIAL_DISABLED", at.source(pin="1234").ask, ITEMS)


@VERSIONS
def test_the_credential_is_chosen_by_its_certificate(version: int, clock: Clock) -> None:
    mine = subscriber(pin="1111", key=key())
    seal = subscriber(pin="2222", key=key("rsa"))
    with service(version, clock, seal, mine) as at:
        fails("SEVERAL_TOKENS", at.source(pin="1111").ask, ITEMS)
        chosen = at.source(pin="1111", certificate=mine.key.certificate)
        assert all_right(chosen, ITEMS, chosen.sign(ITEMS))
        named = at.source(pin="2222", credential=seal.id)
        assert named.certificate == seal.key.certificate
        renewed = at.source(pin="1111", credential=seal.id, certificate=mine.key.certificate)
        assert renewed.credential.id == mine.id
        gone = at.source(pin="1111", credential="khong-con", certificate=mine.key.certificate)
        assert gone.credential.id == mine.id
        stranger = ca().person("Người khác", "031185000009", algorithm="ec").certificate
        fails("CERTIFICATE_CHANGED", at.source(pin="1111", certificate=stranger).ask, ITEMS)


@VERSIONS
def test_accounts_and_applications_that_are_not_known(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234")) as at:
        fails("ACCOUNT_UNKNOWN", at.source(pin="1234", account="031185999999").ask, ITEMS)
        wrong = fails("ACCOUNT_UNKNOWN", at.source(pin="1234", secret="sai-mat-khau").ask, ITEMS)
        assert "ứng dụng" in wrong.message_vi
        assert "sai-mat-khau" not in str(wrong) + wrong.message_en
        fails("ACCOUNT_UNKNOWN", at.source(pin="1234", secret=None).ask, ITEMS)


@VERSIONS
def test_a_user_and_password_instead_of_oauth(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234"), auth_types=["basic"]) as at:
        named = at.source(pin="1234", credential=at.app.subscribers[0].id)
        assert all_right(named, ITEMS, named.sign(ITEMS))
        fails("ACCOUNT_UNKNOWN", at.source(pin="1234", secret="sai").ask, ITEMS)


@VERSIONS
def test_tokens_that_end_are_renewed(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234")) as at:
        source = at.source(pin="1234")
        assert all_right(source, ITEMS, source.sign(ITEMS))
        clock.move(hours=2)
        assert all_right(source, ITEMS, source.sign(ITEMS))
        at.app.faults.switch(SignerFault.TOKEN_OVER)
        assert all_right(source, ITEMS, source.sign(ITEMS))


@VERSIONS
def test_a_service_that_is_down(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234")) as at:
        at.app.faults.switch(SignerFault.DOWN, -1)
        fails("SERVICE_UNREACHABLE", at.source(pin="1234").ask, ITEMS)
        at.app.faults.switch(SignerFault.DOWN, 2)  # questions are repeated
        assert at.source(pin="1234").credential.certificate == key().certificate
    fails("SERVICE_UNREACHABLE", at.source(pin="1234").ask, ITEMS)


@VERSIONS
@pytest.mark.parametrize("fault", [SignerFault.LOST_AFTER, SignerFault.SERVER_ERROR, SignerFault.NOT_JSON])
def test_a_lost_answer_never_orders_twice(version: int, fault: SignerFault, clock: Clock) -> None:
    with service(version, clock, subscriber(pin="1234", multisign=20)) as at:
        source = at.source(pin="1234")
        at.app.faults.switch(fault)
        lost = fails("SERVICE_UNREACHABLE", source.ask, CLASS)
        assert isinstance(lost, AnswerLostError)
        assert "ký lại phần chưa có chữ ký" in lost.message_vi
        assert [len(order) for order in at.app.orders] == [20]


def test_what_was_signed_before_an_answer_was_lost_is_kept(clock: Clock) -> None:
    with service(1, clock, subscriber(pin="1234", multisign=20)) as at:
        source = at.source(pin="1234")
        sign = source._sign_order  # type: ignore[attr-defined]

        def then_lost(*arguments: Any) -> Any:
            values = sign(*arguments)
            at.app.faults.switch(SignerFault.LOST_AFTER)
            return values

        source._sign_order = then_lost  # type: ignore[attr-defined]
        lost = fails("SERVICE_UNREACHABLE", source.ask, CLASS)
        assert all_right(source, CLASS[:20], lost.signed)


@VERSIONS
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (SignerFault.FOREIGN_VALUE, "VALUE_WRONG"),
        (SignerFault.MISSING_VALUE, "SERVICE_ANSWER"),
        (SignerFault.REVERSED, "VALUE_WRONG"),
    ],
)
def test_values_are_checked_before_they_are_given_out(
    version: int, fault: SignerFault, code: str, clock: Clock
) -> None:
    with service(version, clock, subscriber(pin="1234")) as at:
        source = at.source(pin="1234")
        at.app.faults.switch(fault)
        found = fails(code, source.sign, CLASS[:4])
        if fault is not SignerFault.REVERSED:
            assert all_right(source, CLASS[:3], found.signed)


def test_a_ticket_of_version_1_holds_nothing_that_signs(clock: Clock) -> None:
    with service(1, clock, subscriber(pin="1234")) as at:
        text = at.source(pin="1234").ask(ITEMS, "Ký lớp 1A").to_json()
        assert "1234" not in text and "SAD" not in text and CLIENT[1] not in text
        other = at.source()
        assert all_right(other, ITEMS, other.collect(Ticket.from_json(text)))


def test_an_implicit_credential_of_version_1_waits_for_the_phone(clock: Clock) -> None:
    with service(1, clock, subscriber(confirms=True), phone_seconds=0.3) as at:
        at.app.phone.habit = True
        source = at.source()
        assert all_right(source, CLASS, source.sign(CLASS))
        assert len(at.app.phone.prompts) == 1
        at.app.phone.habit = False
        fails("REFUSED_BY_SIGNER", source.ask, ITEMS)
        at.app.phone.habit = None
        fails("TIMED_OUT", source.ask, ITEMS)
        assert [len(order) for order in at.app.orders] == [35]


@pytest.fixture
def phone(clock: Clock) -> Iterator[Service]:
    with service(2, clock, subscriber(confirms=True)) as at:
        yield at


def test_a_class_of_35_with_one_confirmation_on_the_phone(phone: Service) -> None:
    source = phone.source()
    ticket = source.ask(CLASS, "Ký học bạ lớp 1A")
    assert source.collect(ticket) is None
    (prompt,) = phone.app.phone.waiting(ACCOUNT)
    assert (prompt.title, prompt.count) == ("Ký học bạ lớp 1A", 35)
    page = requests.get(phone.address.removesuffix("/csc/v2") + PATH, timeout=5).text
    assert "Ký học bạ lớp 1A" in page and "35" in page
    url = f"{phone.address.removesuffix('/csc/v2')}{PATH}/{prompt.id}/{YES}"
    assert requests.post(url, timeout=5).ok
    assert all_right(source, CLASS, source.collect(ticket))
    assert [len(order) for order in phone.app.orders] == [35]


def test_refused_on_the_phone(phone: Service) -> None:
    source = phone.source()
    ticket = source.ask(ITEMS, "Ký")
    (prompt,) = phone.app.phone.waiting()
    requests.post(f"{phone.address.removesuffix('/csc/v2')}{PATH}/{prompt.id}/{NO}", timeout=5)
    refused = fails("REFUSED_BY_SIGNER", source.collect, ticket)
    assert "điện thoại" in refused.message_vi
    assert phone.app.orders == []


def test_nobody_confirms(phone: Service, clock: Clock) -> None:
    source = phone.source()
    ticket = source.ask(ITEMS, "Ký")
    clock.move(seconds=60)
    assert source.collect(ticket) is None
    clock.move(hours=1)
    fails("TIMED_OUT", source.collect, ticket)


def test_sign_waits_and_gives_up(phone: Service, clock: Clock) -> None:
    source = phone.source(wait_seconds=5)
    moved = source.clock

    def moving() -> Any:
        clock.move(seconds=1)
        return moved()

    source.clock = moving
    fails("TIMED_OUT", source.sign, ITEMS)


def test_a_ticket_survives_on_another_machine(phone: Service) -> None:
    text = phone.source().ask(CLASS, "Ký lớp 1A").to_json()
    assert CLIENT[1] not in text
    other = phone.source(certificate=key().certificate)
    assert other.collect(Ticket.from_json(text)) is None
    phone.app.phone.reply(phone.app.phone.waiting()[0].id, True)
    assert all_right(other, CLASS, other.collect(Ticket.from_json(text)))


def test_two_confirmations_when_the_service_wants_two(clock: Clock) -> None:
    with service(2, clock, subscriber(confirms=True, multisign=20)) as at:
        source = at.source()
        ticket = source.ask(CLASS, "Ký lớp 1A")
        first, second = at.app.phone.waiting()
        assert [first.title, second.title] == ["Ký lớp 1A (1/2)", "Ký lớp 1A (2/2)"]
        at.app.phone.reply(second.id, True)
        assert source.collect(ticket) is None
        assert at.app.orders == []
        at.app.phone.reply(first.id, True)
        assert all_right(source, CLASS, source.collect(ticket))


def test_what_was_signed_before_a_later_part_failed_is_kept(clock: Clock) -> None:
    with service(2, clock, subscriber(confirms=True, multisign=20)) as at:
        source = at.source()
        ticket = source.ask(CLASS, "Ký lớp 1A")
        for waiting in list(at.app.phone.waiting()):
            at.app.phone.reply(waiting.id, True)
        sign_now, done = source._sign_now, []

        def second_fails(item: Any, sad: str) -> list[bytes]:
            if done:
                at.app.faults.switch(SignerFault.LOST_AFTER)
            done.append(sad)
            return sign_now(item, sad)

        source._sign_now = second_fails
        lost = fails("SERVICE_UNREACHABLE", source.collect, ticket)
        assert all_right(source, CLASS[:20], lost.signed)


def test_an_answer_lost_after_the_confirmation(phone: Service) -> None:
    source = phone.source()
    ticket = source.ask(ITEMS, "Ký")
    phone.app.phone.reply(phone.app.phone.waiting()[0].id, True)
    phone.app.faults.switch(SignerFault.LOST_AFTER)
    fails("SERVICE_UNREACHABLE", source.collect, ticket)
    assert [len(order) for order in phone.app.orders] == [3]
    fails("TICKET_EXPIRED", source.collect, ticket)  # the activation data is used up: the service signs nothing twice


def test_orders_that_are_answered_later(clock: Clock) -> None:
    with service(2, clock, subscriber(pin="1234", multisign=20), later=True, polls=1) as at:
        source = at.source(pin="1234")
        ticket = source.ask(CLASS, "Ký lớp 1A")
        assert source.collect(ticket) is None
        other = at.source()
        assert other.collect(Ticket.from_json(ticket.to_json())) is None  # the second part's turn to wait
        assert all_right(other, CLASS, other.collect(ticket))
        assert all_right(other, CLASS, other.collect(ticket))  # asked for again, not ordered again
        assert [len(order) for order in at.app.orders] == [20, 15]


def test_an_answer_that_was_kept_long_enough(clock: Clock) -> None:
    with service(2, clock, subscriber(pin="1234"), later=True) as at:
        source = at.source(pin="1234", wait_seconds=120)
        ticket = source.ask(ITEMS, "Ký")
        clock.move(seconds=121)
        fails("TICKET_EXPIRED", source.collect, ticket)


def test_tickets_of_other_certificates_kinds_and_damaged_ones(phone: Service) -> None:
    source = phone.source()
    ticket = source.ask(ITEMS, "Ký")
    fails("TICKET_EXPIRED", source.collect, replace(ticket, kind="mysign"))
    for damaged in (
        {},
        {**ticket.state, "digests": 7},
        {**ticket.state, "parts": [{}]},
        {**ticket.state, "digests": ["x"]},
    ):
        fails("TICKET_EXPIRED", source.collect, replace(ticket, state=damaged))
    stranger = ca().person("Người khác", "031185000009", algorithm="ec").certificate
    fails("CERTIFICATE_CHANGED", phone.source(certificate=stranger).collect, ticket)
    assert ticket.asked_at == NOW


class Discovered(Csc2Signer):
    """An authorisation server that is found by its issuer (RFC 8414)."""

    def rules(self) -> list[Rule]:
        where = "/.well-known/oauth-authorization-server"
        return [*super().rules(), Rule(where, endpoint=self._discovery, methods=["GET"])]

    def _discovery(self, request: Request) -> Response:
        return reply({"issuer": request.host_url, "token_endpoint": f"{request.host_url}oauth2/token"})

    def description(self, request: Request) -> dict[str, Any]:
        found = super().description(request)
        return {**{name: value for name, value in found.items() if name != "oauth2"}, "oauth2Issuer": request.host_url}


def test_an_authorisation_server_found_by_its_issuer(clock: Clock) -> None:
    with serving(Discovered([subscriber(pin="1234")], CLIENT, clock), "csc", clock, "/csc/v2") as at:
        source = at.source(pin="1234")
        assert all_right(source, ITEMS, source.sign(ITEMS))


@VERSIONS
def test_a_service_that_allows_less_than_it_said(version: int, clock: Clock) -> None:
    person = subscriber(pin="1234")
    with service(version, clock, person) as at:
        source = at.source(pin="1234")
        source.check()
        person.multisign = 5
        assert "lô nhỏ hơn" in fails("TOO_MANY_HASHES", source.ask, CLASS).message_vi


REDIRECT = "https://truong.example.vn/da-xac-nhan"


def visit(error: KeySourceError, press: str) -> dict[str, list[str]]:
    """What a person does with the address in an error's sentence."""
    page = error.message_vi.split(" ")[0]
    shown = requests.get(page, timeout=5)
    assert shown.ok and "Ký lớp 1A" in shown.text
    (form,) = [f for f in re.findall(r'action="([^"]+)"', shown.text) if f.endswith(press)]
    origin = "/".join(page.split("/")[:3])
    back = requests.post(origin + form, allow_redirects=False, timeout=5)
    assert back.headers["Location"].startswith(REDIRECT)
    return parse_qs(urlsplit(back.headers["Location"]).query)


@VERSIONS
def test_a_credential_that_is_authorised_on_the_provider_s_page(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(browser=True, multisign=20), redirect_uri=REDIRECT) as at:
        asked = fails("OTP_NEEDED", at.source(redirect_uri=REDIRECT).ask, CLASS[:20], "Ký lớp 1A")
        told = visit(asked, YES)
        source = at.source(redirect_uri=REDIRECT, otp=told["code"][0])  # another object: nothing was kept
        assert all_right(source, CLASS[:20], source.collect(source.ask(CLASS[:20], "Ký lớp 1A")))
        fails("OTP_WRONG", at.source(redirect_uri=REDIRECT, otp=told["code"][0]).ask, CLASS[:20])  # good once


@VERSIONS
def test_a_code_of_the_page_is_good_for_its_hashes_only(version: int, clock: Clock) -> None:
    with service(version, clock, subscriber(browser=True), redirect_uri=REDIRECT) as at:
        asked = fails("OTP_NEEDED", at.source(redirect_uri=REDIRECT).ask, CLASS[:3], "Ký lớp 1A")
        code = visit(asked, YES)["code"][0]
        fails("OTP_WRONG", at.source(redirect_uri=REDIRECT, otp=code).ask, CLASS[3:6])
        asked = fails("OTP_NEEDED", at.source(redirect_uri=REDIRECT).ask, CLASS[:3], "Ký lớp 1A")
        assert visit(asked, NO)["error"] == ["access_denied"]
        assert at.app.orders == []
